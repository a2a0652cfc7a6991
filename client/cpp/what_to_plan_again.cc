// SPDX-License-Identifier: Apache-2.0
#include "client/cpp/what_to_plan_again.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "client/cpp/deliveries.h"
#include "client/cpp/planned_parts.h"
#include "service/base/strings.h"
#include "service/resp/redirection.h"
#include "service/resp/resp_endpoint.h"

namespace slotplanner {
namespace {

// The slot, for our purposes, of commands that any node may answer.
constexpr int kNoSlot = -1;

// What the outcome of a part means for what comes after.
enum class Fate {
  kDone,   // A node has executed it, or may have.
  kLost,   // No node has, and another try would end likewise.
  kAgain,  // It may be tried again.
};

// Whether an error line says that the node has executed nothing because the
// command belongs elsewhere or comes too early.
bool IsAboutThePlan(std::string_view error) {
  return MeansTryLater(error) || MeansNotPrimary(error) ||
         absl::StartsWith(ToAbsl(error), "MOVED ") ||
         absl::StartsWith(ToAbsl(error), "ASK ");
}

bool MayPass(const absl::Status& cause) {
  return absl::IsUnavailable(cause) || absl::IsDeadlineExceeded(cause);
}

Fate FateOf(const PartResult& part, bool only_reads) {
  switch (part.outcome) {
    case PartOutcome::kApplied:
      return Fate::kDone;
    case PartOutcome::kFailed:
      return IsAboutThePlan(part.reply.text) ? Fate::kAgain : Fate::kDone;
    case PartOutcome::kNotSent:
      return MayPass(part.cause) ? Fate::kAgain : Fate::kLost;
    case PartOutcome::kUnknown:
      return only_reads && MayPass(part.cause) ? Fate::kAgain : Fate::kDone;
  }
  return Fate::kDone;
}

// What is planned again together or not at all.
struct Unit {
  int command_index;  // Of a transaction, that of its EXEC.
  int part_index;     // 0 for what is planned again as a whole.
  std::vector<PlanAgain> items;
  std::optional<int> slot;  // Nothing means all of them.
  std::string node;         // That it was planned for; empty means many.
  bool only_reads = false;
  bool may_run_again = false;
  bool was_executed = false;  // Or may have been.
  // A WAIT or WAITAOF: it speaks of writes before it that its node got.
  bool is_wait = false;
};

// What a batch has done to the slots from some point on to its end.
class LaterEffects {
 public:
  void Add(const Unit& unit) {
    if (unit.is_wait) {
      nodes_waited_for_.insert(unit.node);
      return;
    }
    for (Effects* effects :
         {&anywhere_, unit.slot ? &of_slot_[*unit.slot] : &everywhere_}) {
      (unit.only_reads ? effects->has_read : effects->has_written) = true;
    }
  }

  // Whether the unit, run now, would run out of its order.
  bool Forbid(const Unit& unit) const {
    const bool is_waited_for = unit.node.empty()
                                   ? !nodes_waited_for_.empty()
                                   : nodes_waited_for_.contains(unit.node);
    if (is_waited_for && !unit.only_reads) return true;
    if (!unit.slot) return Conflicts(unit, anywhere_);
    const auto found = of_slot_.find(*unit.slot);
    return Conflicts(unit, everywhere_) ||
           (found != of_slot_.end() && Conflicts(unit, found->second));
  }

 private:
  struct Effects {
    bool has_read = false;
    bool has_written = false;
  };

  static bool Conflicts(const Unit& unit, const Effects& later) {
    return later.has_written || (later.has_read && !unit.only_reads);
  }

  Effects anywhere_;
  Effects everywhere_;  // By what has all slots.
  std::map<int, Effects> of_slot_;
  std::set<std::string> nodes_waited_for_;
};

// Makes the units of a plan that has run.
class Units {
 public:
  Units(const google::protobuf::RepeatedPtrField<v1::Command>& commands,
        const v1::PlanBatchResponse& plan,
        std::span<const CommandResult> results)
      : commands_(commands), plan_(plan), results_(results) {}

  std::vector<Unit> Make(const Deliveries& deliveries) const {
    std::vector<Unit> units;
    for (const Delivery& delivery : deliveries.deliveries) {
      const PlannedPart& part = *delivery.parts.front();
      switch (delivery.kind) {
        case Delivery::Kind::kWatch:
        case Delivery::Kind::kUnwatch:
          break;
        case Delivery::Kind::kTransaction:
          units.push_back(OfTransaction(delivery));
          break;
        case Delivery::Kind::kCommand:
          if (!GoesToManyNodes(part.command_index) ||
              IsWait(part.command_index)) {
            units.push_back(OfPart(part));
          } else if (part.part_index == 0) {
            units.push_back(OfManyNodes(part.command_index));
          }
          break;
      }
    }
    return units;
  }

 private:
  const v1::CommandPlan& PlanOf(int command_index) const {
    return plan_.command_plans(command_index);
  }

  const PartResult& ResultOf(const PlannedPart& part) const {
    return results_[static_cast<size_t>(part.command_index)]
        .parts[static_cast<size_t>(part.part_index)];
  }

