// SPDX-License-Identifier: Apache-2.0
// What the planner may do with a command. The command's metadata decides; the
// few commands whose metadata does not tell the whole truth are named in the
// .cc, and nowhere else in this ring.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "service/commands/command_keys.h"
#include "service/planning/batch_plan.h"

namespace slotplanner {

// How a command that is no ordinary one takes part in a batch.
enum class BatchRole : uint8_t {
  kOrdinary,
  kMulti,  // Opens a transaction.
  kExec,   // Closes it; DISCARD too.
  kWatch,  // Must share the slot of the transaction behind it (rule D3).
  kRidesOnWrites,   // WAIT, WAITAOF: concern connections that wrote (rule C8).
  kRidesOnWatches,  // UNWATCH: concerns connections that watch.
};
BatchRole RoleOf(const CommandInfo& info);

// What may keep a command out of every plan (rules C9, C10). The name decides,
// so that the most part of a batch needs no look at the arguments.
enum class Obstacle : uint8_t {
  kNone,
  kConnectionBound,     // It changes the connection that it is sent on.
  kExecutorsBusiness,   // Whoever runs the plan sends it.
  kForbiddenInCluster,  // It does not exist in cluster mode.
  kDatabase,            // SELECT, of any database but 0.
  kDatabaseOption,      // COPY, into any database but 0.
  kOneNodesReply,       // Without keys, its reply has a meaning on one node.
};
Obstacle ObstacleOf(const CommandInfo& info);

// Why a command with `obstacle` can be in no plan, if so.
struct Unplannable {
  std::string message;
  std::vector<Remedy> remedies = {};
};
std::optional<Unplannable> WhyUnplannable(Obstacle obstacle,
                                          const ParsedCommand& parsed,
                                          CommandArgs args);

// Whether the parts of a split, one per slot, mean what the command means but
// for atomicity (rules C1 to C3). O(arguments behind the keys).
bool IsSplittable(const ParsedCommand& parsed, CommandArgs args);

// How the replies of several parts become one. Keyed: the parts hold keys;
// otherwise they are one command sent to several nodes (rule C7).
MergeOperation MergeOfParts(const CommandInfo& info, bool keyed);

// What is lost when a command becomes several parts (rule C6).
GuaranteeSet GuaranteesLostInParts(const CommandInfo& info);

// Rule E4.
RetrySafety RetrySafetyOf(const CommandInfo& info);

// Whether a read preference applies: the command only reads (rule B10).
bool OnlyReads(const CommandInfo& info);

// Whether this very command may block its connection (rule C11).
bool MayBlock(const ParsedCommand& parsed, CommandArgs args);

// Whether a caller who reads its keys one by one, with commands of one key, can
// work out its reply. Not so for PFCOUNT, whose counts do not add up.
bool CanBeReadKeyByKey(const CommandInfo& info);

// Whether its keys hold plain values, so that fields of one hash could.
bool HoldsPlainValues(const CommandInfo& info);

// Whether one node's reply to this keyless command of a transaction is what
// the whole cluster would answer.
bool OneNodeSpeaksForAll(const CommandInfo& info);

}  // namespace slotplanner
