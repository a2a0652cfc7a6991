// SPDX-License-Identifier: Apache-2.0
#include "service/planning/command_policy.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

#include "absl/strings/match.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

bool Is(std::string_view argument, std::string_view word) {
  return absl::EqualsIgnoreCase(ToAbsl(argument), ToAbsl(word));
}

template <size_t N>
bool IsOneOf(const CommandInfo& info, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), info.name) !=
         std::end(names);
}

// They change the connection that they are sent on, which a plan shares with
// other callers, or answer more than once (rule C10).
constexpr std::string_view kConnectionBound[] = {
    "auth",
    "client|caching",
    "client|no-evict",
    "client|no-touch",
    "client|reply",
    "client|setname",
    "client|tracking",
    "hello",
    "monitor",
    "psubscribe",
    "psync",
    "punsubscribe",
    "quit",
    "replconf",
    "reset",
    "ssubscribe",
    "subscribe",
    "sunsubscribe",
    "sync",
    "unsubscribe",
};

// The executor sends these where redirections and replicas need them.
constexpr std::string_view kExecutorsBusiness[] = {"asking", "readonly",
                                                   "readwrite"};

// Not there in cluster mode.
constexpr std::string_view kForbiddenInCluster[] = {"move", "replicaof",
                                                    "slaveof", "swapdb"};

// All or nothing over all keys, whatever the tip says: MSETNX carries
// multi_shard in Redis 7.0 (rule C2).
constexpr std::string_view kConditionalOnAllKeys[] = {"msetnx"};

// Writes that leave the same data when they are applied twice (rule E4). HSET
// and the others beside MSET and DEL replace or remove what they name.
constexpr std::string_view kSameState[] = {
    "del",  "flushall", "flushdb",  "hdel", "hmset",  "hset", "mset",
    "sadd", "setbit",   "setrange", "srem", "unlink", "zrem",
};

// Functions of what their keys hold, each of which one command can read.
constexpr std::string_view kReadKeyByKey[] = {
    "lcs",   "sdiff", "sinter", "sintercard", "sunion",
    "xread", "zdiff", "zinter", "zintercard", "zunion"};

// Several strings at a time.
constexpr std::string_view kPlainValues[] = {"mget", "mset", "msetex",
                                             "msetnx"};

// Neither flagged as writes nor as reads by the server, though they only read.
constexpr std::string_view kReadsWithoutFlag[] = {"echo", "info", "ping",
                                                  "time"};

// Every part of a split repeats the arguments around the keys. No command with
// the tip has more than a handful; more would make the plan grow with parts
// times arguments.
constexpr size_t kMaxRepeatedArguments = 64;

// Number of arguments that every part of a split repeats.
size_t RepeatedArguments(const KeyRange& keys, CommandArgs args) {
  const auto behind = static_cast<size_t>(keys.PositionOf(keys.count));
  return static_cast<size_t>(keys.first) +
         (args.size() > behind ? args.size() - behind : 0);
}

// Whether an argument behind the keys is `word`.
bool HasTrailingOption(const ParsedCommand& parsed, CommandArgs args,
                       std::string_view word) {
  const KeyRange& keys = parsed.key_ranges.front();
  const auto behind = static_cast<size_t>(keys.PositionOf(keys.count));
  for (size_t i = behind; i < args.size(); ++i) {
    if (Is(args[i], word)) return true;
  }
  return false;
}

}  // namespace

BatchRole RoleOf(const CommandInfo& info) {
  // All of these are keyless or WATCH; the look at the first letter keeps
  // ordinary commands from being compared with every name.
  switch (info.name.front()) {
    case 'm':
      if (info.name == "multi") return BatchRole::kMulti;
      break;
    case 'e':
      if (info.name == "exec") return BatchRole::kExec;
      break;
    case 'd':
      if (info.name == "discard") return BatchRole::kExec;
      break;
    case 'w':
      if (info.name == "watch") return BatchRole::kWatch;
      if (info.name == "wait" || info.name == "waitaof") {
        return BatchRole::kRidesOnWrites;
      }
      break;
    case 'u':
      if (info.name == "unwatch") return BatchRole::kRidesOnWatches;
      break;
    default:
      break;
  }
  return BatchRole::kOrdinary;
}

Obstacle ObstacleOf(const CommandInfo& info) {
  if (IsOneOf(info, kConnectionBound)) return Obstacle::kConnectionBound;
  if (IsOneOf(info, kExecutorsBusiness)) return Obstacle::kExecutorsBusiness;
  if (IsOneOf(info, kForbiddenInCluster)) return Obstacle::kForbiddenInCluster;
  if (info.name == "select") return Obstacle::kDatabase;
  if (info.name == "copy") return Obstacle::kDatabaseOption;
  return info.request_policy == RequestPolicy::kSpecial
             ? Obstacle::kOneNodesReply
             : Obstacle::kNone;
}

