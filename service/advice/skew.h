// SPDX-License-Identifier: Apache-2.0
// Whether loads are more uneven than chance makes them. Pure.
#pragma once

#include <cstdint>
#include <span>

namespace slotplanner {

// How unevenly things are spread over bins (slots, shards), against a uniform
// hash. Each bin's load is measured by what its share of all would be: 1 is
// even.
struct Skew {
  // The largest of these; 0 without loads.
  double max_over_mean = 0;
  // Their standard deviation, in which bins count by their shares; 0 without
  // loads.
  double coefficient_of_variation = 0;
  // What a uniform hash would give: the median of the largest, with the bins
  // taken as independent (for two or three bins, the excess over 1 is up to a
  // seventh too large).
  double uniform_max_over_mean = 0;
  // The root of the mean of the squares of what a uniform hash would give:
  // sqrt((n - 1) / N) for n bins and N things.
  double uniform_coefficient_of_variation = 0;
  // How unlikely so wide a spread is for a uniform hash, as the number of
  // standard deviations that a normal variable exceeds as seldom.
  double deviations = 0;
  // Whether these are more than 5: 1 in 3,500,000.
  bool is_skewed = false;

  friend bool operator==(const Skew&, const Skew&) = default;
};

// How much room for chance there is.
struct ChanceCount {
  // How many things of equal weight the loads are worth. If all weigh 1 their
  // number, else see `KeyCounts::EffectiveCount`.
  double effective_count;
  // The square of the largest weight, as a share of the sum of all squares; in
  // [0, 1]. Few heavy things that meet by chance make a difference that many
  // light ones would not. 0: all weigh the same.
  double heaviest_share = 0;
};

// The skew of `loads`.
//
// `shares`, parallel to `loads`, are the probabilities of the bins, adding up
// to 1; those of 0 are left out. Empty: all alike.
//
// `deviations` come from chi-square, whose distribution is taken as the gamma
// distribution, shifted, that has its first three moments for so many things
// and such shares (J. B. S. Haldane, "The Exact Value of the Moments of the
// Distribution of Chi-square", 1937). For many things that is the usual
// chi-square distribution; for few, nearly that of a Poisson number of pairs
// that meet in a bin. With weights, what pairs add is bounded by the heaviest
// one, so deviations are too low rather than too high.
//
// O(n log n). Requires: no negative numbers.
Skew SkewOf(std::span<const int64_t> loads, std::span<const double> shares,
            const ChanceCount& chance);

}  // namespace slotplanner
