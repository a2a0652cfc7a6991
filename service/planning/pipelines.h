// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// A node to send to.
struct Target {
  size_t shard_index = 0;  // Into the shards of the topology.
  const Node* node = nullptr;
  bool is_replica = false;  // Of that shard; else its primary.
};

// What a command does to the connection that it is sent on.
struct Effects {
  bool may_block = false;
  bool writes = false;
};

// Collects what goes to which node and lays it out in stages. Commands of one
// node keep the order in which they are added (rule D1). A blocking command has
// its node to itself for a stage, so that nothing queues behind it (C11).
class Pipelines {
 public:
  // For targets in shards [0, shard_count), and about `expected` commands.
  explicit Pipelines(size_t shard_count, size_t expected = 0);

  // Appends `command` to the pipeline of `target`. Requires: the node outlives
  // this.
  void Add(const Target& target, const PlannedCommand& command,
           Effects effects = {});

  // From here on the connection to `target` watches keys; and none does.
  void MarkWatching(const Target& target);
  void ClearWatching();

  // The nodes whose connection has written so far, or watches now, in the order
  // in which they were first added to.
  std::vector<Target> WrittenNodes() const;
  std::vector<Target> WatchingNodes() const;

  // The stages: in each, node plans ascending by lowest slot, those without
  // slots behind them by node ID.
  std::vector<Stage> TakeStages() &&;

 private:
  static constexpr int32_t kNone = -1;

  struct Pipeline {
    Target target;
    int32_t next_of_shard;  // Index into pipelines_, or kNone.
    bool has_written = false;
    bool is_watching = false;
    bool is_sealed = false;  // The last segment holds a blocking command.
    // One for each stage.
    absl::InlinedVector<std::vector<PlannedCommand>, 1> segments;
  };

  Pipeline& Of(const Target& target);

  std::vector<Pipeline> pipelines_;
  // The newest pipeline of each shard, which begins a chain of as many as the
  // shard has nodes in the plan, or kNone. A table, not a hash map: every part
  // of the plan looks here.
  absl::InlinedVector<int32_t, 16> newest_of_shard_;
  size_t expected_of_primary_;
};

}  // namespace slotplanner
