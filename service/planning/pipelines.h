// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// Collects what goes to which node and lays it out in stages. Commands of one
// node keep the order in which they are added (rule D1). A blocking command has
// its node to itself for a stage, so that nothing queues behind it (C11).
class Pipelines {
 public:
  // Appends `command` to the pipeline of `node`. Requires: `node` outlives
  // this.
  void Add(const Node& node, bool is_replica, const PlannedCommand& command,
           bool may_block = false);

  // What became of a node's connection so far.
  void MarkWritten(const Node& node);
  void MarkWatching(const Node& node);
  void ClearWatching();

  // Nodes marked so, in the order in which they were first added to.
  std::vector<const Node*> WrittenNodes() const;
  std::vector<const Node*> WatchingNodes() const;

  // The stages: in each, node plans ascending by lowest slot, those without
  // slots behind them by node ID.
  std::vector<Stage> TakeStages() &&;

 private:
  struct Pipeline {
    const Node* node;
    bool is_replica;
    bool has_written = false;
    bool is_watching = false;
    bool is_sealed = false;  // The last segment holds a blocking command.
    std::vector<std::vector<PlannedCommand>> segments;  // One for each stage.
  };

  Pipeline& Of(const Node& node, bool is_replica);

  std::vector<Pipeline> pipelines_;
  absl::flat_hash_map<const Node*, size_t> index_;
};

}  // namespace slotplanner
