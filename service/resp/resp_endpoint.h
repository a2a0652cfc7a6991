// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace slotplanner {

// Where to connect to.
struct RespEndpoint {
  std::string host;  // Name, IPv4 or IPv6 address, without brackets.
  int port = 0;      // 1 to 65535.

  friend bool operator==(const RespEndpoint&, const RespEndpoint&) = default;
};

// `host:port`, with an IPv6 address in brackets.
std::string ToString(const RespEndpoint& endpoint);

}  // namespace slotplanner
