// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_budget.h"

#include <cassert>

namespace slotplanner {

std::optional<CallBudget::Refusal> CallBudget::Begin(int64_t bytes,
                                                     const Limits& limits) {
  assert(bytes >= 0 && bytes < kCall);
  // Compared and exchanged, not added and taken back: what is refused takes no
  // room from others, not even for a moment.
  int64_t held = Load();
  do {
    if (CallsOf(held) >= limits.max_calls) return Refusal::kConcurrentCalls;
    const int64_t held_bytes = BytesOf(held);
    if (held_bytes > 0 && bytes > limits.max_bytes - held_bytes) {
      return Refusal::kMemory;
    }
  } while (!held_.compare_exchange_weak(held, held + kCall + bytes,
                                        std::memory_order_relaxed));
  return std::nullopt;
}

void CallBudget::AddBytes(int64_t bytes) {
  assert(bytes >= 0 && bytes < kCall);
  held_.fetch_add(bytes, std::memory_order_relaxed);
}

void CallBudget::RemoveBytes(int64_t bytes) {
  [[maybe_unused]] const int64_t held =
      held_.fetch_sub(bytes, std::memory_order_relaxed);
  assert(BytesOf(held) >= bytes);
}

void CallBudget::End(int64_t bytes) {
  [[maybe_unused]] const int64_t held =
      held_.fetch_sub(kCall + bytes, std::memory_order_relaxed);
  assert(CallsOf(held) > 0 && BytesOf(held) >= bytes);
}

}  // namespace slotplanner
