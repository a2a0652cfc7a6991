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
  // may differ from call to call; lower ones end nothing. Requires: bytes >= 0,
  // and less than 1 TiB is held in all.
  std::optional<Refusal> Begin(int64_t bytes, const Limits& limits);

  // Counts more bytes of a call under way, as of its response. Never refused:
  // they exist already. Requires: as for `Begin`.
  void AddBytes(int64_t bytes);

  // Takes away bytes of a call under way, as of a message of its stream that is
  // worked off. Requires: `Begin` or `AddBytes` counted them.
  void RemoveBytes(int64_t bytes);

  // Takes away a call and its bytes: all that `Begin` and `AddBytes` counted.
  // Requires: `Begin` did not refuse it.
  void End(int64_t bytes);

  int64_t calls() const { return CallsOf(Load()); }
  int64_t bytes() const { return BytesOf(Load()); }

 private:
  // A call as it is counted: above all bits that bytes may need.
  static constexpr int64_t kCall = int64_t{1} << 40;

  static int64_t CallsOf(int64_t held) { return held / kCall; }
  static int64_t BytesOf(int64_t held) { return held % kCall; }
  int64_t Load() const { return held_.load(std::memory_order_relaxed); }

  // Calls and bytes in one number, so that both limits are decided on at once.
  // Only counted: it orders no other memory.
  std::atomic<int64_t> held_ = 0;
};

}  // namespace slotplanner
