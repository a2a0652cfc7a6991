// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

namespace slotplanner {

// Counts the calls under way and the bytes of requests and responses that they
// hold, and says when there is no room for another. Thread-safe; without locks,
// for it is asked at every call.
class CallBudget {
 public:
  enum class Refusal { kConcurrentCalls, kMemory };

  struct Limits {
    int max_calls;
    int64_t max_bytes;
  };

  // Counts a call whose request has `bytes`, unless it is refused: because
  // `max_calls` are under way, or because the bytes held would become more than
  // `max_bytes`. While no bytes are held at all, a request is admitted whatever
  // its size: else one larger than the quota could never be answered. Limits
  // may differ from call to call; lower ones end nothing. A call that is being
  // refused for its bytes may take, for that moment, the last place of another.
  // Requires: bytes >= 0.
  std::optional<Refusal> Begin(int64_t bytes, const Limits& limits);

  // Counts more bytes of a call under way, as of its response. Never refused:
  // they exist already. Requires: bytes >= 0.
  void AddBytes(int64_t bytes);

  // Takes away a call and its bytes: all that `Begin` and `AddBytes` counted.
  // Requires: `Begin` did not refuse it.
  void End(int64_t bytes);

  int64_t calls() const { return calls_.load(std::memory_order_relaxed); }
  int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // Only counts: no other memory is ordered by them.
  std::atomic<int64_t> calls_ = 0;
  std::atomic<int64_t> bytes_ = 0;
};

}  // namespace slotplanner
