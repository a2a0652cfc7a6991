// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/unanswered_calls.h"

namespace slotplanner {

UnansweredCalls::Verdict UnansweredCalls::Begin(const std::string& peer,
                                                absl::Time now) {
  const std::lock_guard lock(mutex_);
  // Also when the clock was set back.
  if (now < second_ || now - second_ >= absl::Seconds(1)) {
    counts_.clear();
    second_ = now;
  }
  const int count = ++counts_[peer];
  if (count == kMax) return Verdict::kReachedMax;
  return count < kMax ? Verdict::kFine : Verdict::kPastMax;
}

void UnansweredCalls::Answered(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  const auto found = counts_.find(peer);
  // One that has reached the maximum stays there: it is told of once.
  if (found == counts_.end() || found->second >= kMax) return;
  if (found->second > 0) --found->second;
}

}  // namespace slotplanner
