// SPDX-License-Identifier: Apache-2.0
#include "service/planning/plan_batch.h"

#include <algorithm>
#include <bitset>
#include <cstddef>
#include <utility>

#include "service/planning/command_analysis.h"
#include "service/planning/pipelines.h"
#include "service/planning/refusals.h"
#include "service/planning/splitting.h"
#include "service/planning/transactions.h"

namespace slotplanner {
namespace {

using SlotSet = std::bitset<kHashSlotCount>;

size_t Bit(HashSlot slot) { return static_cast<size_t>(slot.value()); }

// Plans one batch. Every command goes through four steps: it is analysed, then
// its transaction is resolved, then it is refused or not, then it is placed.
class Planner {
 public:
  Planner(const ClusterSnapshot& snapshot, const BatchRequest& request)
      : topology_(*snapshot.topology),
        moving_(snapshot.migrations),
        request_(request),
        analysis_(AnalyzeBatch(*snapshot.catalog, request.commands)) {}

  BatchPlan Plan() && {
    ResolveTransactions(analysis_);
    for (CommandAnalysis& command : analysis_.commands) {
      if (!command.refusal) command.refusal = WhyRefused(command);
    }
    FindWrites();
    any_node_ = ChooseAnyNode();
    plan_.command_plans.resize(analysis_.commands.size());
    for (size_t i = 0; i < analysis_.commands.size(); ++i) {
      Place(static_cast<int32_t>(i), analysis_.commands[i],
            plan_.command_plans[i]);
    }
    plan_.stages = std::move(pipelines_).TakeStages();
    for (const SlotMigration& migration : moving_) {
      if (planned_slots_.test(Bit(migration.slot))) {
        plan_.migrations.push_back(migration);
      }
    }
    return std::move(plan_);
  }

 private:
  std::optional<Refusal> WhyRefused(const CommandAnalysis& command) const {
    if (command.crosses_slots) {
      const CommandInfo& info = *command.parsed.info;
      if (!command.parsed.pattern_args.empty()) {
        return RefusePattern(info, analysis_.KeyLocationsOf(command));
      }
      if (!IsSplittable(command.parsed, command.args)) {
        return RefuseCrossSlot(info, analysis_.KeyLocationsOf(command));
      }
      if (request_.split_policy == SplitPolicy::kAtomic) {
        return RefuseSplit(info, analysis_.KeyLocationsOf(command));
      }
    }
    return WhyUnassigned(command);
  }

  std::optional<Refusal> WhyUnassigned(const CommandAnalysis& command) const {
    if (topology_.shards().empty()) return RefuseUnassigned({});
    if (topology_.unassigned_slot_count() == 0) return std::nullopt;
    if (command.in_transaction) {
      // The whole transaction, those of its commands without keys included.
      const auto slot = command.transaction_slot;
      if (!slot || topology_.ShardOf(*slot) != nullptr) return std::nullopt;
      return RefuseUnassigned(analysis_.KeyLocationsOf(command));
    }
    std::vector<KeyLocation> keys = analysis_.KeyLocationsOf(command);
    std::erase_if(keys, [this](const KeyLocation& key) {
      return topology_.ShardOf(key.slot) != nullptr;
    });
    if (keys.empty()) return std::nullopt;
    return RefuseUnassigned(std::move(keys));
  }

  // Notes which slots the batch writes; reads of those go to the primary, so
  // that they see, or do not see yet, what the caller's order says (rules D1,
  // D2).
  void FindWrites() {
    for (const CommandAnalysis& command : analysis_.commands) {
      if (command.refusal || command.traits.only_reads) continue;
      for (const HashSlot slot : analysis_.SlotsOf(command)) {
        written_slots_.set(Bit(slot));
      }
      if (!command.slot && command.parsed.info->is_write) writes_all_ = true;
    }
  }

  // The node for commands that any node may answer: the primary of the first
  // slot in the batch, so that it costs no further connection and the load
  // spreads with the keys.
  const Node* ChooseAnyNode() const {
    for (const HashSlot slot : analysis_.key_slots) {
      if (const Shard* shard = topology_.ShardOf(slot)) return &shard->primary;
    }
    return topology_.shards().empty() ? nullptr
                                      : &topology_.shards().front().primary;
  }

  bool IsMoving(HashSlot slot) const {
    const auto found = std::lower_bound(
        moving_.begin(), moving_.end(), slot,
        [](const SlotMigration& m, HashSlot s) { return m.slot < s; });
    return found != moving_.end() && found->slot == slot;
  }

  void Place(int32_t index, CommandAnalysis& command, CommandPlan& result) {
    if (command.refusal) {
      result.refusal = std::move(command.refusal);
      return;
    }
    result.retry_safety = command.traits.retry_safety;
    if (command.in_transaction) {
      PlaceInTransaction(index, command, result);
    } else if (command.crosses_slots) {
      PlaceParts(index, command, result);
    } else if (command.slot) {
      result.verdict = Verdict::kSingleSlot;
      result.part_count = 1;
      Send(command, {.command_index = index, .slot = command.slot});
      if (command.traits.role == BatchRole::kWatch) {
        pipelines_.MarkWatching(PrimaryOf(*command.slot));
      }
    } else {
      PlaceKeyless(index, command, result);
    }
  }

