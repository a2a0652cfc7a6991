// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <random>

namespace slotplanner::differential {

// Random numbers that a seed reproduces, on every platform and compiler. Not
// thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // In [0, limit). Requires: limit > 0. The bias of the remainder is far below
  // what a test could notice.
  size_t Below(size_t limit) { return engine_() % limit; }

  // In [first, last].
  int64_t Between(int64_t first, int64_t last) {
    return first +
           static_cast<int64_t>(Below(static_cast<size_t>(last - first) + 1));
  }

  // True in `percent` of 100 cases.
  bool Percent(size_t percent) { return Below(100) < percent; }

  // One element of a container or an array. Requires: not empty.
  template <typename T>
  const auto& OneOf(const T& values) {
    return values[Below(std::size(values))];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace slotplanner::differential
