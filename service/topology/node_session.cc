// SPDX-License-Identifier: Apache-2.0
#include "service/topology/node_session.h"

#include <array>
#include <cassert>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_access.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/node_dialer.h"
#include "service/topology/node_replies.h"
#include "service/topology/reply_fields.h"

namespace slotplanner {

NodeSession::NodeSession(RespEndpoint endpoint, NodeDialer* dialer)
    : endpoint_(std::move(endpoint)), dialer_(dialer) {
  answer_.status = NoAnswer();
}

void NodeSession::Ask(Question question) {
  assert(!is_waiting());
  question_ = question;
  if (connection_ != nullptr && connection_->is_ready() &&
      !connection_->IsQuiet()) {
    connection_ = nullptr;
  }
  may_reopen_ = connection_ != nullptr;
  Begin();
}

void NodeSession::Begin() {
  answer_ = {.status = absl::OkStatus()};
  is_sent_ = false;
  if (connection_ == nullptr) Open();
  if (connection_ == nullptr) return;
  switch (question_) {
    case Question::kView:
      unanswered_ = {knows_shards_ ? Request::kShards : Request::kSlots,
                     Request::kNodes};
      break;
    case Question::kNodes:
      unanswered_ = {Request::kNodes};
      break;
    case Question::kCommands:
      unanswered_ = {Request::kCommand};
      break;
  }
  SendWhenReady();
}

void NodeSession::Open() {
  knows_shards_ = true;
  absl::StatusOr<std::unique_ptr<RespConnection>> connection =
      dialer_->Dial(endpoint_);
  if (connection.ok()) {
    connection_ = *std::move(connection);
  } else {
    Fail(connection.status());
  }
}

// Not sooner: what has been queued cannot be taken back, and the next question
// may be another one.
void NodeSession::SendWhenReady() {
  if (is_sent_ || !connection_->is_ready()) return;
  is_sent_ = true;
  for (const Request request : unanswered_) Send(request);
}

void NodeSession::Send(Request request) {
  using Args = std::array<std::string_view, 2>;
  static constexpr Args kShards = {"CLUSTER", "SHARDS"};
  static constexpr Args kSlots = {"CLUSTER", "SLOTS"};
  static constexpr Args kNodes = {"CLUSTER", "NODES"};
  static constexpr std::array<std::string_view, 1> kCommand = {"COMMAND"};
  switch (request) {
    case Request::kShards:
      return connection_->Send(kShards);
    case Request::kSlots:
      return connection_->Send(kSlots);
    case Request::kNodes:
      return connection_->Send(kNodes);
    case Request::kCommand:
      return connection_->Send(kCommand);
  }
}

void NodeSession::Advance(const absl::Status& pumped) {
  assert(is_waiting());
  // Replies that came before an error still count.
  while (is_waiting() && connection_->has_reply()) {
    const Request request = unanswered_.front();
    unanswered_.pop_front();
    absl::Status status = TakeReply(request, connection_->TakeReply());
    if (!status.ok()) return Fail(std::move(status));
  }
  if (pumped.ok()) {
    if (is_waiting()) SendWhenReady();
    return;
  }
  if (!is_waiting()) {
    connection_ = nullptr;
  } else if (may_reopen_) {
    may_reopen_ = false;
    connection_ = nullptr;
    Begin();
  } else {
    Fail(pumped);
  }
}

absl::Status NodeSession::TakeReply(Request request, const RespValue& reply) {
  const ClusterAccess& access = dialer_->access();
  const ReplyOrigin origin = {.asked = endpoint_,
                              .is_tls = dialer_->is_tls(),
                              .address_map = &access.address_map};
  switch (request) {
    case Request::kShards:
    case Request::kSlots: {
      if (request == Request::kShards && IsUnknownSubcommand(reply)) {
        knows_shards_ = false;
        unanswered_.push_back(Request::kSlots);
        Send(Request::kSlots);
        return absl::OkStatus();
      }
      absl::StatusOr<std::shared_ptr<const ClusterTopology>> topology =
          request == Request::kShards ? ReadShards(reply, origin, access.zones)
                                      : ReadSlots(reply, origin, access.zones);
      if (!topology.ok()) return topology.status();
      answer_.topology = *std::move(topology);
      return absl::OkStatus();
    }
    case Request::kNodes: {
      absl::StatusOr<std::optional<ClusterNodes>> nodes =
          ReadNodes(reply, endpoint_);
      if (!nodes.ok()) return nodes.status();
      answer_.nodes = *std::move(nodes);
      return absl::OkStatus();
    }
    case Request::kCommand: {
      absl::StatusOr<std::shared_ptr<const CommandCatalog>> catalog =
          ReadCatalog(reply, endpoint_);
      if (!catalog.ok()) return catalog.status();
      answer_.catalog = *std::move(catalog);
      return absl::OkStatus();
    }
  }
  return absl::InternalError("A request of no kind.");
}

void NodeSession::GiveUp() {
  if (!is_waiting()) return;
  std::unique_ptr<RespConnection> connection = std::move(connection_);
  Fail(NoAnswer());
  if (!connection->is_ready()) connection_ = std::move(connection);
}

absl::Status NodeSession::NoAnswer() const {
  return absl::UnavailableError(
      absl::StrCat("Node ", ToString(endpoint_), ": no answer in time."));
}

void NodeSession::Fail(absl::Status status) {
  answer_ = {.status = std::move(status)};
  unanswered_.clear();
  connection_ = nullptr;
}

NodeAnswer NodeSession::TakeAnswer() {
  assert(!is_waiting());
  return std::exchange(answer_, {.status = NoAnswer()});
}

}  // namespace slotplanner
