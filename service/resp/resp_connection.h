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

namespace slotplanner {

// A connection to one node that speaks RESP2 over TCP (TCP_NODELAY). Requests
// are pipelined: any number may be queued before the first reply is taken;
// replies come in the order of the requests.
//
// Two ways to use it: `Call` for one request and its reply, or `Send`, then
// `PollConnections` over many connections, then `TakeReply`.
//
// After any error, replies already received may be taken; otherwise the
// connection is of no further use. Not thread-safe.
class RespConnection {
 public:
  // Connects, trying one address of the host after the other. UNAVAILABLE when
  // the node cannot be reached, DEADLINE_EXCEEDED at `deadline` (by the real
  // clock). Names are resolved by getaddrinfo, which knows no deadline.
  static absl::StatusOr<std::unique_ptr<RespConnection>> Connect(
      const RespEndpoint& endpoint, absl::Time deadline,
      const RespLimits& limits = {});

  ~RespConnection();
  RespConnection(const RespConnection&) = delete;
  RespConnection& operator=(const RespConnection&) = delete;

  const RespEndpoint& endpoint() const { return endpoint_; }

  // Queues one request. Nothing is written yet. Requires: `args` not empty.
  void Send(std::span<const std::string_view> args);

  // How many replies are still owed for the requests sent, those already
  // received but not taken included.
  size_t pending_replies() const { return pending_replies_; }

  // Whether `TakeReply` has one.
  bool has_reply() const { return !replies_.empty(); }

  // The next reply. Requires: `has_reply()`.
  RespValue TakeReply();

  // Whether queued bytes are still to be written.
  bool has_unsent() const { return sent_ < out_.size(); }

  // Whether replies are still to be received.
  bool has_unreceived() const { return replies_.size() < pending_replies_; }

  // Number of request bytes that the socket has taken so far, over the whole
  // life of the connection. 0 means that the node cannot have seen a request.
  size_t sent_bytes() const { return total_sent_; }

  // Number of request bytes queued so far, over the whole life of the
  // connection. Right after `Send` it is where that request ends: the node can
  // have executed it only if `sent_bytes` reaches there.
  size_t queued_bytes() const { return total_sent_ + out_.size() - sent_; }

  // Writes what the socket takes and reads what it has, up to the last reply
  // owed, without blocking. UNAVAILABLE when the peer closed or the link broke;
  // INVALID_ARGUMENT when the bytes are no RESP, exceed the limits, or answer
  // no request.
  absl::Status Pump();

  // Sends one request and waits for its reply. The errors of `Pump`, and
  // DEADLINE_EXCEEDED at `deadline`. Requires: no pending replies.
  absl::StatusOr<RespValue> Call(std::span<const std::string_view> args,
                                 absl::Time deadline);

  // The socket, for poll.
  int fd() const { return fd_; }

 private:
  RespConnection(RespEndpoint endpoint, int fd, const RespLimits& limits);

  absl::Status Write();
  absl::Status Read();
  absl::Status TakeReplies();

  const RespEndpoint endpoint_;
  const int fd_;
  RespParser parser_;
  std::string out_;  // Bytes of requests; [sent_, size) is to be written.
  size_t sent_ = 0;
  size_t total_sent_ = 0;
  size_t pending_replies_ = 0;
  std::deque<RespValue> replies_;
};

// Waits until at least one of `connections` that has something to write or
// still owes replies can make progress, then pumps those that can; returns at
// once when there is none such. Null pointers are passed over. Returns, per
// connection and in the same order, what its `Pump` returned (OK for one that
// was not pumped); DEADLINE_EXCEEDED for all when `deadline` passes first.
absl::StatusOr<std::vector<absl::Status>> PollConnections(
    std::span<RespConnection* const> connections, absl::Time deadline);

}  // namespace slotplanner
