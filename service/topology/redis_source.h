// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/resp/resp_endpoint.h"
#include "service/topology/cluster_access.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/node_dialer.h"
#include "service/topology/node_poll.h"
#include "service/topology/source_spec.h"
#include "service/topology/topology_source.h"
#include "service/topology/topology_vote.h"

namespace slotplanner {

// A live cluster, asked over its own protocol. One look at it:
//   1. Some nodes are asked for their view: at first the seeds and the nodes
//      that these reveal, later primaries of the last topology and its
//      replicas. While no view is got, further nodes are asked, and the seeds
//      again.
//   2. The views are voted on (rule G3, `ChooseTopology`). When all that were
//      got are older than the last topology, its other primaries are asked too.
//   3. All primaries are asked for their migrations (rule F5); where there are
//      more than 100, the others are asked at the next look and what they said
//      last stays.
//   4. When the topology's version is another than before, one of the nodes
//      that agree on it is asked for its commands.
//
// A server may hide COMMAND, by ACL or by renaming it away. Then the commands
// that were read before stay; if there are none, those of Redis 7.0 stand in
// (`hides_commands`), and COMMAND is tried again at each read.
class RedisSource final : public TopologySource {
 public:
  // Requires: access.max_votes >= 1.
  explicit RedisSource(const RedisSourceSpec& spec,
                       const ClusterAccess& access = {});
  RedisSource(const RedisSource&) = delete;
  RedisSource& operator=(const RedisSource&) = delete;

  absl::StatusOr<ClusterReading> Read(absl::Time deadline) override;

 private:
  struct Findings;

  absl::StatusOr<ClusterReading> Look(absl::Time deadline);
  absl::StatusOr<TopologyChoice> Choose(absl::Time deadline,
                                        Findings& findings);
  void AskForViews(absl::Time deadline, Findings& findings);
  size_t VotesLeft(const Findings& findings) const;
  void AskForViewsOf(const std::vector<RespEndpoint>& nodes,
                     absl::Time deadline, Findings& findings);
  void AskForNodes(const ClusterTopology& topology, absl::Time deadline,
                   Findings& findings);
  std::vector<SlotMigration> Migrations(const ClusterTopology& topology,
                                        const Findings& findings);
  absl::Status UpdateCatalog(const ClusterTopology& topology,
                             absl::Time deadline, Findings& findings);

  const std::vector<RespEndpoint> seeds_;
  const int max_votes_;
  NodeDialer dialer_;
  NodePoll poll_;
  size_t turn_ = 0;  // Which of many nodes are asked this time.
  std::optional<TopologyChoice> choice_;  // The last one.
  // The last lines of the primaries, by their node IDs.
  std::map<std::string, std::vector<SlotMigration>> reported_migrations_;
  std::shared_ptr<const CommandCatalog> catalog_;  // Null at first.
  bool hides_commands_ = false;
  std::string catalog_version_;  // Of the topology when it was read.
};

}  // namespace slotplanner
