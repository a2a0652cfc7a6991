// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_connection.h"

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_value.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using std::string_view_literals::operator""sv;

constexpr std::array kPing = {"PING"sv};
constexpr std::array kAuth = {"AUTH"sv, "s3cret"sv};
constexpr std::array kReadonly = {"READONLY"sv};

// Far enough that only a hanging test reaches it.
absl::Time Later() { return absl::Now() + absl::Seconds(60); }
absl::Time Soon() { return absl::Now() + absl::Milliseconds(50); }

std::unique_ptr<RespConnection> ConnectTo(const FakeNode& node) {
  absl::StatusOr<std::unique_ptr<RespConnection>> connection =
      RespConnection::Connect(node.endpoint(), Later());
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

std::unique_ptr<RespConnection> StartTo(const RespEndpoint& endpoint) {
  absl::StatusOr<std::unique_ptr<RespConnection>> connection =
      RespConnection::Start(endpoint, Later());
  EXPECT_TRUE(connection.ok()) << connection.status();
  return *std::move(connection);
}

// OK when all requests are written and all replies are there.
absl::Status PumpUntilDone(RespConnection& connection) {
  RespConnection* const pointer = &connection;
  while (connection.has_unsent() || connection.has_unreceived()) {
    const auto statuses = PollConnections({&pointer, 1}, Later());
    if (!statuses.ok()) return statuses.status();
    if (!statuses->front().ok()) return statuses->front();
  }
  return absl::OkStatus();
}

TEST(RespConnectionTest, CallReturnsTheReply) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("+PONG\r\n"));
  const auto connection = ConnectTo(node);
  EXPECT_EQ(*connection->Call(kPing, Later()), RespValue::Status("PONG"));
  EXPECT_EQ(connection->pending_replies(), 0u);
}

TEST(RespConnectionTest, CallReturnsErrorRepliesAsValues) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("-NOAUTH\r\n"));
  EXPECT_EQ(*ConnectTo(node)->Call(kPing, Later()), RespValue::Error("NOAUTH"));
}

TEST(RespConnectionTest, PutsRepliesTogetherThatArriveByteByByte) {
  FakeNode node(FakeScript().Expect({"PING"}).SendByteByByte(
      "*2\r\n$5\r\nhello\r\n:1\r\n"));
  EXPECT_EQ(
      *ConnectTo(node)->Call(kPing, Later()),
      RespValue::Array({RespValue::String("hello"), RespValue::Integer(1)}));
}

TEST(RespConnectionTest, RefusedConnectionsAreUnavailable) {
  const RefusingNode node;
  const absl::Status status =
      RespConnection::Connect(node.endpoint(), Later()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(ToString(node.endpoint())));
  EXPECT_THAT(status.message(), HasSubstr("Connection refused"));
}

TEST(RespConnectionTest, HostsThatCannotBeResolvedAreUnavailable) {
  const absl::Status status =
      RespConnection::Connect({.host = "not a host", .port = 1}, Later())
          .status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST(RespConnectionTest, StallsEndAtTheDeadline) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("+PO").Stall());
  const absl::Status status = ConnectTo(node)->Call(kPing, Soon()).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST(RespConnectionTest, HangUpsAreUnavailable) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("$5\r\nhel"));
  const absl::Status status = ConnectTo(node)->Call(kPing, Later()).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
}

TEST(RespConnectionTest, RepliesBeforeAHangUpAreStillGiven) {
  FakeNode node(FakeScript().Send("-ERR max number of clients reached\r\n"));
  EXPECT_EQ(*ConnectTo(node)->Call(kPing, Later()),
            RespValue::Error("ERR max number of clients reached"));
}

TEST(RespConnectionTest, RepliesThatAnswerNoRequestAreRefused) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("+OK\r\n+OK\r\n").Stall());
  const auto connection = ConnectTo(node);
  connection->Send(kPing);
  EXPECT_TRUE(absl::IsInvalidArgument(PumpUntilDone(*connection)));
}

TEST(RespConnectionTest, WhatIsNoRespIsRefusedWithTheNodeNamed) {
  FakeNode node(FakeScript().Send("HTTP/1.1 400 Bad Request\r\n").Stall());
  const absl::Status status = ConnectTo(node)->Call(kPing, Later()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr(ToString(node.endpoint())));
}

TEST(RespConnectionTest, CountsTheBytesThatTheSocketTook) {
  FakeNode node(FakeScript().Expect({"PING"}).Send("+PONG\r\n"));
  const auto connection = ConnectTo(node);
  connection->Send(kPing);
  EXPECT_TRUE(connection->has_unsent());
  EXPECT_EQ(connection->sent_bytes(), 0u);
  EXPECT_TRUE(PumpUntilDone(*connection).ok());
  EXPECT_FALSE(connection->has_unsent());
  EXPECT_EQ(connection->sent_bytes(), 14u);  // *1\r\n$4\r\nPING\r\n
}

