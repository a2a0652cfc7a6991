// SPDX-License-Identifier: Apache-2.0
#include "server/open_connections.h"

#include <vector>

#include <gtest/gtest.h>
#include <sys/socket.h>

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

}  // namespace
}  // namespace slotplanner
