// SPDX-License-Identifier: Apache-2.0
#include "server/open_connections.h"

#include <cstdint>
#include <string>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "service/base/file_descriptor.h"

namespace slotplanner {
namespace {

// 0 if it is not open.
ino_t InodeOf(int descriptor) {
  struct stat info = {};
  return fstat(descriptor, &info) == 0 ? info.st_ino : 0;
}

// As gRPC names who is at the other end; empty if it is none that has an
// address of its own.
std::string PeerOf(int descriptor) {
  union {
    sockaddr any;
    sockaddr_in v4;
    sockaddr_in6 v6;
    sockaddr_storage space;
  } address = {};
  socklen_t size = sizeof address;
  if (getpeername(descriptor, &address.any, &size) != 0) return {};
  char host[INET6_ADDRSTRLEN] = "";
  if (address.any.sa_family == AF_INET) {
    inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
    return absl::StrCat("ipv4:", host, ":", ntohs(address.v4.sin_port));
  }
  if (address.any.sa_family != AF_INET6) return {};
  const uint16_t port = ntohs(address.v6.sin6_port);
  if (IN6_IS_ADDR_V4MAPPED(&address.v6.sin6_addr)) {
    inet_ntop(AF_INET, &address.v6.sin6_addr.s6_addr[12], host, sizeof host);
    return absl::StrCat("ipv4:", host, ":", port);
  }
  inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
  return absl::StrCat("ipv6:%5B", host, "%5D:", port);
}

}  // namespace

bool OpenConnections::End(std::string_view peer) const {
  if (peer.empty()) return false;
  for (size_t index = 0; index < inodes_.size(); ++index) {
    if (inodes_[index] == 0) continue;
    const int descriptor = static_cast<int>(index);
    if (PeerOf(descriptor) != peer) continue;
    // It may be closed and another one be given the number at any time, but
    // not that of a copy.
    const FileDescriptor copy(fcntl(descriptor, F_DUPFD_CLOEXEC, 0));
    if (!copy.is_open() || InodeOf(copy.value()) != inodes_[index]) continue;
    return shutdown(copy.value(), SHUT_RDWR) == 0;
  }
  return false;
}

void OpenConnections::Add(int descriptor) {
  const auto index = static_cast<size_t>(descriptor);
  if (index >= inodes_.size()) inodes_.resize(index + 1, 0);
  if (inodes_[index] == 0) ++count_;
  inodes_[index] = InodeOf(descriptor);
}

void OpenConnections::Remove(int descriptor) {
  inodes_[static_cast<size_t>(descriptor)] = 0;
  --count_;
}

void OpenConnections::Sweep() {
  for (size_t index = 0; index < inodes_.size(); ++index) {
    if (inodes_[index] == 0) continue;
    if (InodeOf(static_cast<int>(index)) == inodes_[index]) continue;
    inodes_[index] = 0;
    --count_;
  }
}

}  // namespace slotplanner
