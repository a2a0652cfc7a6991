// SPDX-License-Identifier: Apache-2.0
#include "server/listening_socket.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"
#include "service/resp/socket_io.h"

namespace slotplanner {
namespace {

// How many connections may wait to be accepted; the system lowers it to what it
// allows (net.core.somaxconn). As high as that can be, because a short queue
// shows as a delay of a second to those who find it full.
constexpr int kBacklog = 65535;

// Whoever is in the group of the server may connect.
constexpr mode_t kUnixSocketMode = 0660;

// A port that the system chooses for one address of a name may be in use at
// another. Chosen again this often; that it fails so often is next to
// impossible.
constexpr int kMaxPortChoices = 16;

absl::Status CannotListen(const ListenAddress& address,
                          std::string_view reason) {
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot listen on ", ToString(address), ": ", ToAbsl(reason)));
}

absl::Status CannotListen(const ListenAddress& address, int error) {
  return CannotListen(address, ErrorText(error));
}

FileDescriptor MakeSocket(int family) {
  return FileDescriptor(
      socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

// A socket address of any family.
struct SocketName {
  sockaddr_storage storage = {};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* generic() { return reinterpret_cast<sockaddr*>(&storage); }
  const sockaddr* generic() const {
    return reinterpret_cast<const sockaddr*>(&storage);
  }

  // Where the port is. Requires: it is an IPv4 or IPv6 address.
  in_port_t& port() {
    return storage.ss_family == AF_INET6
               ? reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port
               : reinterpret_cast<sockaddr_in*>(&storage)->sin_port;
  }

  friend bool operator==(const SocketName& left, const SocketName& right) {
    return left.size == right.size &&
           std::memcmp(&left.storage, &right.storage, left.size) == 0;
  }
};

SocketName UnixName(const std::string& path) {
  SocketName name = {.size = sizeof(sockaddr_un)};
  auto* const unix_name = reinterpret_cast<sockaddr_un*>(&name.storage);
  unix_name->sun_family = AF_UNIX;
  path.copy(unix_name->sun_path, sizeof unix_name->sun_path - 1);
  return name;
}

// All addresses of the host, each once: a hosts file may repeat itself.
absl::StatusOr<std::vector<SocketName>> Resolve(const ListenAddress& address) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(
      address.host.c_str(), absl::StrCat(address.port).c_str(), &hints, &found);
  if (error != 0) return CannotListen(address, gai_strerror(error));
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found,
                                                                 freeaddrinfo);
  std::vector<SocketName> names;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    SocketName name = {.size = info->ai_addrlen};
    std::memcpy(&name.storage, info->ai_addr, info->ai_addrlen);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

// The socket that listens at `name`; nothing, and errno, if it cannot.
FileDescriptor ListenAt(const SocketName& name) {
  const int on = 1;
  const int off = 0;
  FileDescriptor descriptor = MakeSocket(name.storage.ss_family);
  if (!descriptor.is_open()) return descriptor;
  // What is left of connections of the process before must not be in the way.
  // A port on which somebody listens still is.
  setsockopt(descriptor.value(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (name.storage.ss_family == AF_INET6) {
    setsockopt(descriptor.value(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  }
  if (bind(descriptor.value(), name.generic(), name.size) != 0 ||
      listen(descriptor.value(), kBacklog) != 0) {
    const int error = errno;
    descriptor = FileDescriptor();
    errno = error;
  }
  return descriptor;
}

// The port in network order.
in_port_t PortOf(const FileDescriptor& descriptor) {
  SocketName name;
  getsockname(descriptor.value(), name.generic(), &name.size);
  return name.port();
}

// What listening at all addresses came to.
struct TcpSockets {
  std::vector<FileDescriptor> descriptors;
  int error = 0;               // The last one.
  bool is_port_taken = false;  // One of them was that the port is in use.
};

TcpSockets ListenAtAll(std::vector<SocketName> names) {
  TcpSockets sockets;
  for (SocketName& name : names) {
    // The first one may have been given a port that all are to have.
    if (!sockets.descriptors.empty()) {
      name.port() = PortOf(sockets.descriptors.front());
    }
    FileDescriptor descriptor = ListenAt(name);
    if (descriptor.is_open()) {
      sockets.descriptors.push_back(std::move(descriptor));
      continue;
    }
    sockets.error = errno;
    if (sockets.error == EADDRINUSE) {
      sockets.is_port_taken = true;
      return sockets;
    }
  }
  return sockets;
}

// Takes a socket file away on which nobody listens any more. OK when nothing is
// in the way afterwards.
absl::Status MakeWay(const ListenAddress& address) {
  const char* const path = address.unix_path.c_str();
  struct stat info = {};
  if (lstat(path, &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return CannotListen(address, "a file that is no socket is in the way");
  }
  const SocketName name = UnixName(address.unix_path);
  const FileDescriptor client = MakeSocket(AF_UNIX);
  // EAGAIN: so many wait for its owner that the queue is full.
  if (connect(client.value(), name.generic(), name.size) == 0 ||
      errno == EAGAIN) {
    return CannotListen(address, EADDRINUSE);
  }
  if (errno != ECONNREFUSED) return CannotListen(address, errno);
  unlink(path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ListeningSocket>> ListeningSocket::Open(
    const ListenAddress& address) {
  std::unique_ptr<ListeningSocket> socket(new ListeningSocket(address));
  absl::Status status =
      address.unix_path.empty() ? socket->OpenTcp() : socket->OpenUnix();
  if (!status.ok()) return status;
  return socket;
}

absl::Status ListeningSocket::OpenTcp() {
  const absl::StatusOr<std::vector<SocketName>> names = Resolve(address_);
  if (!names.ok()) return names.status();
  TcpSockets sockets = ListenAtAll(*names);
  for (int choice = 1;
       sockets.is_port_taken && address_.port == 0 && choice < kMaxPortChoices;
       ++choice) {
    sockets = ListenAtAll(*names);
  }
  // Not all addresses of a name have to be of this machine: one is enough. A
  // port in use is always an error.
  if (sockets.is_port_taken || sockets.descriptors.empty()) {
    return CannotListen(address_, sockets.error);
  }
  descriptors_ = std::move(sockets.descriptors);
  address_.port = ntohs(PortOf(descriptors_.front()));
  return absl::OkStatus();
}

absl::Status ListeningSocket::OpenUnix() {
  absl::Status status = MakeWay(address_);
  if (!status.ok()) return status;
  const char* const path = address_.unix_path.c_str();
  const SocketName name = UnixName(address_.unix_path);
  FileDescriptor descriptor = MakeSocket(AF_UNIX);
  if (bind(descriptor.value(), name.generic(), name.size) != 0) {
    return CannotListen(address_, errno);
  }
  // From here on the file is ours. The mode is set before anyone can connect.
  lstat(path, &socket_file_);
  if (chmod(path, kUnixSocketMode) != 0 ||
      listen(descriptor.value(), kBacklog) != 0) {
    return CannotListen(address_, errno);
  }
  descriptors_.push_back(std::move(descriptor));
  return absl::OkStatus();
}

ListeningSocket::~ListeningSocket() {
  if (socket_file_.st_ino == 0) return;  // There is no file.
  const char* const path = address_.unix_path.c_str();
  struct stat info = {};
  if (lstat(path, &info) == 0 && info.st_dev == socket_file_.st_dev &&
      info.st_ino == socket_file_.st_ino) {
    unlink(path);
  }
}

}  // namespace slotplanner
