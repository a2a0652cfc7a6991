// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/resp/resp_value.h"
#include "service/topology/cluster_nodes_reply.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/node_dialer.h"

namespace slotplanner {

// What a node can be asked.
enum class Question {
  kView,      // CLUSTER SHARDS, or SLOTS (rule G1), and CLUSTER NODES.
  kNodes,     // CLUSTER NODES.
  kCommands,  // COMMAND.
};

// What a node answered to one question.
struct NodeAnswer {
  // Names the node. When it is not OK, nothing below counts.
  absl::Status status;
  // To kView; null otherwise.
  std::shared_ptr<const ClusterTopology> topology = nullptr;
  // To kView and kNodes. Nothing when the node hides CLUSTER NODES.
  std::optional<ClusterNodes> nodes = std::nullopt;
  // To kCommands. Null when the node hides COMMAND.
  std::shared_ptr<const CommandCatalog> catalog = nullptr;
};

// The conversation with one node. Its connection is kept from question to
// question, and closed on any error; a kept connection that turns out to be
// broken is opened anew once. Never waits; see `NodePoll`. Not thread-safe.
class NodeSession {
 public:
  // `dialer` outlives this.
  NodeSession(RespEndpoint endpoint, NodeDialer* dialer);

  // Begins to ask. Requires: not waiting.
  void Ask(Question question);

  // Whether the answer is still to come.
  bool is_waiting() const { return !unanswered_.empty(); }

  // To be pumped while waiting. Null only while not waiting.
  RespConnection* connection() const { return connection_.get(); }

  // Whether the answer is there and its status is OK.
  bool has_good_answer() const { return !is_waiting() && answer_.status.ok(); }

  // Goes on after the connection was pumped, with what that returned. Requires:
  // waiting.
  void Advance(const absl::Status& pumped);

  // Ends the wait, if there is one. A connection that is still being made is
  // kept, so that a far node is there in time for the next question; otherwise
  // the answer to come would be out of date, and the connection is closed.
  void GiveUp();

  // The last answer, given out once; without one, UNAVAILABLE. Requires: not
  // waiting.
  NodeAnswer TakeAnswer();

 private:
  enum class Request { kShards, kSlots, kNodes, kCommand };

  void Begin();
  void Open();
  void SendWhenReady();
  void Send(Request request);
  absl::Status NoAnswer() const;
  void Fail(absl::Status status);
  absl::Status TakeReply(Request request, const RespValue& reply);

  const RespEndpoint endpoint_;
  NodeDialer* const dialer_;
  std::unique_ptr<RespConnection> connection_;
  bool knows_shards_ = true;  // As far as this connection has shown.
  Question question_ = Question::kView;
  bool may_reopen_ = false;         // The connection is an old one.
  bool is_sent_ = false;            // The requests have been queued.
  std::deque<Request> unanswered_;  // In the order of their replies.
  NodeAnswer answer_;
};

}  // namespace slotplanner
