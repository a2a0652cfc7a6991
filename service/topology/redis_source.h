// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/resp_connection.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"

namespace slotplanner {

// A live cluster, asked over its own protocol: CLUSTER SHARDS, or CLUSTER SLOTS
// where the server does not know that (rule G1), and COMMAND whenever the
// topology's version is another than before.
//
// A server may hide COMMAND, by ACL or by renaming it away. Then the commands
// that were read before stay; if there are none, those of Redis 7.0 stand in
// (`hides_commands`), and COMMAND is tried again at each read.
//
// Takes the view of the first node that has a usable one. Nodes that answered
// before are asked first, seeds are never forgotten, and a node that stalls
// costs a third of the time that is left, so that others get their turn. A view
// without any assigned slot is not usable: it is that of a node which has not
// joined the cluster yet, or has left it.
class RedisSource final : public TopologySource {
 public:
  explicit RedisSource(RedisSourceSpec spec);

  absl::StatusOr<ClusterReading> Read(absl::Time deadline) override;

 private:
  absl::StatusOr<ClusterReading> ReadNode(const RespEndpoint& endpoint,
                                          absl::Time deadline);
  absl::Status Authenticate(RespConnection& node, absl::Time deadline) const;
  void RememberNodes(const ClusterTopology& topology);

  const RedisSourceSpec spec_;
  // Whom to ask, the most promising first: no node twice, all seeds included.
  std::vector<RespEndpoint> candidates_;
  ClusterReading last_;  // Null pointers before the first success.
};

}  // namespace slotplanner