  bool OnlyReads(int command_index) const {
    return PlanOf(command_index).retry_safety() == v1::RETRY_SAFETY_SAFE;
  }

  // Whether its parts mean nothing without each other.
  bool GoesToManyNodes(int command_index) const {
    return PlanOf(command_index).part_count() > 1 &&
           PlanOf(command_index).verdict() != v1::VERDICT_SPLIT;
  }

  bool IsWait(int command_index) const {
    const std::string& name = commands_[command_index].args(0);
    return absl::EqualsIgnoreCase(name, "WAIT") ||
           absl::EqualsIgnoreCase(name, "WAITAOF");
  }

  Unit OfPart(const PlannedPart& part) const {
    const int index = part.command_index;
    PlanAgain item{.command_index = index, .part_index = {}};
    if (PlanOf(index).part_count() > 1) item.part_index = part.part_index;
    const bool only_reads = OnlyReads(index);
    const Fate fate = FateOf(ResultOf(part), only_reads);
    return {.command_index = index,
            .part_index = part.part_index,
            .items = {item},
            .slot = part.slot.value_or(kNoSlot),
            .node = ToString(part.endpoint),
            .only_reads = only_reads,
            .may_run_again = fate == Fate::kAgain && !IsWait(index),
            .was_executed = fate == Fate::kDone,
            .is_wait = IsWait(index)};
  }

  Unit OfManyNodes(int command_index) const {
    Unit unit{.command_index = command_index,
              .part_index = 0,
              .items = {{.command_index = command_index, .part_index = {}}},
              .slot = {},
              .node = {},
              .only_reads = OnlyReads(command_index)};
    bool has_again = false;
    for (const PartResult& part :
         results_[static_cast<size_t>(command_index)].parts) {
      const Fate fate = FateOf(part, unit.only_reads);
      has_again = has_again || fate == Fate::kAgain;
      unit.was_executed = unit.was_executed || fate == Fate::kDone;
    }
    unit.may_run_again = has_again && (unit.only_reads || !unit.was_executed);
    return unit;
  }

  Unit OfTransaction(const Delivery& delivery) const {
    const PlannedPart& exec = *delivery.parts.back();
    Unit unit{.command_index = exec.command_index,
              .part_index = 0,
              .items = {},
              .slot = delivery.Slot().value_or(kNoSlot),
              .node = ToString(exec.endpoint)};
    bool has_again = false;
    for (const PlannedPart* part : delivery.parts) {
      unit.items.push_back(
          {.command_index = part->command_index, .part_index = {}});
      has_again = has_again || FateOf(ResultOf(*part),
                                      /*only_reads=*/false) == Fate::kAgain;
    }
    // Where MULTI fails, the node executes each command as it comes.
    const PlannedPart& multi = *delivery.parts[delivery.watch_count];
    const PartOutcome outcome = ResultOf(exec).outcome;
    unit.was_executed = outcome == PartOutcome::kApplied ||
                        outcome == PartOutcome::kUnknown ||
                        ResultOf(multi).outcome == PartOutcome::kFailed;
    unit.may_run_again = has_again && !unit.was_executed;
    return unit;
  }

  const google::protobuf::RepeatedPtrField<v1::Command>& commands_;
  const v1::PlanBatchResponse& plan_;
  const std::span<const CommandResult> results_;
};

bool AllApplied(std::span<const CommandResult> results) {
  return std::all_of(
      results.begin(), results.end(), [](const CommandResult& result) {
        return std::all_of(result.parts.begin(), result.parts.end(),
                           [](const PartResult& part) {
                             return part.outcome == PartOutcome::kApplied;
                           });
      });
}

}  // namespace

std::vector<PlanAgain> WhatToPlanAgain(
    const google::protobuf::RepeatedPtrField<v1::Command>& commands,
    const v1::PlanBatchResponse& plan, std::span<const CommandResult> results) {
  if (AllApplied(results)) return {};
  const auto stages = ResolvePlan(commands, plan);
  if (!stages.ok()) return {};
  const auto deliveries = GroupIntoDeliveries(*stages);
  if (!deliveries.ok()) return {};
  // The executor has run this plan, so it is one of these commands.
  std::vector<Unit> units = Units(commands, plan, results).Make(*deliveries);
  // From the end, so that what comes later is known.
  std::sort(units.begin(), units.end(), [](const Unit& a, const Unit& b) {
    return std::tie(a.command_index, a.part_index) >
           std::tie(b.command_index, b.part_index);
  });
  LaterEffects later;
  std::vector<PlanAgain> again;
  for (const Unit& unit : units) {
    if (unit.may_run_again && !later.Forbid(unit)) {
      again.insert(again.end(), unit.items.begin(), unit.items.end());
    } else if (unit.was_executed) {
      later.Add(unit);
    }
  }
  std::sort(again.begin(), again.end(),
            [](const PlanAgain& a, const PlanAgain& b) {
              return std::tie(a.command_index, a.part_index) <
                     std::tie(b.command_index, b.part_index);
            });
  return again;
}

}  // namespace slotplanner
