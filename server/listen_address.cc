// SPDX-License-Identifier: Apache-2.0
#include "server/listen_address.h"

#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

absl::Status NoAddress() {
  return absl::InvalidArgumentError(
      "an address is host:port with a port from 0 to 65535, or unix:PATH");
}

// A socket that closes itself.
class Socket {
 public:
  explicit Socket(int family) : fd_(socket(family, SOCK_STREAM, 0)) {}
  ~Socket() {
    if (fd_ >= 0) close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  int fd() const { return fd_; }

 private:
  int fd_;
};

absl::Status CannotListen(const ListenAddress& address,
                          std::string_view reason) {
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot listen on ", ToString(address), ": ", ToAbsl(reason)));
}

absl::Status CannotListen(const ListenAddress& address, int error_number) {
  return CannotListen(address, std::strerror(error_number));
}

absl::Status CheckTcp(const ListenAddress& address) {
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
  // A name may stand for several addresses, not all of them of this machine;
  // like gRPC, be content with one. A port in use is always an error.
  int last_errno = 0;
  bool is_bound = false;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    const Socket probe(info->ai_family);
    const int on = 1;
    setsockopt(probe.fd(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(probe.fd(), info->ai_addr, info->ai_addrlen) == 0) {
      is_bound = true;
    } else {
      last_errno = errno;
      if (last_errno == EADDRINUSE) return CannotListen(address, last_errno);
    }
  }
  return is_bound ? absl::OkStatus() : CannotListen(address, last_errno);
}

absl::Status CheckUnix(const ListenAddress& address) {
  const char* const path = address.unix_path.c_str();
  sockaddr_un name = {};
  name.sun_family = AF_UNIX;
  address.unix_path.copy(name.sun_path, sizeof name.sun_path - 1);
  const auto* const generic_name = reinterpret_cast<const sockaddr*>(&name);

  struct stat info = {};
  if (lstat(path, &info) == 0) {
    if (!S_ISSOCK(info.st_mode)) {
      return CannotListen(address, "a file that is no socket is in the way");
    }
    const Socket client(AF_UNIX);
    if (connect(client.fd(), generic_name, sizeof name) == 0) {
      return CannotListen(address, EADDRINUSE);
    }
    if (errno != ECONNREFUSED) return CannotListen(address, errno);
    unlink(path);
  }
  const Socket probe(AF_UNIX);
  if (bind(probe.fd(), generic_name, sizeof name) != 0) {
    return CannotListen(address, errno);
  }
  unlink(path);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  // Control characters would break the line of a log or an error, and no
  // address needs them.
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == 0x7F) return NoAddress();
  }
  ListenAddress address;
  if (text.starts_with(kUnixPrefix)) {
    address.unix_path = text.substr(kUnixPrefix.size());
    if (address.unix_path.empty()) return NoAddress();
    constexpr size_t kMaxPathBytes = sizeof(sockaddr_un::sun_path) - 1;
    if (address.unix_path.size() > kMaxPathBytes) {
      return absl::InvalidArgumentError(
          absl::StrCat("the path of a Unix-domain socket has at most ",
                       kMaxPathBytes, " bytes"));
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return NoAddress();
  std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(colon + 1);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return absl::InvalidArgumentError(
        "an IPv6 address stands in brackets, such as [::1]:50051");
  }
  if (host.empty() || port.empty() || port.front() == '+' ||
      port.front() == '-' || !absl::SimpleAtoi(ToAbsl(port), &address.port) ||
      address.port > 65535) {
    return NoAddress();
  }
  address.host = host;
  return address;
}

std::string ToString(const ListenAddress& address) {
  if (!address.unix_path.empty()) {
    return absl::StrCat(ToAbsl(kUnixPrefix), address.unix_path);
  }
  const bool is_ipv6 = address.host.find(':') != std::string::npos;
  return absl::StrCat(is_ipv6 ? "[" : "", address.host, is_ipv6 ? "]" : "", ":",
                      address.port);
}

absl::Status CheckListenAddress(const ListenAddress& address) {
  return address.unix_path.empty() ? CheckTcp(address) : CheckUnix(address);
}

}  // namespace slotplanner
