// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_value.h"
#include "service/resp/socket_stream.h"
#include "service/resp/tls_context.h"

namespace slotplanner {

// How to connect to a node.
struct RespConnectOptions {
  std::shared_ptr<const TlsContext> tls = nullptr;  // Null: plain TCP.
  RespLimits limits = {};
};

// A connection to one node that speaks RESP2 over TCP or TLS. Requests are
// pipelined: any number may be queued before the first reply is taken, also
// while the connection is still being made; replies come in the order of the
// requests.
//
// Two ways to use it: `Call` for one request and its reply, or `Send`, then
// `PollConnections` over many connections, then `TakeReply`.
//
// After any error, replies already received may be taken; otherwise the
// connection is of no further use. Not thread-safe.
class RespConnection {
 public:
  // Begins to connect, trying one address of the host after the other, and
  // returns at once: only the name is resolved here, by getaddrinfo, which
  // blocks and knows no deadline. UNAVAILABLE when the name has no address. All
  // else that goes wrong shows in `Pump`; as UNAVAILABLE also that
  // `connect_deadline` (by the real clock) passes before the connection
  // `is_ready` for the first time.
  static absl::StatusOr<std::unique_ptr<RespConnection>> Start(
      const RespEndpoint& endpoint, absl::Time connect_deadline,
      const RespConnectOptions& options = {});

  // `Start`, and waits until it is connected. UNAVAILABLE when the node cannot
  // be reached, DEADLINE_EXCEEDED at `deadline`.
  static absl::StatusOr<std::unique_ptr<RespConnection>> Connect(
      const RespEndpoint& endpoint, absl::Time deadline,
      const RespConnectOptions& options = {});

  ~RespConnection();
  RespConnection(const RespConnection&) = delete;
  RespConnection& operator=(const RespConnection&) = delete;

  const RespEndpoint& endpoint() const { return endpoint_; }

  // Whether bytes can go over it: TCP stands, and TLS if it is wanted.
  bool is_connected() const { return stream_->is_open(); }

  // Whether it is connected and the replies of all that `SendExpectingOk`
  // queued are there. While it is not, no request of `Send` that came later has
  // left.
  bool is_ready() const { return is_connected() && own_requests_.empty(); }

  // Queues one request. Nothing is written yet. Requires: `args` not empty.
  void Send(std::span<const std::string_view> args);

  // Queues a request that belongs to the connection itself, such as AUTH. What
  // is queued behind it leaves only when its reply has come, for the node would
  // execute it after an error too, as another user. The reply is not counted in
  // `pending_replies` and is never given out. An error fails the connection
  // with `refusal_code`; the message names the command and the code of the
  // error, no more of its text, which may quote a password.
  void SendExpectingOk(std::span<const std::string_view> args,
                       absl::StatusCode refusal_code);

  // Queues AUTH in that way. An empty user is the default one, whom AUTH does
  // not name: servers before 6.0 know no users. Nothing is queued without a
  // password.
  void LogIn(std::string_view user, std::string_view password,
             absl::StatusCode refusal_code);

  // How many replies are still owed for the requests of `Send`, those already
  // received but not taken included.
  size_t pending_replies() const {
    return replies_.size() + unreceived() - own_requests_.size();
  }

  // Whether `TakeReply` has one.
  bool has_reply() const { return !replies_.empty(); }

  // The next reply. Requires: `has_reply()`.
  RespValue TakeReply();

  // Whether queued bytes are still to be written.
  bool has_unsent() const { return sent_ < out_.size(); }

  // Whether replies are still to be received.
  bool has_unreceived() const { return unreceived() > 0; }

  // Number of request bytes that the socket has taken so far, over the whole
  // life of the connection. 0 means that the node cannot have seen a request.
  size_t sent_bytes() const { return total_sent_; }

  // Number of request bytes queued so far, over the whole life of the
  // connection. Right after `Send` it is where that request ends: the node can
  // have executed it only if `sent_bytes` reaches there.
  size_t queued_bytes() const { return total_sent_ + out_.size() - sent_; }

  // Goes on with connecting; then writes what the socket takes and reads what
  // it has, up to the last reply owed. Never blocks. UNAVAILABLE when the node
  // cannot be reached, the peer closed or the link broke; INVALID_ARGUMENT when
  // the bytes are no RESP, exceed the limits, or answer no request; the code
  // given to `SendExpectingOk` when that was refused. The first error stays.
  absl::Status Pump();

  // Whether a connection that was idle is still of use: open, and nothing has
  // come over it. Requires: is_ready(), and no reply is owed.
  bool IsQuiet();

  // Sends one request and waits for its reply. The errors of `Pump`, and
  // DEADLINE_EXCEEDED at `deadline`. Requires: no pending replies.
  absl::StatusOr<RespValue> Call(std::span<const std::string_view> args,
                                 absl::Time deadline);

  // The socket, for poll; another one, or -1, while it is not connected.
  int fd() const { return stream_->fd(); }

 private:
  friend absl::StatusOr<std::vector<absl::Status>> PollConnections(
      std::span<RespConnection* const> connections, absl::Time deadline);

  // A request of `SendExpectingOk`.
  struct OwnRequest {
    std::string command;
    absl::StatusCode refusal_code;
    size_t number;  // Among all requests, from 0.
    size_t end;     // As of `queued_bytes`.
  };

  RespConnection(RespEndpoint endpoint, absl::Time connect_deadline,
                 std::unique_ptr<SocketStream> stream,
                 const RespLimits& limits);

  size_t unreceived() const { return total_requests_ - total_received_; }

  bool IsBusy() const;
  // Up to where out_ may be written by now.
  size_t WritableEnd() const;
  // When `Pump` is to be called even if the socket is not ready.
  absl::Time WakeTime() const;
  absl::Status Exchange();
  absl::Status Write();
  absl::Status Read();
  absl::Status TakeReplies();
  absl::Status TakeOwnReply(const RespValue& reply);

  const RespEndpoint endpoint_;
  absl::Time ready_deadline_;  // For ever once it was ready.
  const std::unique_ptr<SocketStream> stream_;
  absl::Status failure_;
  RespParser parser_;
  std::string out_;  // Bytes of requests; [sent_, size) is to be written.
  size_t sent_ = 0;
  size_t total_sent_ = 0;
  size_t total_requests_ = 0;  // Queued, those of own_requests_ included.
  size_t total_received_ = 0;  // Replies.
  std::deque<OwnRequest> own_requests_;  // Not answered yet.
  std::deque<RespValue> replies_;
};

// Waits until at least one of `connections` that is still connecting, has
// something to write or still owes replies can make progress or has reached its
// connect deadline, then pumps those that can or have; returns at once when
// there is none such. Null pointers are passed over. Returns, per connection
// and in the same order, what its `Pump` returned (OK for one that was not
// pumped); DEADLINE_EXCEEDED for all when `deadline` passes first.
absl::StatusOr<std::vector<absl::Status>> PollConnections(
    std::span<RespConnection* const> connections, absl::Time deadline);

}  // namespace slotplanner