TEST(RespConnectionTest, PipelinesLargerThanAnySocketBufferDoNotDeadlock) {
  // 16 MB each way, and the node reads no request before it has written the
  // reply to the one before.
  constexpr int kRequests = 2000;
  const std::string payload(8192, 'x');
  FakeScript script;
  for (int i = 0; i < kRequests; ++i) {
    script.Expect({"ECHO", payload}).Send(RespValue::String(payload));
  }
  FakeNode node(script);
  const auto connection = ConnectTo(node);
  for (int i = 0; i < kRequests; ++i) {
    connection->Send(std::array<std::string_view, 2>{"ECHO", payload});
  }
  ASSERT_TRUE(PumpUntilDone(*connection).ok());
  EXPECT_EQ(connection->pending_replies(), size_t{kRequests});
  for (int i = 0; i < kRequests; ++i) {
    ASSERT_EQ(connection->TakeReply(), RespValue::String(payload));
  }
  EXPECT_EQ(connection->pending_replies(), 0u);
}

TEST(RespConnectionTest, TakesRequestsBeforeItIsConnected) {
  const FakeNode node(FakeScript().Expect({"PING"}).Send("+PONG\r\n"));
  const auto connection = StartTo(node.endpoint());
  EXPECT_FALSE(connection->is_connected());
  EXPECT_EQ(*connection->Call(kPing, Later()), RespValue::Status("PONG"));
  EXPECT_TRUE(connection->is_connected());
}

TEST(RespConnectionTest, AConnectionThatCannotBeMadeFailsInPump) {
  const RefusingNode node;
  const auto connection = StartTo(node.endpoint());
  connection->Send(kPing);
  const absl::Status status = PumpUntilDone(*connection);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("Connection refused"));
  EXPECT_EQ(connection->Pump(), status);
  EXPECT_EQ(connection->sent_bytes(), 0u);
}

TEST(RespConnectionTest, ConnectEndsAtTheDeadline) {
  const SwallowingNode node;
  const absl::Status status =
      RespConnection::Connect(node.endpoint(), Soon()).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST(RespConnectionTest, ItsOwnRequestsGoFirstAndTheirRepliesAreNotGiven) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "s3cret"})
                          .Send("+OK\r\n")
                          .Expect({"READONLY"})
                          .Send("+OK\r\n")
                          .Expect({"PING"})
                          .Send("+PONG\r\n"));
  const auto connection = StartTo(node.endpoint());
  connection->SendExpectingOk(kAuth, absl::StatusCode::kUnauthenticated);
  connection->SendExpectingOk(kReadonly, absl::StatusCode::kFailedPrecondition);
  connection->Send(kPing);
  EXPECT_EQ(connection->pending_replies(), 1u);
  EXPECT_FALSE(connection->is_ready());
  ASSERT_TRUE(PumpUntilDone(*connection).ok());
  EXPECT_TRUE(connection->is_ready());
  EXPECT_EQ(connection->pending_replies(), 1u);
  EXPECT_EQ(connection->TakeReply(), RespValue::Status("PONG"));
  EXPECT_FALSE(connection->has_reply());
}

// The node might allow the same to the user that it has taken us for so far.
TEST(RespConnectionTest, NothingFollowsARequestOfItsOwnThatIsRefused) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "s3cret"})
                          .Send("-WRONGPASS invalid s3cret\r\n")
                          .Stall());
  const auto connection = StartTo(node.endpoint());
  connection->SendExpectingOk(kAuth, absl::StatusCode::kUnauthenticated);
  const size_t auth_bytes = connection->queued_bytes();
  connection->Send(kPing);
  const absl::Status status = PumpUntilDone(*connection);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("refuses AUTH with WRONGPASS."));
  EXPECT_THAT(status.message(), HasSubstr(ToString(node.endpoint())));
  EXPECT_THAT(status.message(), Not(HasSubstr("s3cret")));
  EXPECT_EQ(connection->sent_bytes(), auth_bytes);
  EXPECT_EQ(connection->Pump(), status);
  EXPECT_FALSE(connection->is_ready());
}

TEST(RespConnectionTest, ARefusalWithoutACodeIsNotQuoted) {
  const FakeNode node(
      FakeScript().Expect({"AUTH", "s3cret"}).Send("-s3cret\r\n").Stall());
  const auto connection = StartTo(node.endpoint());
  connection->SendExpectingOk(kAuth, absl::StatusCode::kUnauthenticated);
  const absl::Status status = PumpUntilDone(*connection);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), Not(HasSubstr("s3cret")));
}

