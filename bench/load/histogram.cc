// SPDX-License-Identifier: Apache-2.0
#include "bench/load/histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>

namespace slotplanner {
namespace {

// Values of the same magnitude, which is the number of bits beyond the eight
// that tell them apart, share 128 buckets; those below 256 have one each.
constexpr int kLeadingBits = 8;
constexpr size_t kBucketsPerMagnitude = size_t{1} << (kLeadingBits - 1);
constexpr size_t kMagnitudes = 63 - kLeadingBits + 1;
constexpr size_t kBuckets = (kMagnitudes + 1) * kBucketsPerMagnitude;

size_t BucketOf(uint64_t value) {
  const int magnitude =
      std::max(static_cast<int>(std::bit_width(value)) - kLeadingBits, 0);
  return static_cast<size_t>(magnitude) * kBucketsPerMagnitude +
         static_cast<size_t>(value >> magnitude);
}

// The smallest value of a bucket.
int64_t ValueOf(size_t bucket) {
  if (bucket < 2 * kBucketsPerMagnitude) return static_cast<int64_t>(bucket);
  const size_t magnitude = bucket / kBucketsPerMagnitude - 1;
  const size_t leading_bits = bucket - magnitude * kBucketsPerMagnitude;
  return static_cast<int64_t>(leading_bits << magnitude);
}

}  // namespace

Histogram::Histogram() : counts_(kBuckets) {}

void Histogram::Record(int64_t nanoseconds) {
  const int64_t value = std::max<int64_t>(nanoseconds, 0);
  ++counts_[BucketOf(static_cast<uint64_t>(value))];
  ++count_;
}

int64_t Histogram::Percentile(double percent) const {
  const auto rank = std::max<int64_t>(
      std::llround(std::ceil(static_cast<double>(count_) * percent / 100)), 1);
  int64_t seen = 0;
  for (size_t bucket = 0; bucket < counts_.size(); ++bucket) {
    seen += counts_[bucket];
    if (seen >= rank) return ValueOf(bucket);
  }
  return 0;
}

}  // namespace slotplanner
