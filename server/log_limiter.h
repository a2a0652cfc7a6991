// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace slotplanner {

// Which lines are written to the log when there are too many. Lines of one key
// may come in a burst, then one an interval; what is past that is suppressed
// and counted. Not thread-safe.
class LogLimiter {
 public:
  // Far more than a start or a failover logs of one kind.
  static constexpr int kBurst = 20;
  static constexpr absl::Duration kInterval = absl::Seconds(1);
  // What it remembers is bounded: all keys past these share one limit.
  static constexpr int kMaxKeys = 256;

  // Decides on a line. If it is to be written, how many of its key have been
  // suppressed since the one written before; else nothing. Whoever puts the
  // clock back loses no more than one burst.
  std::optional<int64_t> Admit(std::string_view key, absl::Time now);

  // Lines suppressed so far.
  int64_t suppressed_count() const { return suppressed_count_; }

 private:
  struct Bucket {
    // When it has room for a whole burst again.
    absl::Time full_time = absl::InfinitePast();
    int64_t suppressed = 0;  // Since the last line that was written.
  };

  Bucket& BucketOf(std::string_view key);

  std::map<std::string, Bucket, std::less<>> buckets_;
  Bucket other_keys_;
  int64_t suppressed_count_ = 0;
};

}  // namespace slotplanner
