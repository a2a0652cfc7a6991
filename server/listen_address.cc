// SPDX-License-Identifier: Apache-2.0
#include "server/listen_address.h"

#include <cstddef>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "server/listening_socket.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

absl::Status NoAddress() {
  return absl::InvalidArgumentError(
      "an address is host:port with a port from 0 to 65535, or unix:PATH");
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

bool IsLocal(const ListenAddress& address) {
  if (!address.unix_path.empty() || address.host == "localhost") return true;
  in_addr ipv4 = {};
  if (inet_pton(AF_INET, address.host.c_str(), &ipv4) == 1) {
    return ntohl(ipv4.s_addr) >> 24 == 127;  // RFC 1122, section 3.2.1.3.
  }
  in6_addr ipv6 = {};
  return inet_pton(AF_INET6, address.host.c_str(), &ipv6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&ipv6);
}

absl::Status CheckListenAddress(const ListenAddress& address) {
  return ListeningSocket::Open(address).status();
}

}  // namespace slotplanner
