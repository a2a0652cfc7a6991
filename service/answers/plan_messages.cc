// SPDX-License-Identifier: Apache-2.0
#include "service/answers/plan_messages.h"

namespace slotplanner {
namespace {

// The plan ring's enums have the numbers of the API, so that a cast translates
// them; the ends of each are held together here.
static_assert(static_cast<int>(Verdict::kSingleSlot) ==
              v1::VERDICT_SINGLE_SLOT);
static_assert(static_cast<int>(Verdict::kRefused) == v1::Verdict_MAX);
static_assert(static_cast<int>(MergeOperation::kSingle) ==
              v1::MERGE_OPERATION_SINGLE);
static_assert(static_cast<int>(MergeOperation::kFirstNotNil) ==
              v1::MergeOperation_MAX);
static_assert(static_cast<int>(Guarantee::kAllOrNothing) == v1::Guarantee_MAX);
static_assert(static_cast<int>(RetrySafety::kUnsafe) == v1::RetrySafety_MAX);
static_assert(static_cast<int>(RefusalReason::kSlotUnassigned) ==
              v1::RefusalReason_MAX);
static_assert(static_cast<int>(RemedyKind::kPerNode) == v1::RemedyKind_MAX);
static_assert(static_cast<int>(SplitPolicy::kEmulate) == v1::SplitPolicy_MAX);

}  // namespace

ReadPreference FromMessage(v1::ReadPreference preference) {
  switch (preference) {
    case v1::READ_PREFERENCE_REPLICA:
      return ReadPreference::kReplica;
    case v1::READ_PREFERENCE_NEAREST:
      return ReadPreference::kNearest;
    default:
      return ReadPreference::kPrimary;
  }
}

SplitPolicy FromMessage(v1::SplitPolicy policy) {
  return policy == v1::SPLIT_POLICY_UNSPECIFIED
             ? SplitPolicy::kSplit
             : static_cast<SplitPolicy>(policy);
}

void FillKeys(const std::vector<KeyLocation>& keys,
              google::protobuf::RepeatedPtrField<v1::KeyLocation>& messages) {
  for (const KeyLocation& key : keys) {
    v1::KeyLocation& message = *messages.Add();
    message.set_arg_index(key.arg_index);
    message.set_slot(key.slot.value());
  }
}

void FillRemedies(const std::vector<Remedy>& remedies,
                  google::protobuf::RepeatedPtrField<v1::Remedy>& messages) {
  for (const Remedy& remedy : remedies) {
    v1::Remedy& message = *messages.Add();
    message.set_kind(static_cast<v1::RemedyKind>(remedy.kind));
    message.set_description(remedy.description);
  }
}

void FillRefusal(const Refusal& refusal, v1::Refusal& message) {
  message.set_reason(static_cast<v1::RefusalReason>(refusal.reason));
  message.set_message(refusal.message);
  FillKeys(refusal.keys, *message.mutable_keys());
  FillRemedies(refusal.remedies, *message.mutable_remedies());
}

}  // namespace slotplanner