TEST(RespConnectionTest, TheConnectDeadlineHoldsForItsOwnRequestsToo) {
  const FakeNode node(FakeScript().Expect({"AUTH", "s3cret"}).Stall());
  const auto connection = *RespConnection::Start(node.endpoint(), Soon());
  connection->SendExpectingOk(kAuth, absl::StatusCode::kUnauthenticated);
  connection->Send(kPing);
  const absl::Status status = PumpUntilDone(*connection);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(status.message(), HasSubstr("AUTH"));
}

TEST(RespConnectionTest, TheConnectDeadlineEndsWithConnecting) {
  const FakeNode node(FakeScript().Expect({"PING"}).Stall());
  const absl::Time connect_deadline = Soon();
  const auto connection =
      *RespConnection::Connect(node.endpoint(), connect_deadline);
  const absl::Status status =
      connection->Call(kPing, connect_deadline + absl::Milliseconds(50))
          .status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
}

TEST(RespConnectionTest, IsQuietUntilSomethingComes) {
  const FakeNode node(
      FakeScript().Expect({"PING"}).Send("+PONG\r\n").Expect({"PING"}));
  const auto connection = ConnectTo(node);
  EXPECT_TRUE(connection->Call(kPing, Later()).ok());
  EXPECT_TRUE(connection->IsQuiet());
  // Makes the node hang up.
  connection->Send(kPing);
  EXPECT_TRUE(absl::IsUnavailable(PumpUntilDone(*connection)));
  EXPECT_FALSE(connection->IsQuiet());
}

TEST(PollConnectionsTest, ANodeThatSwallowsPacketsHoldsUpNoOther) {
  const SwallowingNode swallowing;
  const FakeNode good(FakeScript().Expect({"PING"}).Send("+PONG\r\n").Stall());
  const auto a = StartTo(swallowing.endpoint());
  const auto b = StartTo(good.endpoint());
  const std::array<RespConnection*, 2> connections = {a.get(), b.get()};
  for (RespConnection* connection : connections) connection->Send(kPing);
  while (!b->has_reply()) {
    const auto statuses = PollConnections(connections, Later());
    ASSERT_TRUE(statuses.ok());
    ASSERT_THAT(*statuses, ElementsAre(absl::OkStatus(), absl::OkStatus()));
  }
  EXPECT_FALSE(a->is_connected());
}

TEST(PollConnectionsTest, TellsWhenAConnectDeadlinePasses) {
  const SwallowingNode node;
  const auto connection = *RespConnection::Start(node.endpoint(), Soon());
  RespConnection* const pointer = connection.get();
  const auto statuses = PollConnections({&pointer, 1}, Later());
  ASSERT_TRUE(statuses.ok()) << statuses.status();
  EXPECT_TRUE(absl::IsUnavailable(statuses->front())) << statuses->front();
  EXPECT_THAT(statuses->front().message(),
              HasSubstr(ToString(node.endpoint())));
}

TEST(PollConnectionsTest, ReturnsAtOnceWhenNothingIsOwed) {
  FakeNode node(FakeScript().Stall());
  const auto connection = ConnectTo(node);
  const std::array<RespConnection*, 2> connections = {nullptr,
                                                      connection.get()};
  EXPECT_THAT(*PollConnections(connections, Later()),
              ElementsAre(absl::OkStatus(), absl::OkStatus()));
}

TEST(PollConnectionsTest, ServesThoseThatAnswerWhileOthersStallOrBreak) {
  FakeNode good(FakeScript().Expect({"PING"}).Send("+PONG\r\n").Stall());
  FakeNode stalling(FakeScript().Expect({"PING"}).Stall());
  FakeNode closing(FakeScript().Expect({"PING"}));
  const auto a = ConnectTo(good);
  const auto b = ConnectTo(stalling);
  const auto c = ConnectTo(closing);
  for (RespConnection* connection : {a.get(), b.get(), c.get()}) {
    connection->Send(kPing);
  }
  std::array<RespConnection*, 3> connections = {a.get(), b.get(), c.get()};
  absl::Status closed;
  while (!a->has_reply() || closed.ok()) {
    const auto statuses = PollConnections(connections, Later());
    ASSERT_TRUE(statuses.ok());
    EXPECT_TRUE((*statuses)[0].ok());
    EXPECT_TRUE((*statuses)[1].ok());
    if (!(*statuses)[2].ok()) {
      closed = (*statuses)[2];
      connections[2] = nullptr;
    }
  }
  EXPECT_TRUE(absl::IsUnavailable(closed)) << closed;
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(PollConnections(connections, Soon()).status()));
}

}  // namespace
}  // namespace slotplanner
