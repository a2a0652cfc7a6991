// SPDX-License-Identifier: Apache-2.0
// Hosts and endpoints as people write them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "service/resp/resp_endpoint.h"

namespace slotplanner {

// Whether `text` may be a host: 1 to 255 visible ASCII characters, none of them
// one of "/?#@[]%,". 255 is the longest DNS name.
bool IsHost(std::string_view text);

// The inverse of `ToString`: `host:port` with a port from 1 to 65535, an IPv6
// address in brackets. Nothing when `text` is no such thing.
std::optional<RespEndpoint> ParseEndpoint(std::string_view text);

// One way to write a host, for comparing: names in small letters, IP addresses
// as inet_ntop writes them.
std::string CanonicalHost(std::string_view host);

}  // namespace slotplanner
