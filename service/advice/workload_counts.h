// SPDX-License-Identifier: Apache-2.0
// What became of many commands: by name, by key, and by what they use together
// across slots.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "service/advice/heavy_hitters.h"
#include "service/advice/key_counts.h"
#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// What became of the commands of one name. Fields have the meaning of those of
// the same names in proto/slotplanner/v1/advisor_service.proto.
struct CommandLoad {
  // For people, as of `DisplayName`. Empty: the commands that the cluster does
  // not know, or all.
  std::string name = {};
  int64_t calls = 0;  // The sum of the six below.
  int64_t single_slot = 0;
  int64_t any_node = 0;
  int64_t fan_out = 0;
  int64_t split = 0;
  int64_t emulated = 0;
  int64_t refused = 0;
  int64_t parts = 0;
  int64_t nodes = 0;
  int32_t max_parts = 0;
  int32_t max_nodes = 0;
  int64_t what_if_nodes = 0;

  friend bool operator==(const CommandLoad&, const CommandLoad&) = default;
};

// A command, or `MULTI` for a transaction, and keys in several slots that it
// used together.
struct CrossSlotUse {
  std::string command;
  // Of its keys, each different one once, in their order (see `TemplateOfKey`).
  std::vector<std::string> key_templates;
  int64_t calls;
  // The different keys of a call of this kind, in their order. Empty if they
  // were too large to keep.
  std::vector<std::string> keys;

  friend bool operator==(const CrossSlotUse&, const CrossSlotUse&) = default;
};

// Counts commands, in memory that does not grow with their number. Not
// thread-safe.
//
// Memory: `KeyCounts`; 200 bytes for each name of the catalog; a sketch of at
// most 4,096 uses of 256 bytes (1 MiB); and the keys of at most 5,120 calls,
// 1 KiB each, with as many names of uses (7 MiB). The last two are reached only
// by thousands of different uses across slots.
class WorkloadCounts {
 public:
  // What a use is told apart by: the name and the templates, 1 byte more for
  // each, together at most this many bytes; templates behind that are left out.
  static constexpr size_t kMaxUseBytes = 256;
  static constexpr size_t kMaxTemplates = 16;

  // Which keys of a call are kept: all of them, if they are no more than this.
  static constexpr size_t kMaxExampleKeys = 64;
  static constexpr size_t kMaxExampleBytes = 1024;

  // Plans each command by itself on `snapshot`, those from MULTI to EXEC or
  // DISCARD as one batch, and counts what comes of it; a MULTI without an end
  // in `commands` is a command like others. With `what_if`, which may be null,
  // plans them there as well, to count the nodes.
  //
  // A command whose keys are in several slots is a use of these together,
  // whether the planner splits or refuses it; a transaction with such keys is
  // one use. Shard channels count as keys (rule B8); keys that only patterns
  // lead to do not (rule B6). Nothing of `commands` is needed afterwards but
  // what the sketches keep. O(arguments). Requires: all snapshots have
  // catalogs of one cluster.
  void Add(const ClusterSnapshot& snapshot,
           std::span<const CommandArgs> commands,
           const ClusterSnapshot* what_if = nullptr);

  // Adds what `other` has counted. O(size of `other`).
  void Merge(const WorkloadCounts& other);

  // By name; those called most come first, of equal ones the lower name.
  // O(n log n) for n names.
  std::vector<CommandLoad> Loads() const;

  // The sum of all, with the largest of the maxima, and without a name.
  CommandLoad Total() const;

  // The keys of all commands, each as often as commands name it.
  const KeyCounts& keys() const { return keys_; }

  // Those that come most first, at most `max`; of equal ones the order is fixed
  // by their bytes.
  std::vector<CrossSlotUse> TopUses(size_t max) const;

  // How much the calls of uses may be too low, and how many a use that is not
  // there may have at most.
  int64_t use_error() const { return uses_.max_error(); }

 private:
  // Plans and counts commands that belong together.
  void AddUnit(const ClusterSnapshot& snapshot,
               std::span<const CommandArgs> unit,
               const ClusterSnapshot* what_if);
  // The load of commands with the name of `command`.
  CommandLoad& LoadOf(const CommandCatalog& catalog, CommandArgs command);
  // `keys`: of the command or transaction `name`, in several slots.
  void AddUse(std::string_view name, std::span<const std::string_view> keys);
  void KeepExample(const std::string& use, std::vector<std::string> keys);

  // By `CommandInfo::name`; those the cluster does not know have none.
  absl::flat_hash_map<std::string, CommandLoad> loads_;
  KeyCounts keys_;
  HeavyHitters uses_;
  // Of uses in `uses_`, and of some that it has dropped since.
  absl::flat_hash_map<std::string, std::vector<std::string>> examples_;
};

}  // namespace slotplanner
