// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/node_dialer.h"
#include "service/topology/node_session.h"

namespace slotplanner {

// Asks many nodes of one cluster at once, from one thread, over connections
// that are kept from one look at the cluster to the next. Not thread-safe.
class NodePoll {
 public:
  // How many nodes `Ask` takes: an answer may use up to 52 MB while it is read
  // (16 MiB of bytes and 500,000 values), though only that of a hostile node
  // ever does.
  static constexpr size_t kMaxNodes = 100;

  // `dialer` outlives this.
  explicit NodePoll(NodeDialer* dialer) : dialer_(dialer) {}

  // Asks all of `nodes` and returns their answers in the same order, by
  // `deadline`. A node that stalls does not hold up the others: after the first
  // good answer the rest have a second more, and after good answers of more
  // than half, a fifth of a second. Requires: no node twice, at most kMaxNodes.
  std::vector<NodeAnswer> Ask(std::span<const RespEndpoint> nodes,
                              Question question, absl::Time deadline);

  // Ends a look at the cluster: closes the connections to nodes that have not
  // been asked since the last one. So those to nodes that have left the cluster
  // go, and there are never many more than one look needs.
  void CloseUnused();

 private:
  NodeDialer* const dialer_;
  std::map<std::string, NodeSession> sessions_;  // By `ToString`.
  std::set<std::string> used_;                   // Asked in this look.
};

}  // namespace slotplanner
