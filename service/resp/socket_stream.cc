// SPDX-License-Identifier: Apache-2.0
#include "service/resp/socket_stream.h"

#include <cassert>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

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
#include "service/base/strings.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/socket_io.h"
#include "service/resp/tls_context.h"
#include "service/resp/tls_session.h"

namespace slotplanner {
namespace {

// How long a node's host may leave unacknowledged what was sent to it. A host
// acknowledges within a round trip, however slow the node; one that does not is
// cut off, and the system's own limit would be minutes. Two seconds leave room
// for a packet that is lost three times.
constexpr unsigned int kMaxUnacknowledgedMs = 2000;

// A non-blocking socket that connects to `address`.
absl::StatusOr<int> BeginToConnect(const addrinfo& address) {
  const int fd = socket(address.ai_family,
                        address.ai_socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                        address.ai_protocol);
  if (fd < 0) return absl::UnavailableError(ErrorText(errno));
  // Requests are small and written whole; waiting to fill a packet only delays.
  // Without the option the connection works all the same.
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &kMaxUnacknowledgedMs,
             sizeof(kMaxUnacknowledgedMs));
  // An interrupted connect goes on in the background, like one in progress.
  if (connect(fd, address.ai_addr, address.ai_addrlen) != 0 &&
      errno != EINPROGRESS && errno != EINTR) {
    const int error = errno;
    close(fd);
    return absl::UnavailableError(ErrorText(error));
  }
  return fd;
}

// How far a socket is that connects: done when the result wants nothing.
absl::StatusOr<IoResult> CheckConnected(int fd) {
  pollfd writable = {.fd = fd, .events = POLLOUT, .revents = 0};
  if (poll(&writable, 1, /*timeout=*/0) <= 0) {
    return IoResult{.wanted = POLLOUT};
  }
  int error = 0;
  socklen_t size = sizeof(error);
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  if (error != 0) return absl::UnavailableError(ErrorText(error));
  return IoResult{};
}

}  // namespace

absl::StatusOr<std::unique_ptr<SocketStream>> SocketStream::Start(
    const RespEndpoint& endpoint, absl::Time connect_deadline,
    std::shared_ptr<const TlsContext> tls) {
  addrinfo hints = {};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int error =
      getaddrinfo(endpoint.host.c_str(), absl::StrCat(endpoint.port).c_str(),
                  &hints, &list);
  std::unique_ptr<SocketStream> stream(new SocketStream(
      endpoint, connect_deadline, std::move(tls), AddressList(list)));
  if (error != 0) return stream->Unavailable(gai_strerror(error));
  // What fails already is for the first `Connect` to tell.
  stream->TryNextAddress();
  return stream;
}

SocketStream::SocketStream(RespEndpoint endpoint, absl::Time connect_deadline,
                           std::shared_ptr<const TlsContext> tls,
                           AddressList addresses)
    : endpoint_(std::move(endpoint)),
      connect_deadline_(connect_deadline),
      tls_(std::move(tls)),
      addresses_(std::move(addresses)),
      next_address_(addresses_.get()) {}

SocketStream::~SocketStream() { Close(); }

void SocketStream::AddressListDeleter::operator()(addrinfo* list) const {
  freeaddrinfo(list);
}

absl::Status SocketStream::Connect() {
  while (state_ != State::kOpen) {
    if (state_ == State::kFailed) return failure_;
    const absl::StatusOr<IoResult> progress = ContinueAttempt();
    if (progress.ok()) {
      if (is_open()) break;
      if (absl::Now() < attempt_deadline_) return absl::OkStatus();
    }
    const bool is_handshaking = state_ == State::kHandshaking;
    failure_ = Unavailable(absl::StrCat(
        is_handshaking ? "TLS handshake: " : "",
        progress.ok() ? absl::string_view("it did not answer in time")
                      : progress.status().message()));
    TryNextAddress();
  }
  return absl::OkStatus();
}

// Begins with the next address that does not fail at once. Fails for good
// behind the last.
void SocketStream::TryNextAddress() {
  Close();
  state_ = State::kConnecting;
  connect_needs_ = POLLOUT;
  while (next_address_ != nullptr) {
    int addresses_left = 0;
    for (const addrinfo* a = next_address_; a != nullptr; a = a->ai_next) {
      ++addresses_left;
    }
    // An address that swallows packets leaves time for those behind it.
    const absl::Time now = absl::Now();
    attempt_deadline_ = now + (connect_deadline_ - now) / addresses_left;
    const absl::StatusOr<int> fd = BeginToConnect(*next_address_);
    next_address_ = next_address_->ai_next;
    if (fd.ok()) {
      fd_ = *fd;
      return;
    }
    failure_ = Unavailable(ToStd(fd.status().message()));
  }
  state_ = State::kFailed;
}

absl::StatusOr<IoResult> SocketStream::ContinueAttempt() {
  if (state_ == State::kConnecting) {
    absl::StatusOr<IoResult> connected = CheckConnected(fd_);
    if (!connected.ok() || connected->wanted != 0) return connected;
    if (tls_ == nullptr) {
      state_ = State::kOpen;
      return connected;
    }
    state_ = State::kHandshaking;
    auto session = TlsSession::Make(*tls_, endpoint_.host, fd_);
    if (!session.ok()) return session.status();
    session_ = *std::move(session);
  }
  absl::StatusOr<IoResult> shaken = session_->Handshake();
  if (shaken.ok()) {
    connect_needs_ = shaken->wanted;
    if (shaken->wanted == 0) state_ = State::kOpen;
  }
  return shaken;
}

absl::Time SocketStream::wake_time() const {
  switch (state_) {
    case State::kOpen:
      return absl::InfiniteFuture();
    case State::kFailed:
      return absl::InfinitePast();
    default:
      return attempt_deadline_;
  }
}

absl::StatusOr<size_t> SocketStream::Read(std::span<char> buffer) {
  assert(is_open());
  const absl::StatusOr<IoResult> result =
      session_ == nullptr ? ReceiveFrom(fd_, buffer) : session_->Read(buffer);
  if (!result.ok()) return Unavailable(ToStd(result.status().message()));
  read_needs_ = result->wanted == 0 ? short{POLLIN} : result->wanted;
  return result->count;
}

absl::StatusOr<size_t> SocketStream::Write(std::string_view bytes) {
  assert(is_open());
  const absl::StatusOr<IoResult> result =
      session_ == nullptr ? SendTo(fd_, bytes) : session_->Write(bytes);
  if (!result.ok()) return Unavailable(ToStd(result.status().message()));
  write_needs_ = result->wanted == 0 ? short{POLLOUT} : result->wanted;
  return result->count;
}

short SocketStream::PollEvents(bool has_output) const {
  if (!is_open()) return connect_needs_;
  // Always readable too: a node that cannot get rid of its replies stops
  // taking requests, and both sides would wait for ever.
  const int events = has_output ? read_needs_ | write_needs_ : read_needs_;
  return static_cast<short>(events);
}

void SocketStream::Close() {
  session_.reset();
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

absl::Status SocketStream::Unavailable(std::string_view reason) const {
  return absl::UnavailableError(
      absl::StrCat("Node ", ToString(endpoint_), ": ", ToAbsl(reason), "."));
}

}  // namespace slotplanner
