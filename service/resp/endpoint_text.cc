// SPDX-License-Identifier: Apache-2.0
#include "service/resp/endpoint_text.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

constexpr size_t kMaxHostBytes = 255;

bool IsHostCharacter(char c) {
  constexpr std::string_view kReserved = "/?#@[]%,";
  return absl::ascii_isgraph(static_cast<unsigned char>(c)) &&
         kReserved.find(c) == std::string_view::npos;
}

// Digits only: absl::SimpleAtoi would take signs and blanks.
std::optional<int> ParsePort(std::string_view text) {
  int port = 0;
  if (!std::all_of(text.begin(), text.end(), absl::ascii_isdigit) ||
      !absl::SimpleAtoi(ToAbsl(text), &port) || port < 1 || port > 65535) {
    return std::nullopt;
  }
  return port;
}

}  // namespace

bool IsHost(std::string_view text) {
  return !text.empty() && text.size() <= kMaxHostBytes &&
         std::all_of(text.begin(), text.end(), IsHostCharacter);
}

std::optional<RespEndpoint> ParseEndpoint(std::string_view text) {
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const std::optional<int> port = ParsePort(text.substr(colon + 1));
  if (!port.has_value()) return std::nullopt;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::nullopt;
  }
  if (!IsHost(host)) return std::nullopt;
  return RespEndpoint{.host = std::string(host), .port = *port};
}

std::string CanonicalHost(std::string_view host) {
  std::string name = absl::AsciiStrToLower(ToAbsl(host));
  for (const int family : {AF_INET, AF_INET6}) {
    std::array<unsigned char, sizeof(in6_addr)> address;
    std::array<char, INET6_ADDRSTRLEN> text;
    if (inet_pton(family, name.c_str(), address.data()) == 1 &&
        inet_ntop(family, address.data(), text.data(), text.size()) !=
            nullptr) {
      return text.data();
    }
  }
  return name;
}

}  // namespace slotplanner
