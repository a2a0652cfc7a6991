// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_connection.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_parser.h"
#include "service/resp/resp_request.h"
#include "service/resp/resp_value.h"
#include "service/resp/socket_stream.h"

namespace slotplanner {
namespace {

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

// The code of an error reply: its first word, if it reads like one.
std::string ErrorCode(const RespValue& error) {
  constexpr size_t kMaxBytes = 32;
  const std::string code = error.text.substr(0, error.text.find(' '));
  const bool is_code =
      !code.empty() && code.size() <= kMaxBytes &&
      std::all_of(code.begin(), code.end(), absl::ascii_isupper);
  return is_code ? code : "an error";
}

}  // namespace

absl::StatusOr<std::unique_ptr<RespConnection>> RespConnection::Start(
    const RespEndpoint& endpoint, absl::Time connect_deadline,
    const RespConnectOptions& options) {
  absl::StatusOr<std::unique_ptr<SocketStream>> stream =
      SocketStream::Start(endpoint, connect_deadline, options.tls);
  if (!stream.ok()) return stream.status();
  return std::unique_ptr<RespConnection>(new RespConnection(
      endpoint, connect_deadline, *std::move(stream), options.limits));
}

absl::StatusOr<std::unique_ptr<RespConnection>> RespConnection::Connect(
    const RespEndpoint& endpoint, absl::Time deadline,
    const RespConnectOptions& options) {
  absl::StatusOr<std::unique_ptr<RespConnection>> connection =
      Start(endpoint, deadline, options);
  if (!connection.ok()) return connection.status();
  RespConnection* const pointer = connection->get();
  while (!pointer->is_connected()) {
    const absl::StatusOr<std::vector<absl::Status>> pumped =
        PollConnections({&pointer, 1}, deadline);
    if (pumped.ok() && pumped->front().ok()) continue;
    if (absl::Now() >= deadline) return TimedOut(endpoint, "connecting");
    return pumped->front();
  }
  return connection;
}

RespConnection::RespConnection(RespEndpoint endpoint,
                               absl::Time connect_deadline,
                               std::unique_ptr<SocketStream> stream,
                               const RespLimits& limits)
    : endpoint_(std::move(endpoint)),
      ready_deadline_(connect_deadline),
      stream_(std::move(stream)),
      parser_(limits) {}

RespConnection::~RespConnection() = default;

void RespConnection::Send(std::span<const std::string_view> args) {
  AppendRequest(args, out_);
  ++total_requests_;
}

void RespConnection::SendExpectingOk(std::span<const std::string_view> args,
                                     absl::StatusCode refusal_code) {
  AppendRequest(args, out_);
  own_requests_.push_back({.command = std::string(args[0]),
                           .refusal_code = refusal_code,
                           .number = total_requests_++,
                           .end = queued_bytes()});
}

void RespConnection::LogIn(std::string_view user, std::string_view password,
                           absl::StatusCode refusal_code) {
  if (password.empty()) return;
  std::vector<std::string_view> args = {"AUTH"};
  if (!user.empty()) args.push_back(user);
  args.push_back(password);
  SendExpectingOk(args, refusal_code);
}

RespValue RespConnection::TakeReply() {
  assert(has_reply());
  RespValue reply = std::move(replies_.front());
  replies_.pop_front();
  return reply;
}

absl::Status RespConnection::Pump() {
  if (failure_.ok()) failure_ = Exchange();
  return failure_;
}

absl::Status RespConnection::Exchange() {
  if (absl::Status status = stream_->Connect(); !status.ok()) return status;
  if (!is_connected()) return absl::OkStatus();
  absl::Status written = Write();
  // Even then: a node that hangs up may have said why.
  if (absl::Status read = Read(); !read.ok()) return read;
  if (!written.ok()) return written;
  if (is_ready()) {
    ready_deadline_ = absl::InfiniteFuture();
  } else if (absl::Now() >= ready_deadline_) {
    return Unavailable(endpoint_,
                       absl::StrCat("it did not answer ",
                                    own_requests_.front().command, " in time"));
  }
  return absl::OkStatus();
}

size_t RespConnection::WritableEnd() const {
  if (own_requests_.empty()) return out_.size();
  return own_requests_.front().end - (total_sent_ - sent_);
}

absl::Status RespConnection::Write() {
  const size_t end = WritableEnd();
  while (sent_ < end) {
    const absl::StatusOr<size_t> count =
        stream_->Write({out_.data() + sent_, end - sent_});
    if (!count.ok()) return count.status();
    if (*count == 0) return absl::OkStatus();
    sent_ += *count;
    total_sent_ += *count;
  }
  if (has_unsent()) return absl::OkStatus();
  out_.clear();
  sent_ = 0;
  return absl::OkStatus();
}

absl::Status RespConnection::Read() {
  // hiredis keeps a buffer of this size between replies; a TLS record holds at
  // most as much.
  std::array<char, 16 * 1024> buffer;
  // Not past the last reply owed: a node that hangs up behind it has failed
  // nobody. Up to there until nothing is left, for poll does not see what
  // OpenSSL has read ahead.
  while (has_unreceived()) {
    const absl::StatusOr<size_t> count = stream_->Read(buffer);
    if (!count.ok()) return count.status();
    if (*count == 0) return absl::OkStatus();
    parser_.Feed({buffer.data(), *count});
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
    const size_t number = total_received_++;
    if (own_requests_.empty() || own_requests_.front().number != number) {
      replies_.push_back(**std::move(reply));
    } else if (absl::Status status = TakeOwnReply(**reply); !status.ok()) {
      return status;
    }
  }
}

absl::Status RespConnection::TakeOwnReply(const RespValue& reply) {
  const OwnRequest& request = own_requests_.front();
  if (reply.is_error()) {
    // It stays unanswered: the connection will never be ready.
    return {request.refusal_code,
            absl::StrCat("Node ", ToString(endpoint_), ": it refuses ",
                         request.command, " with ", ErrorCode(reply), ".")};
  }
  own_requests_.pop_front();
  return absl::OkStatus();
}

bool RespConnection::IsQuiet() {
  char byte;
  const absl::StatusOr<size_t> count = stream_->Read({&byte, 1});
  return count.ok() && *count == 0;
}

absl::StatusOr<RespValue> RespConnection::Call(
    std::span<const std::string_view> args, absl::Time deadline) {
  assert(pending_replies() == 0);
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

bool RespConnection::IsBusy() const {
  return !is_connected() || has_unsent() || has_unreceived();
}

absl::Time RespConnection::WakeTime() const {
  if (!failure_.ok()) return absl::InfinitePast();
  return std::min(stream_->wake_time(), ready_deadline_);
}

absl::StatusOr<std::vector<absl::Status>> PollConnections(
    std::span<RespConnection* const> connections, absl::Time deadline) {
  std::vector<absl::Status> statuses(connections.size());
  std::vector<pollfd> fds;
  std::vector<size_t> index_of_fd;
  absl::Time wake = deadline;
  for (size_t i = 0; i < connections.size(); ++i) {
    const RespConnection* const connection = connections[i];
    if (connection == nullptr || !connection->IsBusy()) continue;
    const bool has_output = connection->sent_ < connection->WritableEnd();
    fds.push_back({.fd = connection->fd(),
                   .events = connection->stream_->PollEvents(has_output),
                   .revents = 0});
    index_of_fd.push_back(i);
    wake = std::min(wake, connection->WakeTime());
  }
  if (fds.empty()) return statuses;
  if (!Poll(fds, wake) && wake == deadline) {
    return absl::DeadlineExceededError("No node answered in time.");
  }
  const absl::Time now = absl::Now();
  for (size_t i = 0; i < fds.size(); ++i) {
    RespConnection& connection = *connections[index_of_fd[i]];
    if (fds[i].revents == 0 && now < connection.WakeTime()) continue;
    statuses[index_of_fd[i]] = connection.Pump();
  }
  return statuses;
}

}  // namespace slotplanner
