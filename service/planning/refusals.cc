// SPDX-License-Identifier: Apache-2.0
#include "service/planning/refusals.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace slotplanner {
namespace {

// More slots than this in one sentence help nobody; all are in Refusal.keys.
constexpr size_t kSlotsInMessage = 8;

std::string SlotList(std::vector<HashSlot> slots) {
  std::sort(slots.begin(), slots.end());
  slots.erase(std::unique(slots.begin(), slots.end()), slots.end());
  std::string list = absl::StrCat(slots.size(), " different slots (");
  for (size_t i = 0; i < std::min(slots.size(), kSlotsInMessage); ++i) {
    absl::StrAppend(&list, i == 0 ? "" : ", ", slots[i].value());
  }
  if (slots.size() > kSlotsInMessage) absl::StrAppend(&list, ", ...");
  return list + ")";
}

std::string SlotList(const std::vector<KeyLocation>& keys) {
  std::vector<HashSlot> slots;
  slots.reserve(keys.size());
  for (const KeyLocation& key : keys) slots.push_back(key.slot);
  return SlotList(std::move(slots));
}

Remedy HashTagRemedy() {
  return {RemedyKind::kHashTag,
          "Give the keys one hash tag: the same text in braces, as in "
          "{user1}:name and {user1}:mail; only that text is hashed, so they "
          "share a slot."};
}

Remedy HashFieldsRemedy() {
  return {RemedyKind::kHashFields,
          "Keep the values as fields of one hash (HSET, HMGET) instead of in "
          "several keys."};
}

RefusalReason ReasonOf(CommandError::Kind kind) {
  switch (kind) {
    case CommandError::Kind::kUnknownCommand:
      return RefusalReason::kUnknownCommand;
    case CommandError::Kind::kWrongArity:
      return RefusalReason::kWrongArity;
    case CommandError::Kind::kSyntax:
      return RefusalReason::kSyntax;
    case CommandError::Kind::kUnknownKeys:
      return RefusalReason::kNotPlannable;
  }
  return RefusalReason::kSyntax;
}

}  // namespace

std::string DisplayName(const CommandInfo& info) {
  std::string name = absl::AsciiStrToUpper(info.name);
  std::replace(name.begin(), name.end(), '|', ' ');
  return name;
}

Refusal RefuseBadCommand(CommandError error) {
  return {ReasonOf(error.kind), std::move(error.message)};
}

Refusal RefuseUnplannable(Unplannable why, std::vector<KeyLocation> keys) {
  return {RefusalReason::kNotPlannable, std::move(why.message), std::move(keys),
          std::move(why.remedies)};
}

Refusal RefuseCrossSlot(const CommandInfo& info,
                        std::vector<KeyLocation> keys) {
  Refusal refusal{RefusalReason::kCrossSlot,
                  absl::StrCat(DisplayName(info),
                               " works only on keys in one hash slot; "
                               "its ",
                               keys.size(), " keys are in ", SlotList(keys),
                               ". Give them one hash tag.")};
  refusal.remedies.push_back(HashTagRemedy());
  if (CanBeReadKeyByKey(info)) {
    refusal.remedies.push_back(
        {RemedyKind::kPipeline,
         "Read each key with a command of its own, in one batch, and combine "
         "the replies in the caller; they then show several moments."});
  }
  if (HoldsPlainValues(info)) refusal.remedies.push_back(HashFieldsRemedy());
  refusal.keys = std::move(keys);
  return refusal;
}

Refusal RefusePattern(const CommandInfo& info, std::vector<KeyLocation> keys) {
  return {RefusalReason::kCrossSlot,
          absl::StrCat("A BY or GET pattern of ", DisplayName(info),
                       " names keys outside the slot of the key it sorts. Put "
                       "the hash tag of that key into the pattern, before its "
                       "first wildcard."),
          std::move(keys),
          {HashTagRemedy(),
           {RemedyKind::kPipeline,
            "Read the elements, then the keys that they name with one MGET, "
            "and sort in the caller."}}};
}

Refusal RefuseSplit(const CommandInfo& info, std::vector<KeyLocation> keys) {
  Refusal refusal{
      RefusalReason::kSplitForbidden,
      absl::StrCat("The ", keys.size(), " keys of ", DisplayName(info),
                   " are in ", SlotList(keys),
                   ", and the split policy of the request wants it as a whole. "
                   "Give them one hash tag, or allow the split.")};
  refusal.remedies = {
      HashTagRemedy(),
      {RemedyKind::kPipeline,
       "Send one command for each key, in one batch, where they need not take "
       "effect together."}};
  if (HoldsPlainValues(info)) refusal.remedies.push_back(HashFieldsRemedy());
  refusal.remedies.push_back(
      {RemedyKind::kSplitPolicy,
       "Plan it with SPLIT_POLICY_SPLIT: one part for each slot, without "
       "atomicity over the parts."});
  refusal.keys = std::move(keys);
  return refusal;
}

Refusal RefuseUnassigned(std::vector<KeyLocation> keys) {
  return {RefusalReason::kSlotUnassigned,
          absl::StrCat("No node of the cluster serves ",
                       keys.size() == 1 ? "the slot of this key"
                                        : "the slots of these keys",
                       "; `redis-cli --cluster check` shows what is missing."),
          std::move(keys)};
}

Refusal RefuseTransaction(std::vector<HashSlot> slots) {
  return {RefusalReason::kCrossSlotTransaction,
          absl::StrCat("All keys of a transaction, those of WATCH included, "
                       "must be in one hash slot; these are in ",
                       SlotList(std::move(slots)), ". Give them one hash tag."),
          {},
          {HashTagRemedy(),
           {RemedyKind::kPipeline,
            "Send the commands without MULTI and EXEC, where they need not "
            "take effect together."}}};
}

Refusal RefuseWithTransaction(RefusalReason reason, int culprit) {
  return {reason, absl::StrCat("The transaction of this command is refused "
                               "because of its command at index ",
                               culprit, ".")};
}

Refusal RefuseUnclosedTransaction() {
  return {RefusalReason::kSyntax,
          "The transaction that MULTI opens has no EXEC in this batch."};
}

Refusal RefuseNestedTransaction() {
  return {RefusalReason::kSyntax,
          "MULTI and WATCH cannot stand inside a transaction."};
}

Refusal RefuseExecWithoutMulti() {
  return {RefusalReason::kSyntax,
          "EXEC and DISCARD need a MULTI before them in the same batch."};
}

Refusal RefuseFanOutInTransaction(const CommandInfo& info) {
  return {RefusalReason::kNotPlannable,
          absl::StrCat(DisplayName(info),
                       " concerns several nodes and cannot be part of a "
                       "transaction, which runs on one."),
          {},
          {{RemedyKind::kPipeline,
            "Send it before MULTI or after EXEC in the same batch."}}};
}

}  // namespace slotplanner
