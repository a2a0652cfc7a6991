// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/reply_comparison.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace slotplanner::differential {
namespace {

// How two replies are compared.
enum class Rule {
  kExact,
  kUnordered,  // Arrays are sets.
  kMap,        // An array of names and values is a map.
  kScan,       // A cursor, which is 0, and a set.
  kScanMap,    // A cursor, which is 0, and a map.
  kMember,     // Elements, each of which is among those of the probe.
  kSeconds,    // A time that may differ by two seconds.
  kMillis,     // The same in milliseconds.
  kDump,       // What DUMP answers.
  kMaskTimes,  // Exact, but for the times in what is told about streams.
  kClockId,    // Exact, but for stream IDs that are the time.
  kSameType,   // Nothing about it is the same on two servers.
};

// Where the tips do not say it, or not all of it.
struct RuleOf {
  std::string_view command;
  Rule rule;
};
constexpr RuleOf kRules[] = {
    // The order is that of a hash table.
    {"acl|cat", Rule::kUnordered},
    {"config|get", Rule::kMap},
    {"hgetall", Rule::kMap},
    {"hscan", Rule::kScanMap},
    {"spop", Rule::kUnordered},  // The test takes all elements or one of one.
    {"sscan", Rule::kScan},
    {"zscan", Rule::kScanMap},
    // Random.
    {"hrandfield", Rule::kMember},
    {"randomkey", Rule::kMember},
    {"srandmember", Rule::kMember},
    {"zrandmember", Rule::kMember},
    {"acl|genpass", Rule::kSameType},
    {"lolwut", Rule::kSameType},
    // Times.
    {"expiretime", Rule::kSeconds},
    {"pexpiretime", Rule::kMillis},
    {"pttl", Rule::kMillis},
    {"ttl", Rule::kSeconds},
    {"xadd", Rule::kClockId},
    {"xinfo|consumers", Rule::kMaskTimes},
    {"xinfo|stream", Rule::kMaskTimes},
    {"xpending", Rule::kMaskTimes},
    {"lastsave", Rule::kSameType},
    {"time", Rule::kSameType},
    // The same, though the tips do not promise it: the test does not use the
    // clock or chance, and both servers have the same version.
    {"migrate", Rule::kExact},
    {"object|encoding", Rule::kExact},
    {"object|freq", Rule::kExact},
    {"object|refcount", Rule::kExact},
    {"xautoclaim", Rule::kExact},
    {"xclaim", Rule::kExact},
    {"xtrim", Rule::kExact},
    {"dump", Rule::kDump},
    // Libraries are dumped in the order of a hash table; FUNCTION LIST
    // compares them.
    {"function|dump", Rule::kSameType},
    // In a cluster every key takes a little more memory.
    {"memory|usage", Rule::kSameType},
    // About the connection, the process, its replicas.
    {"acl|log", Rule::kSameType},
    {"client|id", Rule::kSameType},
    {"client|info", Rule::kSameType},
    {"client|list", Rule::kSameType},
    {"function|stats", Rule::kSameType},
    {"info", Rule::kSameType},
    {"latency|doctor", Rule::kSameType},
    {"latency|graph", Rule::kSameType},
    {"latency|histogram", Rule::kSameType},
    {"latency|history", Rule::kSameType},
    {"latency|latest", Rule::kSameType},
    {"memory|doctor", Rule::kSameType},
    {"memory|malloc-stats", Rule::kSameType},
    {"memory|stats", Rule::kSameType},
    {"role", Rule::kSameType},
    // Small integers are one object for all keys of a process.
    {"object|idletime", Rule::kSameType},
    {"scan", Rule::kSameType},  // Only ever refused.
    {"slowlog|get", Rule::kSameType},
    {"slowlog|len", Rule::kSameType},
    {"wait", Rule::kSameType},
};

// What Redis does not replicate: how many entries a group has read, and that a
// read changed an encoding.
constexpr std::string_view kUnknownToReplicas[] = {
    "object|encoding", "xinfo|groups", "xinfo|stream"};

std::optional<Rule> FindRule(const CommandInfo& info) {
  for (const RuleOf& entry : kRules) {
    if (entry.command == info.name) return entry.rule;
  }
  if (info.nondeterministic_output) return std::nullopt;
  return info.nondeterministic_output_order ? Rule::kUnordered : Rule::kExact;
}

bool AreClose(const RespValue& a, const RespValue& b, int64_t tolerance) {
  if (a.integer < 0 || b.integer < 0) return a == b;  // No key, no time.
  return std::abs(a.integer - b.integer) <= tolerance;
}

bool AreSameScans(RespValue a, RespValue b, void (*sort)(RespValue&)) {
  if (a.elements.size() != 2 || b.elements.size() != 2) return false;
  sort(a.elements[1]);
  sort(b.elements[1]);
  return a == b && a.elements[0].text == "0";
}

// Whether a stream ID begins with a time of these years, in milliseconds.
bool IsClockId(const RespValue& reply) {
  int64_t ms = 0;
  const std::vector<std::string> parts = absl::StrSplit(reply.text, '-');
  return parts.size() == 2 && absl::SimpleAtoi(parts[0], &ms) &&
         ms > 1'600'000'000'000;
}

// `with_values`: names alternate with values, as they do in the probe then.
bool AreMembers(const RespValue& reply, const RespValue& all, bool paired,
                bool with_values) {
  if (!reply.is_array()) {
    return AreMembers(RespValue::Array({reply}), all, paired, with_values);
  }
  const size_t step = with_values ? 2 : 1;
  const size_t all_step = paired ? 2 : 1;
  for (size_t i = 0; i < reply.elements.size(); i += step) {
    bool found = false;
    for (size_t j = 0; !found && j < all.elements.size(); j += all_step) {
      found = reply.elements[i] == all.elements[j] &&
              (!with_values || reply.elements[i + 1] == all.elements[j + 1]);
    }
    if (!found) return false;
  }
  return true;
}

bool AreSameErrors(const Answers& answers, const CommandInfo* info) {
  const RespValue& cluster = answers.cluster;
  const RespValue& standalone = answers.standalone;
  if (cluster == standalone) return true;
  // Rule E2: the error of several parts names them, and holds that of each.
  if (answers.is_merged && standalone.is_error()) {
    return absl::StartsWith(cluster.text, "PARTFAILED ") &&
           absl::StrContains(cluster.text, standalone.text);
  }
  // Nodes route a wrong command by what they take for its keys.
  if (absl::StartsWith(cluster.text, "CROSSSLOT ") &&
      absl::StartsWith(standalone.text, "ERR ")) {
    return true;
  }
  // Rule B6: Redis 7.0 denies GET and most BY in a cluster, wherever they lead.
  return info != nullptr && absl::StartsWith(info->name, "sort") &&
         absl::StrContains(cluster.text, "option of SORT denied in Cluster");
}

}  // namespace

