// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "client/cpp/node_connections.h"
#include "client/cpp/plan_executor.h"
#include "service/resp/rotating_tls_context.h"
#include "tests/integration/client_planned_batch.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

TEST(NodeConnectionsTest, DoesNotGiveOutAConnectionThatTheNodeHasClosed) {
  const FakeNode node(FakeScript().Expect({"PING"}).Send("+PONG\r\n"));
  NodeConnections connections({});
  auto connection =
      connections.Take(node.endpoint(), false, absl::InfiniteFuture());
  ASSERT_TRUE(connection.ok()) << connection.status();
  constexpr std::string_view kPing[] = {"PING"};
  ASSERT_TRUE((*connection)->Call(kPing, absl::InfiniteFuture()).ok());
  // The script ends here: the end of the connection makes it readable.
  pollfd readable = {.fd = (*connection)->fd(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&readable, 1, /*timeout=*/-1), 1);
  connections.Return(*std::move(connection), false);

  auto next = connections.Take(node.endpoint(), false, absl::InfiniteFuture());
  ASSERT_TRUE(next.ok()) << next.status();
  EXPECT_TRUE((*next)->Call(kPing, absl::InfiniteFuture()).ok());
  EXPECT_EQ(node.connection_count(), 2);
}

TEST(NodeConnectionsTest, DoesNotWaitForTheNode) {
  const SwallowingNode node;
  NodeConnections connections({.connect_timeout = absl::InfiniteDuration()});
  const auto connection =
      connections.Take(node.endpoint(), true, absl::InfiniteFuture());
  ASSERT_TRUE(connection.ok()) << connection.status();
  EXPECT_FALSE((*connection)->is_connected());
  EXPECT_EQ((*connection)->pending_replies(), 0u);
}

TEST(NodeConnectionsTest, TlsFilesThatCannotBeUsedFailAtOnce) {
  const FakeNode node;
  NodeConnections connections(
      {.tls = std::make_shared<RotatingTlsContext>(
           TlsFiles{.ca_file = "/nonexistent/ca.crt"})});
  const absl::Status status =
      connections.Take(node.endpoint(), false, absl::InfiniteFuture()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_EQ(node.connection_count(), 0);
}

// Answers one request on one connection, after a call of `before_reply`.
class OneShotNode {
 public:
  OneShotNode(const std::string& reply, std::function<void()> before_reply)
      : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    EXPECT_EQ(bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listener_, 1), 0);
    EXPECT_EQ(
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size),
        0);
    endpoint_ = {.host = "127.0.0.1", .port = ntohs(address.sin_port)};
    thread_ = std::jthread([this, reply, before_reply] {
      const int client = accept(listener_, nullptr, nullptr);
      std::array<char, 4096> request;
      if (recv(client, request.data(), request.size(), 0) > 0) before_reply();
      send(client, reply.data(), reply.size(), MSG_NOSIGNAL);
      while (recv(client, request.data(), request.size(), 0) > 0) {
      }
      close(client);
    });
  }

  ~OneShotNode() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
  }

  RespEndpoint endpoint() const { return endpoint_; }

 private:
  const int listener_;
  RespEndpoint endpoint_;
  std::jthread thread_;
};

// The swallowing node comes first in the plan, and would refuse only after the
// good one has got its command: waiting for it would end in its time-out.
TEST(NodeConnectionsTest, ANodeThatSwallowsPacketsHoldsUpNoOtherOfAPlan) {
  SwallowingNode swallowing;
  const OneShotNode good("$1\r\nv\r\n", [&] { swallowing.Refuse(); });
  PlanExecutor executor({.connect_timeout = absl::Seconds(50)});
  const ExecutionResult result = PlannedBatch()
                                     .AddCommand({"GET", "foo"})
                                     .AddPart(swallowing.endpoint())
                                     .AddCommand({"GET", "bar"})
                                     .AddPart(good.endpoint())
                                     .RunBy(executor);
  EXPECT_EQ(result.commands[1].reply, RespValue::String("v"));
  const PartResult& part = result.commands[0].parts[0];
  EXPECT_EQ(part.outcome, PartOutcome::kNotSent);
  EXPECT_THAT(std::string(part.cause.message()), HasSubstr("refused"));
}

// Not even what is safe to retry: the next connection would fare no better.
TEST(NodeConnectionsTest, WhatANodeRefusesToAuthenticateIsNotSentAgain) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "s3cret"})
                          .Send("-WRONGPASS invalid\r\n")
                          .Stall());
  PlanExecutor executor({.password = PasswordSource::Literal("s3cret")});
  const ExecutionResult result = GetFoo(node).RunBy(executor);
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kNotSent);
  EXPECT_EQ(result.commands[0].parts[0].cause.code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(node.connection_count(), 1);
}

// Rule D3.
TEST(NodeConnectionsTest, ATransactionWhoseNodeRefusesItIsNotSent) {
  const FakeNode node(FakeScript()
                          .Expect({"AUTH", "s3cret"})
                          .Send("-WRONGPASS invalid\r\n")
                          .Stall());
  PlanExecutor executor({.password = PasswordSource::Literal("s3cret")});
  PlannedBatch batch;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"WATCH", "foo"}, {"MULTI"}, {"INCR", "foo"}, {"EXEC"}}) {
    batch.AddCommand(args).AddPart(node.endpoint());
  }
  for (const CommandResult& command : batch.RunBy(executor).commands) {
    EXPECT_EQ(command.parts[0].outcome, PartOutcome::kNotSent);
  }
  EXPECT_EQ(node.connection_count(), 1);
}

TEST(NodeConnectionsTest, ANodeThatAcceptsButDoesNotAuthenticateEndsInTime) {
  const FakeNode node(FakeScript().Expect({"AUTH", "s3cret"}).Stall());
  PlanExecutor executor({.password = PasswordSource::Literal("s3cret"),
                         .connect_timeout = absl::Milliseconds(50)});
  const ExecutionResult result =
      GetFoo(node).RunBy(executor, absl::InfiniteFuture());
  EXPECT_EQ(result.commands[0].parts[0].outcome, PartOutcome::kNotSent);
  EXPECT_EQ(result.commands[0].parts[0].cause.code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace slotplanner
