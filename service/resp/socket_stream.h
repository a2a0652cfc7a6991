// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include <poll.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/socket_io.h"
#include "service/resp/tls_context.h"
#include "service/resp/tls_session.h"

struct addrinfo;  // netdb.h

namespace slotplanner {

// Bytes to and from one node, over TCP (TCP_NODELAY) or TLS above it. Nothing
// blocks but `Start`. Errors are UNAVAILABLE and name the node; behind one, the
// stream is of no further use. One of them is that the node's host has been cut
// off for two seconds while something was on its way to it. Not thread-safe.
class SocketStream {
 public:
  // Begins to connect. Blocks only while getaddrinfo resolves the name, which
  // knows no deadline; UNAVAILABLE when there is no address. `tls` may be null:
  // plain TCP.
  static absl::StatusOr<std::unique_ptr<SocketStream>> Start(
      const RespEndpoint& endpoint, absl::Time connect_deadline,
      std::shared_ptr<const TlsContext> tls);

  ~SocketStream();
  SocketStream(const SocketStream&) = delete;
  SocketStream& operator=(const SocketStream&) = delete;

  // Goes on with connecting, the TLS handshake included, as far as it goes. One
  // address of the host is tried after the other; each has an equal share of
  // the time that is left to the deadline. Fails when the last one has.
  absl::Status Connect();

  // Whether the stream carries bytes.
  bool is_open() const { return state_ == State::kOpen; }

  // When `Connect` is to be called at the latest; for ever once it is open.
  absl::Time wake_time() const;

  // Take and give bytes: how many, 0 when none can be moved now. That the node
  // ended the stream is an error. Require: is_open(), and not empty; of
  // `Write`, what `TlsSession::Write` requires.
  absl::StatusOr<size_t> Read(std::span<char> buffer);
  absl::StatusOr<size_t> Write(std::string_view bytes);

  // What to wait for, for poll: while connecting, what that needs; else what
  // the next `Read` needs, and the next `Write` if there is something to write.
  int fd() const { return fd_; }
  short PollEvents(bool has_output) const;

 private:
  enum class State { kConnecting, kHandshaking, kOpen, kFailed };

  struct AddressListDeleter {
    void operator()(addrinfo* list) const;
  };
  using AddressList = std::unique_ptr<addrinfo, AddressListDeleter>;

  SocketStream(RespEndpoint endpoint, absl::Time connect_deadline,
               std::shared_ptr<const TlsContext> tls, AddressList addresses);

  void TryNextAddress();
  absl::StatusOr<IoResult> ContinueAttempt();
  void Close();
  absl::Status Unavailable(std::string_view reason) const;

  const RespEndpoint endpoint_;
  const absl::Time connect_deadline_;
  const std::shared_ptr<const TlsContext> tls_;
  const AddressList addresses_;
  const addrinfo* next_address_;  // Null behind the last.

  State state_ = State::kConnecting;
  absl::Status failure_;         // Of the last address that failed.
  absl::Time attempt_deadline_;  // Of the address that is being tried.
  int fd_ = -1;
  std::unique_ptr<TlsSession> session_;  // Null without TLS.
  // What to wait for before more can be done, for poll. With TLS each may need
  // the other direction.
  short connect_needs_ = POLLOUT;
  short read_needs_ = POLLIN;
  short write_needs_ = POLLOUT;
};

}  // namespace slotplanner
