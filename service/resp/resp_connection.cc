// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_connection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_request.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

std::string ErrorText(int error) {
  return std::generic_category().message(error);
}

absl::Status Unavailable(const RespEndpoint& endpoint,
                         const std::string& reason) {
  return absl::UnavailableError(
      absl::StrCat("Node ", ToString(endpoint), ": ", reason, "."));
}

absl::Status TimedOut(const RespEndpoint& endpoint, const char* doing) {
  return absl::DeadlineExceededError(absl::StrCat(
      "Node ", ToString(endpoint), ": no answer in time while ", doing, "."));
}

// poll(2) until `deadline`, through interruptions. False when it passes first.
bool Poll(std::span<pollfd> fds, absl::Time deadline) {
  while (true) {
    const int64_t left = absl::ToInt64Milliseconds(
        absl::Ceil(deadline - absl::Now(), absl::Milliseconds(1)));
    const int timeout = static_cast<int>(std::clamp<int64_t>(left, 0, INT_MAX));
    if (poll(fds.data(), fds.size(), timeout) > 0) return true;
    if (left <= 0) return false;
  }
}

struct AddressListDeleter {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

absl::StatusOr<AddressList> Resolve(const RespEndpoint& endpoint) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), absl::StrCat(endpoint.port).c_str(),
                  &hints, &list);
  if (error != 0) return Unavailable(endpoint, gai_strerror(error));
  return AddressList(list);
}

// A connected, non-blocking socket.
absl::StatusOr<int> ConnectTo(const addrinfo& address,
                              const RespEndpoint& endpoint,
                              absl::Time deadline) {
  const int fd = socket(address.ai_family,
                        address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                        address.ai_protocol);
  if (fd < 0) return Unavailable(endpoint, ErrorText(errno));
  absl::Status status;
  // An interrupted connect goes on in the background, like one in progress.
  if (connect(fd, address.ai_addr, address.ai_addrlen) != 0) {
    if (errno != EINPROGRESS && errno != EINTR) {
      status = Unavailable(endpoint, ErrorText(errno));
    } else {
      pollfd connecting = {.fd = fd, .events = POLLOUT, .revents = 0};
      int error = 0;
      socklen_t size = sizeof(error);
      if (!Poll({&connecting, 1}, deadline)) {
        status = TimedOut(endpoint, "connecting");
      } else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
                 error != 0) {
        status = Unavailable(endpoint, ErrorText(error != 0 ? error : errno));
      }
    }
  }
  if (!status.ok()) {
    close(fd);
    return status;
  }
  // Requests are small and written whole; waiting to fill a packet only delays.
  // Without the option the connection works all the same.
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RespConnection>> RespConnection::Connect(
    const RespEndpoint& endpoint, absl::Time deadline,
    const RespLimits& limits) {
  absl::StatusOr<AddressList> addresses = Resolve(endpoint);
  if (!addresses.ok()) return addresses.status();
  int addresses_left = 0;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    ++addresses_left;
  }
  absl::Status failure;
  for (const addrinfo* a = addresses->get(); a != nullptr; a = a->ai_next) {
    // An address that swallows packets leaves time for those behind it.
    const absl::Time now = absl::Now();
    const absl::StatusOr<int> fd =
        ConnectTo(*a, endpoint, now + (deadline - now) / addresses_left);
    if (fd.ok()) {
      return std::unique_ptr<RespConnection>(
          new RespConnection(endpoint, *fd, limits));
    }
    failure = fd.status();
    --addresses_left;
  }
  return failure;
}

RespConnection::RespConnection(RespEndpoint endpoint, int fd,
                               const RespLimits& limits)
    : endpoint_(std::move(endpoint)), fd_(fd), parser_(limits) {}

RespConnection::~RespConnection() { close(fd_); }

void RespConnection::Send(std::span<const std::string_view> args) {
  AppendRequest(args, out_);
  ++pending_replies_;
}

RespValue RespConnection::TakeReply() {
  assert(has_reply());
  RespValue reply = std::move(replies_.front());
  replies_.pop_front();
  --pending_replies_;
  return reply;
}

absl::Status RespConnection::Pump() {
  const absl::Status written = Write();
  // Even then: a node that hangs up may have said why.
  const absl::Status read = Read();
  return read.ok() ? written : read;
}

absl::Status RespConnection::Write() {
  while (has_unsent()) {
    const ssize_t count =
        send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return absl::OkStatus();
      return Unavailable(endpoint_, ErrorText(errno));
    }
    sent_ += static_cast<size_t>(count);
    total_sent_ += static_cast<size_t>(count);
  }
  out_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

absl::Status RespConnection::Read() {
  // hiredis keeps a buffer of this size between replies.
  std::array<char, 16 * 1024> buffer;
  // Not past the last reply owed: a node that hangs up behind it has failed
  // nobody.
  while (has_unreceived()) {
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) return absl::OkStatus();
      return Unavailable(endpoint_, ErrorText(errno));
    }
    if (count == 0) {
      return Unavailable(endpoint_, "the node closed the connection");
    }
    parser_.Feed({buffer.data(), static_cast<size_t>(count)});
    if (absl::Status status = TakeReplies(); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RespConnection::TakeReplies() {
  while (true) {
    absl::StatusOr<std::optional<RespValue>> reply = parser_.Next();
    if (!reply.ok()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Node ", ToString(endpoint_), ": ", reply.status().message()));
    }
    if (!reply->has_value()) return absl::OkStatus();
    if (!has_unreceived()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Node ", ToString(endpoint_),
                       ": a reply came that answers no request."));
    }
    replies_.push_back(**std::move(reply));
  }
}

absl::StatusOr<RespValue> RespConnection::Call(
    std::span<const std::string_view> args, absl::Time deadline) {
  assert(pending_replies_ == 0);
  Send(args);
  RespConnection* const self = this;
  while (true) {
    const absl::StatusOr<std::vector<absl::Status>> pumped =
        PollConnections({&self, 1}, deadline);
    if (has_reply()) return TakeReply();
    if (!pumped.ok()) return TimedOut(endpoint_, "waiting for a reply");
    if (!pumped->front().ok()) return pumped->front();
  }
}

absl::StatusOr<std::vector<absl::Status>> PollConnections(
    std::span<RespConnection* const> connections, absl::Time deadline) {
  std::vector<absl::Status> statuses(connections.size());
  std::vector<pollfd> fds;
  std::vector<size_t> index_of_fd;
  for (size_t i = 0; i < connections.size(); ++i) {
    const RespConnection* connection = connections[i];
    if (connection == nullptr) continue;
    if (!connection->has_unsent() && !connection->has_unreceived()) continue;
    // Always readable too: a node that cannot get rid of its replies stops
    // taking requests, and both sides would wait for ever.
    const int events = connection->has_unsent() ? POLLIN | POLLOUT : POLLIN;
    fds.push_back({.fd = connection->fd(),
                   .events = static_cast<short>(events),
                   .revents = 0});
    index_of_fd.push_back(i);
  }
  if (fds.empty()) return statuses;
  if (!Poll(fds, deadline)) {
    return absl::DeadlineExceededError("No node answered in time.");
  }
  for (size_t i = 0; i < fds.size(); ++i) {
    if (fds[i].revents == 0) continue;
    statuses[index_of_fd[i]] = connections[index_of_fd[i]]->Pump();
  }
  return statuses;
}

}  // namespace slotplanner
