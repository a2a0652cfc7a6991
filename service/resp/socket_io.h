// SPDX-License-Identifier: Apache-2.0
// Bytes to and from a non-blocking socket.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace slotplanner {

// What one step that does not block came to.
struct IoResult {
  size_t count = 0;  // How many bytes moved.
  short wanted = 0;  // If it has to wait: POLLIN or POLLOUT, for poll. Else 0.
};

// Takes what the socket has, up to the size of `buffer`, which is not 0. Errors
// are UNAVAILABLE with the bare reason; the peer's end of the stream is one.
absl::StatusOr<IoResult> ReceiveFrom(int fd, std::span<char> buffer);

// Gives the socket what it takes of `bytes`, which is not empty. Never raises
// SIGPIPE. Errors as in `ReceiveFrom`.
absl::StatusOr<IoResult> SendTo(int fd, std::string_view bytes);

// The words for a value of errno.
std::string ErrorText(int error);

}  // namespace slotplanner
