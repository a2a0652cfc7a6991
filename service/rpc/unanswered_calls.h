// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/time/time.h"

namespace slotplanner {

// Counts, by connection and second, calls that were begun and not answered: it
// finds connections whose peer begins calls and resets them at once (HTTP/2
// rapid reset, CVE-2023-44487), which no limit on open streams ends.
// Thread-safe.
class UnansweredCalls {
 public:
  // Of one connection within one second. A peer that means no harm has
  // limits.max_calls_per_connection calls open, 1,000 by default: it gets here
  // only when all of them run out of time without one answer five times a
  // second, by deadlines of less than 200 ms. A call that is reset holds about
  // 20 KiB within gRPC 1.51 for a while: these hold 100 MiB.
  static constexpr int kMaxCalls = 5'000;

  // Only one call in so many is to be counted, which is enough to find
  // thousands, and costs the others nothing.
  static constexpr int kSampling = 8;
  static constexpr int kMax = kMaxCalls / kSampling;

  enum class Verdict {
    kFine,
    kReachedMax,  // Once for each connection and second.
    kPastMax,
  };

  // Counts a call. `peer` is the connection, as gRPC names it.
  Verdict Begin(const std::string& peer, absl::Time now);

  // A call that `Begin` has counted was answered, and is counted no more.
  void Answered(const std::string& peer);

 private:
  std::mutex mutex_;
  // Guarded by mutex_, as all below. A call that began before this and is
  // answered later takes another one back: within a second that is as many as
  // a connection has open, and never to less than none.
  absl::Time second_ = absl::InfinitePast();
  std::unordered_map<std::string, int> counts_;
};

}  // namespace slotplanner
