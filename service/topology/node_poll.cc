// SPDX-License-Identifier: Apache-2.0
#include "service/topology/node_poll.h"

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <iterator>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/node_session.h"

namespace slotplanner {
namespace {

// Long enough for a node on another continent that has to be connected to over
// TLS (four round trips of 200 ms); a failover must be seen within one second
// of the cluster's agreement while the old primary swallows packets, so most
// nodes are waited for and the last ones hardly.
constexpr absl::Duration kWaitAfterFirst = absl::Seconds(1);
constexpr absl::Duration kWaitAfterMost = absl::Milliseconds(200);

// Moves the end of a wait forward as answers come in.
class Patience {
 public:
  Patience(size_t node_count, absl::Time deadline)
      : node_count_(node_count), end_(deadline) {}

  absl::Time end() const { return end_; }

  void Hear(absl::Time now) {
    ++answer_count_;
    const bool are_most = answer_count_ * 2 > node_count_;
    if (answer_count_ == 1) end_ = std::min(end_, now + kWaitAfterFirst);
    if (are_most) end_ = std::min(end_, now + kWaitAfterMost);
  }

 private:
  const size_t node_count_;
  size_t answer_count_ = 0;
  absl::Time end_;
};

}  // namespace

std::vector<NodeAnswer> NodePoll::Ask(std::span<const RespEndpoint> nodes,
                                      Question question, absl::Time deadline) {
  assert(nodes.size() <= kMaxNodes);
  std::vector<NodeSession*> sessions;
  sessions.reserve(nodes.size());
  for (const RespEndpoint& node : nodes) {
    const std::string name = ToString(node);
    sessions.push_back(
        &sessions_.try_emplace(name, node, dialer_).first->second);
    used_.insert(name);
    // To look up names takes time of its own.
    if (absl::Now() < deadline) sessions.back()->Ask(question);
  }

  Patience patience(nodes.size(), deadline);
  while (absl::Now() < patience.end()) {
    std::vector<RespConnection*> connections;
    connections.reserve(sessions.size());
    for (const NodeSession* session : sessions) {
      connections.push_back(session->is_waiting() ? session->connection()
                                                  : nullptr);
    }
    if (std::count(connections.begin(), connections.end(), nullptr) ==
        std::ssize(connections)) {
      break;
    }
    const absl::StatusOr<std::vector<absl::Status>> pumped =
        PollConnections(connections, patience.end());
    if (!pumped.ok()) break;
    for (size_t i = 0; i < sessions.size(); ++i) {
      if (connections[i] == nullptr) continue;
      sessions[i]->Advance((*pumped)[i]);
      if (sessions[i]->has_good_answer()) patience.Hear(absl::Now());
    }
  }

  std::vector<NodeAnswer> answers;
  for (NodeSession* session : sessions) {
    session->GiveUp();
    answers.push_back(session->TakeAnswer());
  }
  return answers;
}

void NodePoll::CloseUnused() {
  std::erase_if(sessions_, [&](const auto& entry) {
    return !used_.contains(entry.first);
  });
  used_.clear();
}

}  // namespace slotplanner
