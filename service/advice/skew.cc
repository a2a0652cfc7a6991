// SPDX-License-Identifier: Apache-2.0
#include "service/advice/skew.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>

#include "service/advice/distributions.h"

namespace slotplanner {
namespace {

// 1 in 3,500,000 by chance.
constexpr double kMaxChanceDeviations = 5;

// How many bins have each share. Shares that are numbers of slots are at most
// 181 different ones: so many add up to more than 16384.
using BinsByShare = std::map<double, double>;

BinsByShare GroupByShare(std::span<const double> shares, size_t bins) {
  if (shares.empty()) {
    return {{1 / static_cast<double>(bins), static_cast<double>(bins)}};
  }
  BinsByShare groups;
  for (const double share : shares) {
    if (share > 0) ++groups[share];
  }
  return groups;
}

double BinCount(const BinsByShare& groups) {
  double bins = 0;
  for (const auto& [share, count] : groups) bins += count;
  return bins;
}

// What the loads are, measured by their shares.
void Measure(std::span<const int64_t> loads, std::span<const double> shares,
             double sum, Skew& skew) {
  const double even = 1 / static_cast<double>(loads.size());
  double variance = 0;
  for (size_t i = 0; i < loads.size(); ++i) {
    const double share = shares.empty() ? even : shares[i];
    if (share <= 0) continue;
    const double over_mean = static_cast<double>(loads[i]) / sum / share;
    skew.max_over_mean = std::max(skew.max_over_mean, over_mean);
    variance += share * (over_mean - 1) * (over_mean - 1);
  }
  skew.coefficient_of_variation = std::sqrt(variance);
}

// The median of the largest of independent Poisson numbers, each measured by
// its mean.
double UniformMaxOverMean(const BinsByShare& groups, double count) {
  if (BinCount(groups) <= 1) return 1;  // It has everything.
  const auto is_at_most = [&groups, count](double over_mean) {
    double log_probability = 0;
    for (const auto& [share, bins] : groups) {
      const double mean = share * count;
      log_probability += bins * std::log(PoissonAtMost(mean, mean * over_mean));
    }
    return log_probability >= std::log(0.5);
  };
  double low = 1;  // The largest is never below the mean.
  if (is_at_most(low)) return low;
  double high = 2;
  for (; !is_at_most(high); high *= 2) low = high;
  constexpr double kPrecision = 1e-9;
  while (high - low > high * kPrecision) {
    const double middle = (low + high) / 2;
    (is_at_most(middle) ? high : low) = middle;
  }
  return high;
}

// The moments of chi-square about its mean, n - 1 for n bins.
struct Moments {
  double second;
  double third;
};

// Without weights these are exact. With weights w, of which w1 is the largest
// and S2, S4, ... are the sums of their powers, they are bounds: things that
// meet in pairs add w w' at most w1 sqrt(S2 - w1^2) and w1^2, and S4 is w1^4 at
// least and w1^2 S2 at most.
Moments MomentsOf(const BinsByShare& groups, const ChanceCount& chance) {
  const double n = BinCount(groups);
  const double count = chance.effective_count;
  double inverses = 0;
  double squared_inverses = 0;
  for (const auto& [share, bins] : groups) {
    inverses += bins / share;
    squared_inverses += bins / share / share;
  }
  // Of bins that are not alike; 0 if they are.
  const double unlike = inverses - n * n;
  const double unlike_third =
      squared_inverses - 3 * n * inverses + 2 * n * n * n;
  const double heaviest = chance.heaviest_share;
  const double in_pairs =
      std::min((count - 1) / count, 1 - heaviest * heaviest);
  const double pair =
      std::max(std::min(heaviest, std::sqrt(heaviest * (1 - heaviest))),
               heaviest > 0 ? 0 : 1 / count);
  const double single = std::max(heaviest, 1 / count);
  const double in_threes =
      std::max(0.0, (count - 1) * (count - 2) / (count * count));
  return {.second = 2 * (n - 1) * in_pairs + unlike * single,
          .third = (4 * (n - 1) * (n - 2) + 22 * unlike) * in_pairs * pair +
                   8 * (n - 1) * in_threes + unlike_third * single * single};
}

double Deviations(const BinsByShare& groups, const ChanceCount& chance,
                  double chi_square) {
  const double n = BinCount(groups);
  // With one bin or one thing there is only one way.
  if (n <= 1 || chance.effective_count <= 1) return 0;
  const auto [second, third] = MomentsOf(groups, chance);
  // Less than any difference that one thing makes.
  constexpr double kNothing = 1e-9;
  if (second <= kNothing) return 0;
  const double off = (chi_square - (n - 1)) / std::sqrt(second);
  if (third <= kNothing) return off;
  const double shape = 4 * second * second * second / (third * third);
  return NormalDeviationsOf(
      LogGammaTail(shape, shape + off * std::sqrt(shape)));
}

}  // namespace

Skew SkewOf(std::span<const int64_t> loads, std::span<const double> shares,
            const ChanceCount& chance) {
  const double count = chance.effective_count;
  Skew skew;
  double sum = 0;
  for (const int64_t load : loads) sum += static_cast<double>(load);
  if (sum <= 0 || count <= 0) return skew;
  const BinsByShare groups = GroupByShare(shares, loads.size());
  Measure(loads, shares, sum, skew);
  skew.uniform_max_over_mean = UniformMaxOverMean(groups, count);
  skew.uniform_coefficient_of_variation =
      std::sqrt((BinCount(groups) - 1) / count);
  const double chi_square =
      count * skew.coefficient_of_variation * skew.coefficient_of_variation;
  skew.deviations = Deviations(groups, chance, chi_square);
  skew.is_skewed = skew.deviations > kMaxChanceDeviations;
  return skew;
}

}  // namespace slotplanner
