// SPDX-License-Identifier: Apache-2.0
#include "tests/e2e/differential/refusal_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "service/slots/hash_slot.h"

namespace slotplanner::differential {
namespace {

// The commands that docs/api.md says are never planned (rules C9, C10).
constexpr std::string_view kNeverPlanned[] = {
    // They belong to a connection.
    "auth", "client|caching", "client|no-evict", "client|reply",
    "client|setname", "client|tracking", "hello", "monitor", "psubscribe",
    "psync", "punsubscribe", "quit", "replconf", "reset", "ssubscribe",
    "subscribe", "sunsubscribe", "sync", "unsubscribe",
    // The executor sends them.
    "asking", "readonly", "readwrite",
    // A cluster does not have them.
    "move", "replicaof", "slaveof", "swapdb",
    // One node's cursor.
    "scan"};

// Rule B6: whether an argument of SORT may be a pattern that stands for keys.
bool HasSortPattern(const CommandInfo& info, const Command& command) {
  if (info.name != "sort" && info.name != "sort_ro") return false;
  return std::any_of(command.begin(), command.end(), [](const auto& arg) {
    return absl::EqualsIgnoreCase(arg, "by") ||
           absl::EqualsIgnoreCase(arg, "get");
  });
}

}  // namespace

std::vector<size_t> Transaction::Members() const {
  std::vector<size_t> members = watches;
  members.push_back(multi);
  members.insert(members.end(), inside.begin(), inside.end());
  if (is_closed) members.push_back(members.back() + 1);
  return members;
}

std::vector<Transaction> FindTransactions(const CommandCatalog& catalog,
                                          const std::vector<Command>& batch) {
  std::vector<Transaction> transactions;
  std::vector<size_t> watches;
  bool is_open = false;
  for (size_t i = 0; i < batch.size(); ++i) {
    const CommandInfo* info = InfoOf(catalog, batch[i]);
    const std::string name = info == nullptr ? "" : info->name;
    if (is_open && (name == "exec" || name == "discard")) {
      transactions.back().is_closed = true;
      is_open = false;
    } else if (is_open) {
      transactions.back().inside.push_back(i);
    } else if (name == "multi") {
      transactions.push_back(
          {.watches = std::exchange(watches, {}), .multi = i});
      is_open = true;
    } else if (name == "watch") {
      watches.push_back(i);
    } else if (name == "unwatch") {
      watches.clear();
    }
  }
  return transactions;
}

bool IsForBadCommand(v1::RefusalReason reason) {
  return reason == v1::REFUSAL_REASON_UNKNOWN_COMMAND ||
         reason == v1::REFUSAL_REASON_WRONG_ARITY ||
         reason == v1::REFUSAL_REASON_SYNTAX;
}

absl::StatusOr<bool> RefusalCheck::IsRight(const Command& command,
                                           const v1::Refusal& refusal) {
  switch (refusal.reason()) {
    case v1::REFUSAL_REASON_CROSS_SLOT:
    case v1::REFUSAL_REASON_SPLIT_FORBIDDEN: {
      const auto routing = RoutingOf(command);
      if (!routing.ok()) return routing.status();
      if (routing->crosses_slots ||
          HasSortPattern(*InfoOf(catalog_, command), command)) {
        return true;
      }
      return HasKeysInSeveralSlots(command);
    }
    case v1::REFUSAL_REASON_NOT_PLANNABLE:
      return IsNeverPlanned(command);
    default:
      return IsForBadCommand(refusal.reason());
  }
}

absl::StatusOr<bool> RefusalCheck::IsRight(const std::vector<Command>& batch,
                                           const Transaction& transaction) {
  if (!transaction.is_closed) return true;
  std::set<int> slots;
  for (const size_t i : transaction.watches) {
    const auto routing = RoutingOf(batch[i]);
    if (!routing.ok()) return routing.status();
    if (routing->slot) slots.insert(*routing->slot);
  }
  for (const size_t i : transaction.inside) {
    const CommandInfo* info = InfoOf(catalog_, batch[i]);
    if (info == nullptr || info->name == "multi" || info->name == "watch" ||
        info->request_policy == RequestPolicy::kAllShards ||
        info->request_policy == RequestPolicy::kAllNodes ||
        IsNeverPlanned(batch[i]) || HasSortPattern(*info, batch[i])) {
      return true;
    }
    const auto routing = RoutingOf(batch[i]);
    if (!routing.ok()) return routing.status();
    if (routing->crosses_slots) return true;
    const auto several = HasKeysInSeveralSlots(batch[i]);
    if (!several.ok() || *several) return several;
    if (routing->slot) slots.insert(*routing->slot);
  }
  if (slots.size() > 1) return true;
  for (const size_t i : transaction.inside) {
    const auto reply = scratch_.Call(batch[i]);
    if (!reply.ok()) return reply.status();
    if (reply->is_error()) return true;
  }
  return false;
}

// Nodes route a command before they queue it, so it is never executed. At most
// one of two primaries owns its slot; another one names the slot.
absl::StatusOr<Routing> RefusalCheck::RoutingOf(const Command& command) {
  Routing routing;
  for (RedisSession& node : nodes_) {
    const auto replies = node.CallAll({{"MULTI"}, command, {"DISCARD"}});
    if (!replies.ok()) return replies.status();
    const std::vector<std::string> words =
        absl::StrSplit((*replies)[1].text, ' ');
    int slot = 0;
    if (words[0] == "CROSSSLOT") {
      routing.crosses_slots = true;
    } else if (words[0] == "MOVED" && absl::SimpleAtoi(words[1], &slot)) {
      routing.slot = slot;
    }
  }
  return routing;
}

// By the key specifications. Where a command is wrong they may find keys that
// the code which routes does not look for; then either refusal is as good.
absl::StatusOr<bool> RefusalCheck::HasKeysInSeveralSlots(
    const Command& command) {
  Command question = {"COMMAND", "GETKEYS"};
  question.insert(question.end(), command.begin(), command.end());
  const auto keys = scratch_.Call(question);
  if (!keys.ok()) return keys.status();
  std::set<HashSlot> slots;
  for (const RespValue& key : keys->elements) {
    slots.insert(HashSlot::OfKey(key.text));
  }
  return slots.size() > 1;
}

bool RefusalCheck::IsNeverPlanned(const Command& command) const {
  const CommandInfo* info = InfoOf(catalog_, command);
  if (info == nullptr) return false;
  if (info->name == "select") return command.size() == 2 && command[1] != "0";
  if (info->name == "copy") {
    return std::any_of(command.begin(), command.end(), [](const auto& arg) {
      return absl::EqualsIgnoreCase(arg, "db");
    });
  }
  return std::find(std::begin(kNeverPlanned), std::end(kNeverPlanned),
                   info->name) != std::end(kNeverPlanned);
}

}  // namespace slotplanner::differential
