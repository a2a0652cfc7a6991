// SPDX-License-Identifier: Apache-2.0
// What the planner answers, as plain data. Each item stands for the message or
// enum of the same name in proto/slotplanner/v1/slot_planner_service.proto,
// where its meaning is written; enum numbers are the same.
#pragma once

#include <array>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "service/slots/hash_slot.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

enum class SplitPolicy { kAtomic = 1, kSplit = 2, kEmulate = 3 };

enum class Verdict : uint8_t {
  kSingleSlot = 1,
  kAnyNode = 2,
  kFanOut = 3,
  kSplit = 4,
  kEmulated = 5,
  kRefused = 6,
};

enum class MergeOperation : uint8_t {
  kSingle = 1,
  kGather = 2,
  kSum = 3,
  kMin = 4,
  kMax = 5,
  kLogicalAnd = 6,
  kLogicalOr = 7,
  kAllSucceeded = 8,
  kOneSucceeded = 9,
  kConcatenate = 10,
  kByNode = 11,
  kFirstNotNil = 12,
};

enum class Guarantee : uint8_t {
  kAtomicWrite = 1,
  kSnapshotRead = 2,
  kAllOrNothing = 3,
};

// A set of guarantees, which stand in it in ascending order. One byte: a batch
// has many commands.
class GuaranteeSet {
 public:
  using value_type = Guarantee;             // NOLINT: the library's name.
  using const_iterator = const Guarantee*;  // NOLINT: the library's name.

  constexpr GuaranteeSet() = default;
  constexpr GuaranteeSet(std::initializer_list<Guarantee> guarantees) {
    for (const Guarantee guarantee : guarantees) {
      bits_ |= static_cast<uint8_t>(1 << (static_cast<int>(guarantee) - 1));
    }
  }

  constexpr const_iterator begin() const { return kSets[bits_].data(); }
  constexpr const_iterator end() const { return begin() + size(); }
  constexpr size_t size() const {
    return static_cast<size_t>(std::popcount(bits_));
  }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  using enum Guarantee;

  // The set of each value of `bits_`, filled up with zeros.
  static constexpr std::array<std::array<Guarantee, 3>, 8> kSets = {{
      {},
      {kAtomicWrite},
      {kSnapshotRead},
      {kAtomicWrite, kSnapshotRead},
      {kAllOrNothing},
      {kAtomicWrite, kAllOrNothing},
      {kSnapshotRead, kAllOrNothing},
      {kAtomicWrite, kSnapshotRead, kAllOrNothing},
  }};

  // Bit n - 1 stands for the guarantee of number n.
  uint8_t bits_ = 0;
};

enum class RetrySafety : uint8_t { kSafe = 1, kSameState = 2, kUnsafe = 3 };

enum class RefusalReason {
  kCrossSlot = 1,
  kSplitForbidden = 2,
  kCrossSlotTransaction = 3,
  kUnknownCommand = 4,
  kWrongArity = 5,
  kSyntax = 6,
  kNotPlannable = 7,
  kSlotUnassigned = 8,
};

enum class RemedyKind {
  kHashTag = 1,
  kPipeline = 2,
  kHashFields = 3,
  kSplitPolicy = 4,
  kPerNode = 5,
};

struct Remedy {
  RemedyKind kind;
  std::string description;  // One sentence. Holds no argument bytes.
};

struct KeyLocation {
  int32_t arg_index;
  HashSlot slot;

  friend bool operator==(const KeyLocation&, const KeyLocation&) = default;
};

struct Refusal {
  RefusalReason reason;
  std::string message;  // Holds no argument bytes.
  std::vector<KeyLocation> keys = {};
  std::vector<Remedy> remedies = {};
};

// A refusal, or none. Few commands are refused and all have room for one, so
// that it is a pointer where std::optional would be a hundred bytes.
class OptionalRefusal {
 public:
  OptionalRefusal() = default;
  OptionalRefusal(Refusal refusal)  // NOLINT: implicit, as std::optional's.
      : refusal_(std::make_unique<Refusal>(std::move(refusal))) {}

  bool has_value() const { return refusal_ != nullptr; }
  explicit operator bool() const { return has_value(); }

  // Requires: has_value().
  const Refusal& value() const {
    assert(has_value());
    return *refusal_;
  }
  const Refusal& operator*() const { return value(); }
  const Refusal* operator->() const { return &value(); }

 private:
  std::unique_ptr<const Refusal> refusal_;
};

// A stretch of one of the plan's index pools. One pool for a plan instead of a
// vector for a part: a split of 1,000 keys is about 1,000 parts.
struct IndexRange {
  int32_t first = 0;
  int32_t count = 0;
};

struct PlannedCommand {
  int32_t command_index = 0;
  int32_t part_index = 0;
  std::optional<HashSlot> slot = {};
  IndexRange arg_indexes = {};      // In BatchPlan::index_pool.
  IndexRange reply_positions = {};  // In BatchPlan::index_pool.
};

struct NodePlan {
  const Node* node = nullptr;  // In the topology planned on. Never null.
  bool requires_readonly = false;
  std::vector<PlannedCommand> commands = {};
};

struct Stage {
  std::vector<NodePlan> node_plans;
};

struct CommandPlan {
  Verdict verdict = Verdict::kRefused;
  MergeOperation merge = MergeOperation::kSingle;
  RetrySafety retry_safety = RetrySafety::kUnsafe;
  GuaranteeSet lost_guarantees = {};
  int32_t part_count = 0;
  OptionalRefusal refusal = {};  // Iff the verdict is kRefused.
};

// A command that had keys in more than one slot, and how often. MULTI stands
// for a transaction whose keys were.
struct CrossSlotCommand {
  std::string_view name;  // As CommandInfo::name, where it points.
  int32_t split_count = 0;
  int32_t refused_count = 0;  // For that reason; others are not counted.
};

// The plan of a batch. Points into the topology that it was made on, and into
// the catalog.
struct BatchPlan {
  std::span<const int32_t> Indexes(IndexRange range) const {
    return std::span(index_pool)
        .subspan(static_cast<size_t>(range.first),
                 static_cast<size_t>(range.count));
  }

  std::vector<Stage> stages;
  std::vector<CommandPlan> command_plans;
  std::vector<std::string> literals;
  std::vector<SlotMigration> migrations;  // Ascending by slot.
  std::vector<int32_t> index_pool;
  // One for each name, in the order in which the batch named them first.
  std::vector<CrossSlotCommand> cross_slot_commands;
};

}  // namespace slotplanner
