// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/call_budget.h"

#include <cassert>

namespace slotplanner {
namespace {

// Adds to `count` unless `has_room(count)` is false. Compared and exchanged,
// not added and taken back: so a sum is never past its limit, and what is
// refused takes no room from others.
template <typename HasRoom>
bool AddIfRoom(std::atomic<int64_t>& count, int64_t amount, HasRoom has_room) {
  int64_t held = count.load(std::memory_order_relaxed);
  do {
    if (!has_room(held)) return false;
  } while (!count.compare_exchange_weak(held, held + amount,
                                        std::memory_order_relaxed));
  return true;
}

}  // namespace

std::optional<CallBudget::Refusal> CallBudget::Begin(int64_t bytes,
                                                     const Limits& limits) {
  assert(bytes >= 0);
  const auto has_room_for_call = [&limits](int64_t held) {
    return held < limits.max_calls;
  };
  // Without the sum, which may be more than fits.
  const auto has_room_for_bytes = [&limits, bytes](int64_t held) {
    return held == 0 || bytes <= limits.max_bytes - held;
  };
  if (!AddIfRoom(calls_, 1, has_room_for_call)) {
    return Refusal::kConcurrentCalls;
  }
  if (!AddIfRoom(bytes_, bytes, has_room_for_bytes)) {
    calls_.fetch_sub(1, std::memory_order_relaxed);
    return Refusal::kMemory;
  }
  return std::nullopt;
}

void CallBudget::AddBytes(int64_t bytes) {
  assert(bytes >= 0);
  bytes_.fetch_add(bytes, std::memory_order_relaxed);
}

void CallBudget::End(int64_t bytes) {
  [[maybe_unused]] const int64_t held =
      bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  assert(held >= bytes);
  [[maybe_unused]] const int64_t calls =
      calls_.fetch_sub(1, std::memory_order_relaxed);
  assert(calls > 0);
}

}  // namespace slotplanner
