// SPDX-License-Identifier: Apache-2.0
#include "service/resp/socket_io.h"

#include <cerrno>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

#include <poll.h>
#include <sys/socket.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {
namespace {

bool MeansWait(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

absl::StatusOr<IoResult> ReceiveFrom(int fd, std::span<char> buffer) {
  while (true) {
    const ssize_t count = recv(fd, buffer.data(), buffer.size(), 0);
    if (count > 0) return IoResult{.count = static_cast<size_t>(count)};
    if (count == 0) {
      return absl::UnavailableError("the node closed the connection");
    }
    if (MeansWait(errno)) return IoResult{.wanted = POLLIN};
    if (errno != EINTR) return absl::UnavailableError(ErrorText(errno));
  }
}

absl::StatusOr<IoResult> SendTo(int fd, std::string_view bytes) {
  while (true) {
    const ssize_t count = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) return IoResult{.count = static_cast<size_t>(count)};
    if (MeansWait(errno)) return IoResult{.wanted = POLLOUT};
    if (errno != EINTR) return absl::UnavailableError(ErrorText(errno));
  }
}

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

}  // namespace slotplanner