  void PlaceInTransaction(int32_t index, const CommandAnalysis& command,
                          CommandPlan& result) {
    const Node& node = command.transaction_slot
                           ? PrimaryOf(*command.transaction_slot)
                           : *any_node_;
    result.verdict = command.slot ? Verdict::kSingleSlot : Verdict::kAnyNode;
    result.part_count = 1;
    AddTo(node, /*is_replica=*/false,
          {.command_index = index, .slot = command.slot});
    if (!command.traits.only_reads) pipelines_.MarkWritten(node);
  }

  void PlaceParts(int32_t index, const CommandAnalysis& command,
                  CommandPlan& result) {
    const CommandInfo& info = *command.parsed.info;
    result.verdict = Verdict::kSplit;
    result.merge = MergeOfParts(info, /*keyed=*/true);
    result.lost_guarantees = GuaranteesLostInParts(info);
    const auto parts = SplitBySlot(
        command.parsed.key_ranges.front(), analysis_.SlotsOf(command),
        command.args.size(), index, result.merge == MergeOperation::kGather,
        [this](HashSlot slot) { return IsMoving(slot); }, plan_);
    result.part_count = static_cast<int32_t>(parts.size());
    for (const PlannedCommand& part : parts) Send(command, part);
  }

  void PlaceKeyless(int32_t index, const CommandAnalysis& command,
                    CommandPlan& result) {
    const CommandInfo& info = *command.parsed.info;
    std::vector<std::pair<const Node*, bool>> nodes;  // With "is a replica".
    if (command.traits.role == BatchRole::kRidesOnWrites) {
      for (const Node* node : pipelines_.WrittenNodes()) {
        nodes.emplace_back(node, false);
      }
    } else if (command.traits.role == BatchRole::kRidesOnWatches) {
      for (const Node* node : pipelines_.WatchingNodes()) {
        nodes.emplace_back(node, false);
      }
      pipelines_.ClearWatching();
    }
    const bool rides = !nodes.empty();
    const bool to_all_nodes = info.request_policy == RequestPolicy::kAllNodes;
    if (!rides &&
        (to_all_nodes || info.request_policy == RequestPolicy::kAllShards)) {
      for (const Shard& shard : topology_.shards()) {
        nodes.emplace_back(&shard.primary, false);
        if (!to_all_nodes) continue;
        for (const Node& replica : shard.replicas) {
          nodes.emplace_back(&replica, true);
        }
      }
    }
    if (nodes.empty()) {
      result.verdict = Verdict::kAnyNode;
      nodes.emplace_back(any_node_, false);
    } else {
      result.verdict = Verdict::kFanOut;
      result.merge = command.traits.role == BatchRole::kRidesOnWatches
                         ? MergeOperation::kAllSucceeded
                         : MergeOfParts(info, /*keyed=*/false);
      if (nodes.size() > 1 && !rides) {
        result.lost_guarantees = GuaranteesLostInParts(info);
      }
    }
    result.part_count = static_cast<int32_t>(nodes.size());
    for (int32_t part = 0; part < result.part_count; ++part) {
      const auto& [node, is_replica] = nodes[static_cast<size_t>(part)];
      AddTo(*node, is_replica, {.command_index = index, .part_index = part});
      if (info.is_write && !is_replica) pipelines_.MarkWritten(*node);
    }
  }

  // Sends a whole command or a part of one to the node that serves its slot.
  void Send(const CommandAnalysis& command, const PlannedCommand& planned) {
    const HashSlot slot = *planned.slot;
    const Shard& shard = *topology_.ShardOf(slot);
    const bool may_read_elsewhere = command.traits.only_reads && !writes_all_ &&
                                    !written_slots_.test(Bit(slot));
    const Node& node = may_read_elsewhere
                           ? NodeForRead(shard, slot, request_.read_preference,
                                         request_.client_zone)
                           : shard.primary;
    AddTo(node, &node != &shard.primary, planned,
          MayBlock(command.parsed, command.args));
    if (!command.traits.only_reads) pipelines_.MarkWritten(node);
  }

  void AddTo(const Node& node, bool is_replica, const PlannedCommand& planned,
             bool may_block = false) {
    if (planned.slot) planned_slots_.set(Bit(*planned.slot));
    pipelines_.Add(node, is_replica, planned, may_block);
  }

  const Node& PrimaryOf(HashSlot slot) const {
    return topology_.ShardOf(slot)->primary;
  }

  const ClusterTopology& topology_;
  const std::vector<SlotMigration>& moving_;
  const BatchRequest& request_;
  BatchAnalysis analysis_;
  SlotSet written_slots_;
  bool writes_all_ = false;
  const Node* any_node_ = nullptr;
  Pipelines pipelines_;
  SlotSet planned_slots_;
  BatchPlan plan_;
};

}  // namespace

BatchPlan PlanBatch(const ClusterSnapshot& snapshot,
                    const BatchRequest& request) {
  return Planner(snapshot, request).Plan();
}

}  // namespace slotplanner
