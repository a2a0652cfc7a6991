// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "service/commands/command_catalog.h"
#include "service/resp/resp_value.h"
#include "tests/e2e/differential/command.h"
#include "tests/e2e/differential/dump_comparison.h"

namespace slotplanner::differential {

// Whether it is settled how replies of the command are compared: a command
// whose reply its tips call nondeterministic needs a rule of its own.
bool HasRule(const CommandInfo& info);

// Whether a reply can only be judged with another one, of the command
// `ProbeFor`, which the standalone server gets right behind: a random element
// is right if it is among all elements.
bool NeedsProbe(const CommandInfo& info);

// Requires: NeedsProbe(the command's info).
Command ProbeFor(const Command& command);

// One command and what it was answered.
struct Answers {
  const Command& command;
  const RespValue& cluster;
  const RespValue& standalone;
  const RespValue* probe = nullptr;  // With `NeedsProbe` only.
  // The cluster's reply is made of several.
  bool is_merged = false;
  // There is no one reply to compare: one was kept per node.
  bool is_by_node = false;
  // What EXEC executed; empty for all others.
  std::vector<Command> queued = {};
};

// Tells whether a cluster answered what a standalone server did. Not
// thread-safe.
class ReplyComparison {
 public:
  // The references outlive this. `from_replicas`: the cluster's replies may
  // come from replicas, which know a little less than their primaries.
  ReplyComparison(const CommandCatalog& catalog, DumpComparison& dumps,
                  bool from_replicas)
      : catalog_(catalog), dumps_(dumps), from_replicas_(from_replicas) {}

  absl::StatusOr<bool> AreSame(const Answers& answers);

 private:
  absl::StatusOr<bool> AreSameByRule(const CommandInfo* info,
                                     const Answers& answers);
  absl::StatusOr<bool> AreSameTransactions(const Answers& answers);

  const CommandCatalog& catalog_;
  DumpComparison& dumps_;
  const bool from_replicas_;
};

}  // namespace slotplanner::differential
