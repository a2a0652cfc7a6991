// SPDX-License-Identifier: Apache-2.0
#include "service/planning/plan_batch.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "service/planning/command_analysis.h"
#include "service/planning/pipelines.h"
#include "service/planning/refusals.h"
#include "service/planning/splitting.h"
#include "service/planning/transactions.h"

namespace slotplanner {
namespace {

size_t Bit(HashSlot slot) { return static_cast<size_t>(slot.value()); }

// Plans one batch. Every command goes through four steps: it is analysed, then
// its transaction is resolved, then it is refused or not, then it is placed.
class Planner {
 public:
  Planner(const ClusterSnapshot& snapshot, const BatchRequest& request)
      : topology_(*snapshot.topology),
        moving_(snapshot.migrations),
        request_(request),
        analysis_(AnalyzeBatch(*snapshot.catalog, request.commands)),
        pipelines_(topology_.shards().size(), analysis_.expected_parts),
        splitter_(moving_, plan_),
        is_moving_planned_(moving_.size()) {}

  BatchPlan Plan() && {
    ResolveTransactions(analysis_);
    const size_t count = analysis_.commands.size();
    for (size_t i = 0; i < count; ++i) {
      OptionalRefusal& refusal = analysis_.plans[i].refusal;
      if (!refusal) refusal = WhyRefused(i, analysis_.commands[i]);
    }
    if (request_.read_preference != ReadPreference::kPrimary) FindWrites();
    any_node_ = ChooseAnyNode();
    for (size_t i = 0; i < count; ++i) {
      CommandPlan& plan = analysis_.plans[i];
      if (!plan.refusal) {
        Place(i, analysis_.commands[i], plan);
      } else if (IsRefusedForSlots(analysis_.commands[i], *plan.refusal)) {
        ++MutableTraitsOf(analysis_.commands[i]).cross_slot_refusal_count;
      }
    }
    TellCrossSlotCommands();
    plan_.command_plans = std::move(analysis_.plans);
    plan_.stages = std::move(pipelines_).TakeStages();
    for (size_t i = 0; i < moving_.size(); ++i) {
      if (is_moving_planned_[i]) plan_.migrations.push_back(moving_[i]);
    }
    return std::move(plan_);
  }

 private:
  OptionalRefusal WhyRefused(size_t index,
                             const CommandAnalysis& command) const {
    if (command.crosses_slots) {
      const ParsedCommand parsed = analysis_.ParsedOf(index);
      if (!parsed.pattern_args.empty()) {
        return RefusePattern(*parsed.info, analysis_.KeyLocationsOf(index));
      }
      if (!IsSplittable(parsed, analysis_.args[index])) {
        return RefuseCrossSlot(*parsed.info, analysis_.KeyLocationsOf(index));
      }
      if (request_.split_policy == SplitPolicy::kAtomic) {
        return RefuseSplit(*parsed.info, analysis_.KeyLocationsOf(index));
      }
    }
    return WhyUnassigned(index, command);
  }

  OptionalRefusal WhyUnassigned(size_t index,
                                const CommandAnalysis& command) const {
    if (topology_.shards().empty()) return RefuseUnassigned({});
    if (topology_.unassigned_slot_count() == 0) return {};
    if (command.in_transaction) {
      // The whole transaction, those of its commands without keys included.
      const auto slot = command.transaction_slot;
      if (!slot || topology_.ShardOf(*slot) != nullptr) return {};
      return RefuseUnassigned(analysis_.KeyLocationsOf(index));
    }
    std::vector<KeyLocation> keys = analysis_.KeyLocationsOf(index);
    std::erase_if(keys, [this](const KeyLocation& key) {
      return topology_.ShardOf(key.slot) != nullptr;
    });
    if (keys.empty()) return {};
    return RefuseUnassigned(std::move(keys));
  }

  // Whether a command is refused because its own keys are in several slots, or,
  // if it is MULTI, those of its transaction.
  bool IsRefusedForSlots(const CommandAnalysis& command,
                         const Refusal& refusal) const {
    switch (refusal.reason) {
      case RefusalReason::kCrossSlot:
      case RefusalReason::kSplitForbidden:
        return true;
      case RefusalReason::kCrossSlotTransaction:
        return command.crosses_slots ||
               analysis_.TraitsOf(command).role == BatchRole::kMulti;
      default:
        return false;
    }
  }

