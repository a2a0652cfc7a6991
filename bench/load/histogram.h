// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

namespace slotplanner {

// How often each duration was seen, in memory that does not grow with their
// number. A value is kept to within 1/128 of itself, as HdrHistogram does with
// two decimal digits. Not thread-safe.
class Histogram {
 public:
  Histogram();

  // Negative values count as 0.
  void Record(int64_t nanoseconds);

  // How many values were recorded.
  int64_t count() const { return count_; }

  // The smallest value that is not below `percent` per cent of all values, to
  // within 1/128; 0 when there are none. `percent` is in (0, 100].
  int64_t Percentile(double percent) const;

 private:
  std::vector<int64_t> counts_;
  int64_t count_ = 0;
};

}  // namespace slotplanner
