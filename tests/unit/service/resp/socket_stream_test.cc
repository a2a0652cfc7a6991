// SPDX-License-Identifier: Apache-2.0
#include "service/resp/socket_stream.h"

#include <cstring>
#include <memory>
#include <string>

#include <dlfcn.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include "absl/status/status.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "tests/support/fake_node.h"

namespace {

constexpr char kTwoAddresses[] = "two-addresses.test";

}  // namespace

// In place of the C library's, which answers all but one name: that one has
// the addresses 127.0.0.2 and 127.0.0.1, in this order.
extern "C" int getaddrinfo(const char* host, const char* service,
                           const addrinfo* hints, addrinfo** list) {
  static const auto resolve =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (std::strcmp(host, kTwoAddresses) != 0) {
    return resolve(host, service, hints, list);
  }
  const int error = resolve("127.0.0.2", service, hints, list);
  if (error != 0) return error;
  return resolve("127.0.0.1", service, hints, &(*list)->ai_next);
}

namespace slotplanner {
namespace {

using ::testing::HasSubstr;

std::unique_ptr<SocketStream> StartTo(const RespEndpoint& endpoint) {
  auto stream =
      SocketStream::Start(endpoint, absl::Now() + absl::Seconds(60), nullptr);
  EXPECT_TRUE(stream.ok()) << stream.status();
  return *std::move(stream);
}

// OK when it is open.
absl::Status ConnectFully(SocketStream& stream) {
  while (!stream.is_open()) {
    pollfd ready = {.fd = stream.fd(),
                    .events = stream.PollEvents(/*has_output=*/false),
                    .revents = 0};
    if (stream.fd() >= 0) poll(&ready, 1, /*timeout=*/-1);
    if (absl::Status status = stream.Connect(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

TEST(SocketStreamTest, GoesOnToTheAddressOfAHostThatAnswers) {
  const FakeNode node(FakeScript().Stall());  // On 127.0.0.1 alone.
  const auto stream =
      StartTo({.host = kTwoAddresses, .port = node.endpoint().port});
  EXPECT_TRUE(ConnectFully(*stream).ok());
  EXPECT_EQ(stream->wake_time(), absl::InfiniteFuture());
}

TEST(SocketStreamTest, FailsForGoodBehindTheLastAddress) {
  const RefusingNode node;
  const auto stream =
      StartTo({.host = kTwoAddresses, .port = node.endpoint().port});
  const absl::Status status = ConnectFully(*stream);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(kTwoAddresses));
  EXPECT_EQ(stream->Connect(), status);
  EXPECT_EQ(stream->wake_time(), absl::InfinitePast());
}

TEST(SocketStreamTest, EachAddressHasItsShareOfTheTimeToTheDeadline) {
  const SwallowingNode node;
  const absl::Time begin = absl::Now();
  const absl::Time deadline = begin + absl::Seconds(60);
  const auto first = SocketStream::Start(
      {.host = kTwoAddresses, .port = node.endpoint().port}, deadline, nullptr);
  ASSERT_TRUE(first.ok());
  // 127.0.0.2 may have refused already.
  EXPECT_GE((*first)->wake_time(), begin + absl::Seconds(30));
  EXPECT_LE((*first)->wake_time(), deadline);
  const auto only = SocketStream::Start(node.endpoint(), deadline, nullptr);
  ASSERT_TRUE(only.ok());
  EXPECT_EQ((*only)->wake_time(), deadline);
}

// A host that is cut off shows within seconds, not with the system's limit of
// minutes. The rest is the kernel's: tcp(7), TCP_USER_TIMEOUT.
TEST(SocketStreamTest, GivesUpOnAHostThatAcknowledgesNothing) {
  const FakeNode node;
  const auto stream = StartTo(node.endpoint());
  unsigned int milliseconds = 0;
  socklen_t size = sizeof(milliseconds);
  ASSERT_EQ(getsockopt(stream->fd(), IPPROTO_TCP, TCP_USER_TIMEOUT,
                       &milliseconds, &size),
            0);
  EXPECT_EQ(milliseconds, 2000u);
}

}  // namespace
}  // namespace slotplanner
