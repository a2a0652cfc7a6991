// SPDX-License-Identifier: Apache-2.0
#include "server/open_connections.h"

#include <cstdint>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/strings/str_cat.h"
#include "service/base/file_descriptor.h"

namespace slotplanner {
namespace {

FileDescriptor MakeSocket() {
  return FileDescriptor(socket(AF_UNIX, SOCK_STREAM, 0));
}

TEST(OpenConnectionsTest, CountsWhatIsOpen) {
  OpenConnections connections;
  std::vector<FileDescriptor> sockets;
  for (int i = 0; i < 100; ++i) {
    sockets.push_back(MakeSocket());
    connections.Add(sockets.back().value());
  }
  connections.Sweep();
  EXPECT_EQ(connections.count(), 100);
  sockets.resize(60);
  EXPECT_EQ(connections.count(), 100);  // Nobody told.
  connections.Sweep();
  EXPECT_EQ(connections.count(), 60);
  sockets.clear();
  connections.Sweep();
  EXPECT_EQ(connections.count(), 0);
}

TEST(OpenConnectionsTest, CountsADescriptorThatComesBackOnce) {
  OpenConnections connections;
  for (int i = 0; i < 100; ++i) {
    const FileDescriptor socket = MakeSocket();
    connections.Add(socket.value());
    EXPECT_EQ(connections.count(), 1);
  }
}

TEST(OpenConnectionsTest, DoesNotTakeAnotherSocketForAConnection) {
  OpenConnections connections;
  FileDescriptor connection = MakeSocket();
  const int number = connection.value();
  connections.Add(number);
  connection = FileDescriptor();
  const FileDescriptor other = MakeSocket();
  ASSERT_EQ(other.value(), number);  // Given out lowest first.
  connections.Sweep();
  EXPECT_EQ(connections.count(), 0);
}

TEST(OpenConnectionsTest, TakesAConnectionBack) {
  OpenConnections connections;
  const FileDescriptor kept = MakeSocket();
  const FileDescriptor refused = MakeSocket();
  connections.Add(kept.value());
  connections.Add(refused.value());
  connections.Remove(refused.value());
  EXPECT_EQ(connections.count(), 1);
  connections.Sweep();
  EXPECT_EQ(connections.count(), 1);
}

// Two ends of one connection over loopback; `at_client` is connected to an
// IPv6 socket.
struct LoopbackConnection {
  FileDescriptor at_server;
  FileDescriptor at_client;
};

LoopbackConnection Connect(const in6_addr& host) {
  const FileDescriptor listening(socket(AF_INET6, SOCK_STREAM, 0));
  const int off = 0;
  setsockopt(listening.value(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  sockaddr_in6 address = {};
  address.sin6_family = AF_INET6;
  address.sin6_addr = host;
  socklen_t size = sizeof address;
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  if (bind(listening.value(), any, size) != 0 ||
      listen(listening.value(), 1) != 0 ||
      getsockname(listening.value(), any, &size) != 0) {
    return {};
  }
  FileDescriptor client(socket(AF_INET6, SOCK_STREAM, 0));
  if (connect(client.value(), any, size) != 0) return {};
  return {
      .at_server = FileDescriptor(accept(listening.value(), nullptr, nullptr)),
      .at_client = std::move(client)};
}

uint16_t PortOf(const FileDescriptor& connection) {
  sockaddr_in6 address = {};
  socklen_t size = sizeof address;
  getsockname(connection.value(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);
}

bool HasEnded(const FileDescriptor& connection) {
  char byte = 0;
  return recv(connection.value(), &byte, 1, MSG_DONTWAIT) == 0;
}

// Ends one of two connections by its peer: `prefix` and a port.
void ExpectEndsOne(const in6_addr& host, const char* prefix) {
  const LoopbackConnection kept = Connect(host);
  const LoopbackConnection ended = Connect(host);
  ASSERT_TRUE(kept.at_server.is_open() && ended.at_server.is_open());
  const FileDescriptor local = MakeSocket();
  OpenConnections connections;
  connections.Add(local.value());
  connections.Add(kept.at_server.value());
  connections.Add(ended.at_server.value());
  EXPECT_FALSE(connections.End("unix:"));
  EXPECT_FALSE(connections.End(""));
  EXPECT_TRUE(connections.End(absl::StrCat(prefix, PortOf(ended.at_client))));
  EXPECT_TRUE(HasEnded(ended.at_client));
  EXPECT_FALSE(HasEnded(kept.at_client));
}

TEST(OpenConnectionsTest, EndsAConnectionByItsPeer) {
  ExpectEndsOne(in6addr_loopback, "ipv6:%5B::1%5D:");
}

TEST(OpenConnectionsTest, EndsAnIpv4ConnectionToAnIpv6Socket) {
  in6_addr mapped = {};
  ASSERT_EQ(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped), 1);
  ExpectEndsOne(mapped, "ipv4:127.0.0.1:");
}

}  // namespace
}  // namespace slotplanner