std::optional<Unplannable> WhyUnplannable(Obstacle obstacle,
                                          const ParsedCommand& parsed,
                                          CommandArgs args) {
  switch (obstacle) {
    case Obstacle::kNone:
    case Obstacle::kOneNodesReply:
      break;
    case Obstacle::kConnectionBound:
      return Unplannable{
          "This command belongs to one connection and cannot be part of a "
          "plan. Send it on a connection of your own."};
    case Obstacle::kExecutorsBusiness:
      return Unplannable{
          "Whoever runs the plan sends this command where it is needed "
          "(NodePlan.requires_readonly, ASK redirections). Leave it out."};
    case Obstacle::kForbiddenInCluster:
      return Unplannable{"This command does not exist in cluster mode."};
    case Obstacle::kDatabase:
      if (args.size() > 1 && args[1] != "0") {
        return Unplannable{
            "A cluster has database 0 only. Use a prefix in the key names "
            "instead of a database number."};
      }
      break;
    case Obstacle::kDatabaseOption:
      for (size_t i = 3; i + 1 < args.size(); ++i) {
        if (Is(args[i], "db") && args[i + 1] != "0") {
          return Unplannable{"A cluster has database 0 only; leave DB out."};
        }
      }
      break;
  }
  if (parsed.key_ranges.empty() &&
      parsed.info->request_policy == RequestPolicy::kSpecial) {
    return Unplannable{
        "This command's reply has a meaning on one node only (a SCAN cursor, "
        "say), so that one command cannot cover the cluster.",
        {{RemedyKind::kPerNode,
          "Run it on each primary with a cursor of its own, and keep the "
          "replies apart."}}};
  }
  return std::nullopt;
}

bool IsSplittable(const ParsedCommand& parsed, CommandArgs args) {
  const CommandInfo& info = *parsed.info;
  if (info.request_policy != RequestPolicy::kMultiShard ||
      info.response_policy == ResponsePolicy::kSpecial ||
      info.key_specs.size() != 1 || parsed.key_ranges.size() != 1) {
    return false;
  }
  if (RepeatedArguments(parsed.key_ranges.front(), args) >
      kMaxRepeatedArguments) {
    return false;
  }
  if (IsOneOf(info, kConditionalOnAllKeys)) return false;
  // An option that the caller left out as if it were a value may be either.
  if (info.name == "msetex" && (HasTrailingOption(parsed, args, "nx") ||
                                HasTrailingOption(parsed, args, "xx") ||
                                HasTrailingOption(parsed, args, ""))) {
    return false;
  }
  return true;
}

MergeOperation MergeOfParts(const CommandInfo& info, bool keyed) {
  switch (info.response_policy) {
    case ResponsePolicy::kOneSucceeded:
      return MergeOperation::kOneSucceeded;
    case ResponsePolicy::kAllSucceeded:
      return MergeOperation::kAllSucceeded;
    case ResponsePolicy::kAggLogicalAnd:
      return MergeOperation::kLogicalAnd;
    case ResponsePolicy::kAggLogicalOr:
      return MergeOperation::kLogicalOr;
    case ResponsePolicy::kAggMin:
      return MergeOperation::kMin;
    case ResponsePolicy::kAggMax:
      return MergeOperation::kMax;
    case ResponsePolicy::kAggSum:
      return MergeOperation::kSum;
    case ResponsePolicy::kSpecial:
      // Redis 7.2 marks RANDOMKEY special; 7.0 leaves the policy out.
      return info.name == "randomkey" ? MergeOperation::kFirstNotNil
                                      : MergeOperation::kByNode;
    case ResponsePolicy::kNone:
      if (keyed) return MergeOperation::kGather;
      return info.name == "randomkey" ? MergeOperation::kFirstNotNil
                                      : MergeOperation::kConcatenate;
  }
  return MergeOperation::kByNode;
}

GuaranteeSet GuaranteesLostInParts(const CommandInfo& info) {
  if (OnlyReads(info)) return {Guarantee::kSnapshotRead};
  if (info.is_write) {
    return {Guarantee::kAtomicWrite, Guarantee::kAllOrNothing};
  }
  return {};
}

RetrySafety RetrySafetyOf(const CommandInfo& info) {
  if (OnlyReads(info) || IsOneOf(info, kReadsWithoutFlag)) {
    return RetrySafety::kSafe;
  }
  return IsOneOf(info, kSameState) ? RetrySafety::kSameState
                                   : RetrySafety::kUnsafe;
}

bool OnlyReads(const CommandInfo& info) {
  return info.is_readonly && !info.is_write;
}

bool MayBlock(const ParsedCommand& parsed, CommandArgs args) {
  if (!parsed.info->is_blocking) return false;
  if (parsed.info->name != "xread" && parsed.info->name != "xreadgroup") {
    return true;
  }
  // These block with the option BLOCK only, which stands before the keys.
  const int first_key =
      parsed.key_ranges.empty() ? 0 : parsed.key_ranges.front().first;
  for (int i = 1; i < first_key; ++i) {
    if (Is(args[static_cast<size_t>(i)], "block")) return true;
  }
  return false;
}

bool CanBeReadKeyByKey(const CommandInfo& info) {
  return IsOneOf(info, kReadKeyByKey);
}

bool HoldsPlainValues(const CommandInfo& info) {
  return IsOneOf(info, kPlainValues);
}

bool OneNodeSpeaksForAll(const CommandInfo& info) {
  return info.request_policy == RequestPolicy::kNone || info.name == "ping";
}

}  // namespace slotplanner
