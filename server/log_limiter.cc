// SPDX-License-Identifier: Apache-2.0
#include "server/log_limiter.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace slotplanner {

std::optional<int64_t> LogLimiter::Admit(std::string_view key, absl::Time now) {
  Bucket& bucket = BucketOf(key);
  const absl::Time latest = now + kBurst * kInterval;  // With no room at all.
  bucket.full_time = std::clamp(bucket.full_time, now, latest);
  if (bucket.full_time + kInterval > latest) {
    ++bucket.suppressed;
    ++suppressed_count_;
    return std::nullopt;
  }
  bucket.full_time += kInterval;
  return std::exchange(bucket.suppressed, 0);
}

LogLimiter::Bucket& LogLimiter::BucketOf(std::string_view key) {
  const auto found = buckets_.find(key);
  if (found != buckets_.end()) return found->second;
  if (buckets_.size() == static_cast<size_t>(kMaxKeys)) return other_keys_;
  return buckets_[std::string(key)];
}

}  // namespace slotplanner
