// SPDX-License-Identifier: Apache-2.0
#include "service/advice/error_explanation.h"

#include <algorithm>
#include <initializer_list>
#include <iterator>
#include <utility>

#include "absl/strings/match.h"
#include "service/base/strings.h"
#include "service/planning/plan_batch.h"
#include "service/resp/redirection.h"

namespace slotplanner {
namespace {

using enum ErrorCause;
using enum ErrorReaction;

// Errors that begin with `beginning` and hold `part`, and what they mean.
struct Row {
  std::string_view beginning;
  std::string_view part;
  ErrorCause cause;
  std::initializer_list<ErrorReaction> reactions;
  std::string_view message;
  bool may_have_been_applied = false;
};

// The first row that fits counts. The lines are those of Redis 5 to 8 and of
// Valkey 7.2 to 9, which have the same words but for those noted.
constexpr Row kRows[] = {
    {"CROSSSLOT",
     "",
     kCrossSlot,
     {kChangeKeys},
     "A cluster runs a command only if all of its keys are in one hash slot, "
     "even if one node owns all the slots. These keys are in several."},
    // "ERR Script attempted ..." since 7.0, without ERR before.
    {"",
     "keys that do not hash to the same slot",
     kScriptCrossSlot,
     {kChangeKeys},
     "The script used keys of several hash slots. All keys that a script uses "
     "must be in one slot, and named as keys in its call.",
     true},
    {"",
     "non local key",
     kScriptForeignKey,
     {kChangeKeys, kChangeCommand},
     "The script used a key that was not named as a key in its call, and that "
     "another node has. Name all keys in the call; then they are seen to be in "
     "one slot before the script runs.",
     true},
    {"MOVED ",
     "",
     kMoved,
     {kFollow, kRefresh},
     "The slot belongs to another node by now, which the error names. Send the "
     "command there, and read the topology again: others will have moved with "
     "it."},
    {"ASK ",
     "",
     kAsk,
     {kFollow},
     "The slot is moving, and its keys that are not here any more are at the "
     "node that the error names. Send ASKING and then the command there, this "
     "once; the owner of the slot has not changed yet."},
    {"TRYAGAIN",
     "",
     kTryAgain,
     {kBackOff},
     "The slot is moving, and the keys of the command are on two nodes just "
     "now. Send it again after a while, or a command for each key, which can "
     "follow the keys one by one."},
    {"CLUSTERDOWN",
     "not served",
     kSlotNotServed,
     {kBackOff, kRefresh},
     "No node owns the slot, or the node that was asked knows of none. After a "
     "while another node may; if not, `redis-cli --cluster check` shows what "
     "is "
     "missing."},
    {"CLUSTERDOWN",
     "",
     kClusterDown,
     {kBackOff, kRefresh},
     "The node that was asked holds the cluster for down: slots have no owner, "
     "or it does not reach most of the primaries. It takes commands again when "
     "that is over, which a failover brings within seconds."},
    {"EXECABORT",
     "",
     kTransactionAborted,
     {kSeeEarlierReply},
     "A command between MULTI and EXEC was answered with an error, so that the "
     "transaction was dropped. That earlier reply has the cause."},
    {"READONLY",
     "",
     kReadOnlyReplica,
     {kRefresh},
     "A write came to a replica, perhaps one that was a primary until a "
     "failover. Read the topology again and send it to the primary."},
    {"LOADING",
     "",
     kLoading,
     {kBackOff},
     "The node has just started and reads its data. Reads may go to a replica "
     "of its shard meanwhile."},
    {"MASTERDOWN",
     "",
     kReplicaCutOff,
     {kBackOff, kRefresh},
     "This replica has lost its primary and is set up not to answer from old "
     "data. Ask another node of the shard."},
    {"BUSY ",
     "",
     kBusy,
     {kBackOff},
     "The node runs a script or a function that has taken longer than "
     "busy-reply-threshold, and nothing else meanwhile."},
    {"ERR ",
     "option of SORT denied",
     kSortPattern,
     {kChangeCommand},
     "SORT with BY or GET reads keys that the pattern names, which may be in "
     "other slots than the key it sorts."},
    {"ERR ",
     "allowed in cluster mode",
     kNotInClusterMode,
     {kChangeCommand},
     "The command does not exist in cluster mode, or not with that option: "
     "there is one database, number 0, and no way to move keys between "
     "databases."},
    {"ERR ",
     "cluster support disabled",
     kClusterDisabled,
     {kChangeServer},
     "This server is no node of a cluster: CLUSTER commands need "
     "cluster-enabled yes in its configuration."},
    {"NOSCRIPT",
     "",
     kUnknownScript,
     {kLoadScript},
     "Nodes keep scripts apart, and this one does not know the digest. Send "
     "EVAL with the whole script, or SCRIPT LOAD to every primary, again after "
     "a node was added or started anew."},
};

constexpr Row kNoRow = {
    "",
    "",
    kNotOfCluster,
    {},
    "This error has nothing to do with hash slots: a single server may give it "
    "just as well."};

bool Fits(const Row& row, std::string_view error) {
  return absl::StartsWith(ToAbsl(error), ToAbsl(row.beginning)) &&
         absl::StrContains(ToAbsl(error), ToAbsl(row.part));
}

const Row& RowOf(std::string_view error) {
  const Row* const row =
      std::find_if(std::begin(kRows), std::end(kRows),
                   [error](const Row& r) { return Fits(r, error); });
  return row == std::end(kRows) ? kNoRow : *row;
}

CommandPlan PlanOf(CommandArgs command, const ClusterSnapshot& snapshot,
                   SplitPolicy policy) {
  BatchPlan plan = PlanBatch(
      snapshot, {.commands = std::span(&command, 1), .split_policy = policy});
  return std::move(plan.command_plans.front());
}

// What the planner knows of the command.
void AddPlan(CommandArgs command, const ClusterSnapshot& snapshot,
             ErrorExplanation& explanation) {
  const CommandPlan plan = PlanOf(command, snapshot, SplitPolicy::kSplit);
  explanation.verdict = plan.verdict;
  // A plan that may not split tells of all keys that are in several slots.
  const CommandPlan whole = PlanOf(command, snapshot, SplitPolicy::kAtomic);
  if (!whole.refusal) {
    if (explanation.cause == kCrossSlot) {
      explanation.reactions = {kSeeEarlierReply};
      explanation.message =
          "All keys of this command are in one hash slot. The error belongs to "
          "another command of the same pipeline, or the node counts other "
          "arguments as keys than this server.";
    }
    return;
  }
  explanation.keys = whole.refusal->keys;
  explanation.remedies = whole.refusal->remedies;
  if (explanation.cause != kCrossSlot) return;
  if (plan.verdict == Verdict::kRefused) {
    explanation.message = plan.refusal->message;
  } else {
    explanation.reactions = {kChangeCommand, kChangeKeys};
    explanation.message +=
        " A plan can send a part for each slot, and one reply is made of the "
        "replies; the parts do not take effect together.";
  }
}

}  // namespace

ErrorExplanation ExplainError(std::string_view error, CommandArgs command,
                              const ClusterSnapshot* snapshot) {
  for (const std::string_view mark : {"-", "(error) "}) {
    if (error.starts_with(mark)) error.remove_prefix(mark.size());
  }
  const Row& row = RowOf(error);
  ErrorExplanation explanation{
      .cause = row.cause,
      .reactions = row.reactions,
      .message = std::string(row.message),
      .may_have_been_applied = row.may_have_been_applied};
  if (const auto redirection = ParseRedirection(error, RespEndpoint{})) {
    explanation.slot = HashSlot::FromNumber(redirection->slot);
    explanation.target = redirection->target;
  }
  if (!command.empty()) AddPlan(command, *snapshot, explanation);
  return explanation;
}

}  // namespace slotplanner