  CommandTraits& MutableTraitsOf(const CommandAnalysis& command) {
    return analysis_.traits[static_cast<size_t>(command.traits)];
  }

  void TellCrossSlotCommands() {
    for (const CommandTraits& traits : analysis_.traits) {
      if (traits.split_count + traits.cross_slot_refusal_count == 0) continue;
      plan_.cross_slot_commands.push_back(
          {.name = traits.info->name,
           .split_count = traits.split_count,
           .refused_count = traits.cross_slot_refusal_count});
    }
  }

  // Notes which slots the batch writes; reads of those go to the primary, so
  // that they see, or do not see yet, what the caller's order says (rules D1,
  // D2).
  void FindWrites() {
    written_slots_.resize(kHashSlotCount);
    for (size_t i = 0; i < analysis_.commands.size(); ++i) {
      const CommandAnalysis& command = analysis_.commands[i];
      const CommandTraits& traits = analysis_.TraitsOf(command);
      if (analysis_.plans[i].refusal || traits.only_reads) continue;
      for (const HashSlot slot : analysis_.SlotsOf(command)) {
        written_slots_[Bit(slot)] = true;
      }
      if (!command.slot && traits.info->is_write) writes_all_ = true;
    }
  }

  // The node for commands that any node may answer: the primary of the first
  // slot in the batch, so that it costs no further connection and the load
  // spreads with the keys. No node in a cluster without shards.
  Target ChooseAnyNode() const {
    if (topology_.shards().empty()) return {};
    for (const HashSlot slot : analysis_.key_slots) {
      if (topology_.ShardOf(slot) != nullptr) return PrimaryOf(slot);
    }
    return PrimaryAt(0);
  }

  void Place(size_t index, const CommandAnalysis& command,
             CommandPlan& result) {
    const CommandTraits& traits = analysis_.TraitsOf(command);
    result.retry_safety = traits.retry_safety;
    const PlannedCommand whole{.command_index = static_cast<int32_t>(index),
                               .slot = command.slot};
    if (command.in_transaction) {
      PlaceInTransaction(whole, command, traits, result);
    } else if (command.crosses_slots) {
      PlaceParts(index, command, traits, result);
    } else if (command.slot) {
      result.verdict = Verdict::kSingleSlot;
      result.part_count = 1;
      Send(whole, command, traits);
      if (traits.role == BatchRole::kWatch) {
        pipelines_.MarkWatching(PrimaryOf(*command.slot));
      }
    } else {
      PlaceKeyless(whole, traits, result);
    }
  }

  void PlaceInTransaction(const PlannedCommand& whole,
                          const CommandAnalysis& command,
                          const CommandTraits& traits, CommandPlan& result) {
    const Target target = command.transaction_slot
                              ? PrimaryOf(*command.transaction_slot)
                              : any_node_;
    result.verdict = command.slot ? Verdict::kSingleSlot : Verdict::kAnyNode;
    result.part_count = 1;
    AddTo(target, whole, {.writes = !traits.only_reads});
  }

  void PlaceParts(size_t index, const CommandAnalysis& command,
                  const CommandTraits& traits, CommandPlan& result) {
    const CommandInfo& info = *traits.info;
    ++MutableTraitsOf(command).split_count;
    result.verdict = Verdict::kSplit;
    result.merge = MergeOfParts(info, /*keyed=*/true);
    result.lost_guarantees = GuaranteesLostInParts(info);
    result.part_count = splitter_.SplitBySlot(
        {.command_index = static_cast<int32_t>(index),
         .arg_count = static_cast<int32_t>(analysis_.args[index].size()),
         .keys = analysis_.ParsedOf(index).key_ranges.front(),
         .slots = analysis_.SlotsOf(command),
         .gathers = result.merge == MergeOperation::kGather},
        [&](const PlannedCommand& part) { Send(part, command, traits); });
  }

