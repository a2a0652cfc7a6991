// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {

// Where a listener listens: a TCP port, or a Unix-domain socket.
struct ListenAddress {
  std::string host;       // Name, IPv4 or IPv6 address, without brackets.
  int port = 0;           // 0 to 65535; 0 lets the system choose.
  std::string unix_path;  // Not empty: a Unix-domain socket, no host or port.

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

// From `host:port`, `[IPv6 address]:port` or `unix:PATH`. INVALID_ARGUMENT
// otherwise; the message does not repeat `text`.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

// The inverse of `ParseListenAddress`.
std::string ToString(const ListenAddress& address);

// Whether only this machine reaches a listener there: a Unix-domain socket, a
// loopback address or `localhost`.
bool IsLocal(const ListenAddress& address);

// Whether a listener can be opened there now; FAILED_PRECONDITION with the
// system's reason if not. For the libraries that open their listener themselves
// and do not tell the reason.
absl::Status CheckListenAddress(const ListenAddress& address);

}  // namespace slotplanner