bool HasRule(const CommandInfo& info) { return FindRule(info).has_value(); }

bool NeedsProbe(const CommandInfo& info) {
  return FindRule(info) == Rule::kMember;
}

Command ProbeFor(const Command& command) {
  const std::string name = absl::AsciiStrToLower(command[0]);
  if (name == "hrandfield") return {"HGETALL", command[1]};
  if (name == "srandmember") return {"SMEMBERS", command[1]};
  if (name == "zrandmember") {
    return {"ZRANGE", command[1], "0", "-1", "WITHSCORES"};
  }
  return {"KEYS", "*"};
}

absl::StatusOr<bool> ReplyComparison::AreSame(const Answers& answers) {
  const CommandInfo* info = InfoOf(catalog_, answers.command);
  if (answers.cluster.is_error() || answers.standalone.is_error()) {
    return AreSameErrors(answers, info);
  }
  if (answers.is_by_node) return true;
  if (info != nullptr && info->name == "exec") {
    return AreSameTransactions(answers);
  }
  return AreSameByRule(info, answers);
}

absl::StatusOr<bool> ReplyComparison::AreSameTransactions(
    const Answers& answers) {
  const RespValue& cluster = answers.cluster;
  const RespValue& standalone = answers.standalone;
  if (!cluster.is_array()) return cluster == standalone;  // Nil: watched.
  if (cluster.elements.size() != answers.queued.size() ||
      standalone.elements.size() != answers.queued.size()) {
    return false;
  }
  for (size_t i = 0; i < answers.queued.size(); ++i) {
    const auto same = AreSame({.command = answers.queued[i],
                               .cluster = cluster.elements[i],
                               .standalone = standalone.elements[i]});
    if (!same.ok() || !*same) return same;
  }
  return true;
}

absl::StatusOr<bool> ReplyComparison::AreSameByRule(const CommandInfo* info,
                                                    const Answers& answers) {
  const auto& [command, cluster, standalone, probe, is_merged, is_by_node,
               queued] = answers;
  // In a transaction, what is queued is no answer yet.
  if (info == nullptr || cluster.type != standalone.type ||
      cluster == standalone) {
    return cluster == standalone;
  }
  if (from_replicas_ &&
      std::find(std::begin(kUnknownToReplicas), std::end(kUnknownToReplicas),
                info->name) != std::end(kUnknownToReplicas)) {
    return true;
  }
  RespValue a = cluster;
  RespValue b = standalone;
  switch (*FindRule(*info)) {
    case Rule::kExact:
      return false;
    case Rule::kUnordered:
      SortDeeply(a);
      SortDeeply(b);
      return a == b;
    case Rule::kMap:
      SortPairs(a);
      SortPairs(b);
      return a == b;
    case Rule::kScan:
      return AreSameScans(a, b, SortDeeply);
    case Rule::kScanMap:
      return AreSameScans(a, b, SortPairs);
    case Rule::kMember:
      return probe != nullptr && a.elements.size() == b.elements.size() &&
             AreMembers(
                 a, *probe,
                 info->name != "srandmember" && info->name != "randomkey",
                 absl::StartsWithIgnoreCase(command.back(), "WITH"));
    case Rule::kSeconds:
      return AreClose(a, b, 2);
    case Rule::kMillis:
      return AreClose(a, b, 2000);
    case Rule::kDump:
      return dumps_.AreSame(a.text, b.text, from_replicas_);
    case Rule::kMaskTimes:
      MaskStreamTimes(a);
      MaskStreamTimes(b);
      return a == b;
    case Rule::kClockId:
      return IsClockId(a) && IsClockId(b);
    case Rule::kSameType:
      return true;
  }
  return false;
}

}  // namespace slotplanner::differential