  void PlaceKeyless(PlannedCommand planned, const CommandTraits& traits,
                    CommandPlan& result) {
    const CommandInfo& info = *traits.info;
    std::vector<Target> targets;
    if (traits.role == BatchRole::kRidesOnWrites) {
      targets = pipelines_.WrittenNodes();
    } else if (traits.role == BatchRole::kRidesOnWatches) {
      targets = pipelines_.WatchingNodes();
      pipelines_.ClearWatching();
    }
    const bool rides = !targets.empty();
    if (!rides) targets = NodesOf(info.request_policy, traits.only_reads);
    if (targets.empty()) {
      result.verdict = Verdict::kAnyNode;
      targets.push_back(any_node_);
    } else {
      result.verdict = Verdict::kFanOut;
      result.merge = traits.role == BatchRole::kRidesOnWatches
                         ? MergeOperation::kAllSucceeded
                         : MergeOfParts(info, /*keyed=*/false);
      if (targets.size() > 1 && !rides) {
        result.lost_guarantees = GuaranteesLostInParts(info);
      }
    }
    result.part_count = static_cast<int32_t>(targets.size());
    for (const Target& target : targets) {
      AddTo(target, planned, {.writes = info.is_write && !target.is_replica});
      ++planned.part_index;
    }
  }

  // Whether a shard can have keys by right. One without slots may be a primary
  // from which its replica has just taken over, and which does not know yet:
  // asked for its keys, it would tell of those of the replica once more.
  bool MayHaveKeys(const Shard& shard) const {
    return !shard.slot_ranges.empty() ||
           std::any_of(moving_.begin(), moving_.end(),
                       [&](const SlotMigration& migration) {
                         return migration.target_node_id ==
                                shard.primary.node_id;
                       });
  }

  // The nodes that a keyless command of `policy` concerns; none when any one
  // will do.
  std::vector<Target> NodesOf(RequestPolicy policy, bool only_reads) const {
    std::vector<Target> targets;
    if (policy != RequestPolicy::kAllNodes &&
        policy != RequestPolicy::kAllShards) {
      return targets;
    }
    for (size_t i = 0; i < topology_.shards().size(); ++i) {
      const bool is_all_shards = policy == RequestPolicy::kAllShards;
      if (is_all_shards && only_reads && !MayHaveKeys(topology_.shards()[i])) {
        continue;
      }
      targets.push_back(PrimaryAt(i));
      if (is_all_shards) continue;
      for (const Node& replica : topology_.shards()[i].replicas) {
        targets.push_back(
            {.shard_index = i, .node = &replica, .is_replica = true});
      }
    }
    return targets;
  }

  // Sends a whole command or a part of one to the node that serves its slot.
  void Send(const PlannedCommand& planned, const CommandAnalysis& command,
            const CommandTraits& traits) {
    const HashSlot slot = *planned.slot;
    Target target = PrimaryOf(slot);
    if (traits.only_reads && MayReadElsewhere(slot)) {
      const Node& node =
          NodeForRead(*topology_.ShardOf(slot), slot, request_.read_preference,
                      request_.client_zone);
      target.is_replica = &node != target.node;
      target.node = &node;
    }
    AddTo(target, planned,
          {.may_block = command.may_block, .writes = !traits.only_reads});
  }

  bool MayReadElsewhere(HashSlot slot) const {
    return request_.read_preference != ReadPreference::kPrimary &&
           !writes_all_ && !written_slots_[Bit(slot)];
  }

  void AddTo(const Target& target, const PlannedCommand& planned,
             Effects effects) {
    if (planned.slot && !moving_.empty()) NoteMoving(*planned.slot);
    pipelines_.Add(target, planned, effects);
  }

  void NoteMoving(HashSlot slot) {
    const auto found = FindMigration(moving_, slot);
    if (found == moving_.end()) return;
    is_moving_planned_[static_cast<size_t>(found - moving_.begin())] = true;
  }

  Target PrimaryOf(HashSlot slot) const {
    return PrimaryAt(static_cast<size_t>(topology_.ShardIndexOf(slot)));
  }

  Target PrimaryAt(size_t shard_index) const {
    return {.shard_index = shard_index,
            .node = &topology_.shards()[shard_index].primary,
            .is_replica = false};
  }

  const ClusterTopology& topology_;
  const std::vector<SlotMigration>& moving_;
  const BatchRequest& request_;
  BatchAnalysis analysis_;
  std::vector<bool> written_slots_;  // Empty when primaries serve all reads.
  bool writes_all_ = false;
  Target any_node_;
  Pipelines pipelines_;
  BatchPlan plan_;
  Splitter splitter_;
  std::vector<bool> is_moving_planned_;  // One for each of `moving_`.
};

}  // namespace

BatchPlan PlanBatch(const ClusterSnapshot& snapshot,
                    const BatchRequest& request) {
  return Planner(snapshot, request).Plan();
}

}  // namespace slotplanner
