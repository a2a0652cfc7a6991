// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string_view>

#include <gtest/gtest.h>
#include <poll.h>

#include "client/cpp/node_connections.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

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

}  // namespace
}  // namespace slotplanner
