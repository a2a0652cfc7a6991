// SPDX-License-Identifier: Apache-2.0
#include "service/advice/skew.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

constexpr size_t kSlots = 16384;

// The skew of bins with these keys.
Skew SkewOfKeys(const std::vector<int64_t>& keys,
                const std::vector<double>& shares = {}) {
  double sum = 0;
  for (const int64_t count : keys) sum += static_cast<double>(count);
  return SkewOf(keys, shares, {.effective_count = sum});
}

// By chance, `count` keys in `bins` bins.
std::vector<int64_t> Uniform(size_t bins, int64_t count,
                             std::mt19937_64& random) {
  std::vector<int64_t> keys(bins);
  for (int64_t i = 0; i < count; ++i) ++keys[random() % bins];
  return keys;
}

TEST(SkewTest, OfNothingIsNothing) {
  EXPECT_EQ(SkewOfKeys({}), Skew{});
  EXPECT_EQ(SkewOfKeys({0, 0, 0}), Skew{});
  EXPECT_EQ(SkewOfKeys({0, 0}, {0.0, 1.0}), Skew{});
}

TEST(SkewTest, OfOneBinIsNone) {
  const Skew skew = SkewOfKeys({7});
  EXPECT_EQ(skew.max_over_mean, 1);
  EXPECT_EQ(skew.coefficient_of_variation, 0);
  EXPECT_EQ(skew.uniform_max_over_mean, 1);
  EXPECT_EQ(skew.uniform_coefficient_of_variation, 0);
  EXPECT_EQ(skew.deviations, 0);
  EXPECT_FALSE(skew.is_skewed);
}

TEST(SkewTest, MeasuresLoads) {
  const Skew skew = SkewOfKeys({20, 10, 10, 0});
  EXPECT_DOUBLE_EQ(skew.max_over_mean, 2);
  EXPECT_DOUBLE_EQ(skew.coefficient_of_variation, std::sqrt(0.5));
  EXPECT_DOUBLE_EQ(skew.uniform_coefficient_of_variation, std::sqrt(3.0 / 40));
}

TEST(SkewTest, MeasuresByShares) {
  const Skew even = SkewOfKeys({60, 30, 10, 0}, {0.6, 0.3, 0.1, 0});
  EXPECT_DOUBLE_EQ(even.max_over_mean, 1);
  EXPECT_NEAR(even.coefficient_of_variation, 0, 1e-12);
  EXPECT_DOUBLE_EQ(even.uniform_coefficient_of_variation, std::sqrt(2.0 / 100));
  const Skew skew = SkewOfKeys({60, 20, 20}, {0.6, 0.3, 0.1});
  EXPECT_DOUBLE_EQ(skew.max_over_mean, 2);
  EXPECT_DOUBLE_EQ(skew.coefficient_of_variation, std::sqrt(0.3 / 9 + 0.1 * 1));
}

// Each by adding up the terms of the Poisson distribution by hand: the smallest
// m with P(X <= m)^n >= 1/2.
TEST(SkewTest, KnowsTheLargestOfAUniformHash) {
  struct Case {
    size_t bins;
    int64_t keys;
    double median;
  };
  for (const Case& known : {Case{kSlots, 1, 1}, Case{kSlots, 100, 1},
                            Case{kSlots, 1000, 2}, Case{kSlots, 16384, 7},
                            Case{kSlots, 1'000'000, 94}, Case{6, 6000, 1039}}) {
    std::vector<int64_t> keys(known.bins);
    keys[0] = known.keys;
    const double mean =
        static_cast<double>(known.keys) / static_cast<double>(known.bins);
    EXPECT_NEAR(SkewOfKeys(keys).uniform_max_over_mean, known.median / mean,
                1e-6 * known.median / mean);
  }
}

TEST(SkewTest, KnowsTheLargestOfAUniformHashAsItComes) {
  std::mt19937_64 random(RandomSeed());
  struct Case {
    size_t bins;
    int64_t keys;
    double tolerance;  // Of the excess over 1.
  };
  for (const Case& tried :
       {Case{3, 3000, 0.3}, Case{10, 10'000, 0.25}, Case{100, 5000, 0.2}}) {
    constexpr int kRuns = 400;
    const double median = SkewOfKeys(Uniform(tried.bins, tried.keys, random))
                              .uniform_max_over_mean;
    const double slack = (median - 1) * tried.tolerance;
    int below = 0;
    int above = 0;
    for (int run = 0; run < kRuns; ++run) {
      const double largest =
          SkewOfKeys(Uniform(tried.bins, tried.keys, random)).max_over_mean;
      below += largest < median - slack ? 1 : 0;
      above += largest > median + slack ? 1 : 0;
    }
    // Of 400 runs, half and six standard deviations are 260.
    EXPECT_LT(below, 260) << tried.bins;
    EXPECT_LT(above, 260) << tried.bins;
  }
}

// With two bins, chi-square is the square of a normal variable: 25 is as
// unlikely as to be off by 5 deviations to either side, 1 in 1,744,278, which
// is 4.864 to one side.
TEST(SkewTest, TellsHowUnlikelyASpreadIs) {
  EXPECT_NEAR(SkewOfKeys({500'000 + 2500, 500'000 - 2500}).deviations, 4.864,
              0.001);
  // Of 11 bins, chi-square has 10 degrees of freedom: more than 18.307 comes 1
  // time in 20, which is 1.6449 deviations.
  std::vector<int64_t> keys(11, 1'000'000);
  const auto off = static_cast<int64_t>(std::sqrt(1e6 * 18.307 / 10));
  for (size_t i = 1; i < keys.size(); ++i) keys[i] += i % 2 == 0 ? off : -off;
  EXPECT_NEAR(SkewOfKeys(keys).deviations, 1.6449, 0.01);
  keys.assign(11, 1'000'000);
  EXPECT_LT(SkewOfKeys(keys).deviations, -5);
}

TEST(SkewTest, TakesFewKeysForWhatTheyAre) {
  // Two keys of 16384 slots in one slot: 1 in 16384 is no proof.
  std::vector<int64_t> keys(kSlots);
  keys[5] = 2;
  EXPECT_FALSE(SkewOfKeys(keys).is_skewed);
  // Four are: 1 in 16384^3.
  keys[5] = 4;
  EXPECT_TRUE(SkewOfKeys(keys).is_skewed);
  // Three of fifteen: 1 in 590,000.
  keys.assign(kSlots, 0);
  for (size_t i = 0; i < 12; ++i) keys[i] = 1;
  keys[5000] = 3;
  EXPECT_FALSE(SkewOfKeys(keys).is_skewed);
  // In 1,000 keys 30 pairs are expected, and 90 are much.
  keys.assign(kSlots, 0);
  for (size_t i = 0; i < 820; ++i) keys[i] = 1;
  for (size_t i = 1000; i < 1090; ++i) keys[i] = 2;
  EXPECT_TRUE(SkewOfKeys(keys).is_skewed);
}

TEST(SkewTest, TakesOneHeavyThingForWhatItIs) {
  // One key has half of all weight: that is no fault of the hash.
  std::vector<int64_t> weights(kSlots, 1);
  weights[3] += 16384;
  constexpr double kSum = 2 * 16384.0;
  constexpr double kSquares = 16384.0 + 16384.0 * 16384.0;
  const Skew skew = SkewOf(weights, {},
                           {.effective_count = kSum * kSum / kSquares,
                            .heaviest_share = 16384.0 * 16384 / kSquares});
  EXPECT_GT(skew.max_over_mean, 8000);
  EXPECT_FALSE(skew.is_skewed);
}

// The chance to be called skewed is 1 in 3,500,000 for each experiment of these
// three tests, so that two in one test come once in millions of runs.
TEST(SkewTest, DoesNotCallChanceSkewed) {
  std::mt19937_64 random(RandomSeed());
  std::uniform_real_distribution<double> exponent(0, 5);
  constexpr int kRuns = 2000;
  int skewed = 0;
  int above_three = 0;
  for (int run = 0; run < kRuns; ++run) {
    const size_t bins[] = {2, 3, 6, 30, 500, kSlots};
    const size_t n = bins[random() % std::size(bins)];
    const auto count = static_cast<int64_t>(std::pow(10, exponent(random)));
    const Skew skew = SkewOfKeys(Uniform(n, count, random));
    skewed += skew.is_skewed ? 1 : 0;
    above_three += skew.deviations > 3 ? 1 : 0;
  }
  EXPECT_LE(skewed, 1);
  // Expected are 2.7.
  EXPECT_LT(above_three, 2.7 + 9 * std::sqrt(2.7));
}

TEST(SkewTest, DoesNotCallUnequalSharesSkewed) {
  std::mt19937_64 random(RandomSeed());
  std::uniform_real_distribution<double> exponent(0, 5);
  const std::vector<double> shares = {0.0001, 0.0999, 0.3, 0.55, 0.05};
  std::discrete_distribution<size_t> bins(shares.begin(), shares.end());
  int skewed = 0;
  int above_three = 0;
  for (int run = 0; run < 1000; ++run) {
    const auto count = static_cast<int64_t>(std::pow(10, exponent(random)));
    std::vector<int64_t> keys(shares.size());
    for (int64_t i = 0; i < count; ++i) ++keys[bins(random)];
    const Skew skew = SkewOfKeys(keys, shares);
    skewed += skew.is_skewed ? 1 : 0;
    above_three += skew.deviations > 3 ? 1 : 0;
  }
  EXPECT_LE(skewed, 1);
  EXPECT_LT(above_three, 1.35 + 9 * std::sqrt(1.35));
}

// Keys in bins, each with a weight.
struct Weighted {
  void Add(size_t bin, int64_t weight) {
    const auto w = static_cast<double>(weight);
    loads[bin] += weight;
    sum += w;
    squares += w * w;
    largest = std::max(largest, w);
  }

  Skew skew() const {
    return SkewOf(loads, {},
                  {.effective_count = sum * sum / squares,
                   .heaviest_share = largest * largest / squares});
  }

  std::vector<int64_t> loads;
  double sum = 0;
  double squares = 0;
  double largest = 0;
};

TEST(SkewTest, DoesNotCallWeightsByChanceSkewed) {
  std::mt19937_64 random(RandomSeed());
  std::uniform_real_distribution<double> exponent(0, 4.2);
  // Sizes of values: most are small, some are a hundred or a million times as
  // large.
  int skewed = 0;
  for (const double spread : {0.5, 1.5, 3.0}) {
    std::lognormal_distribution<double> weight(5, spread);
    for (int run = 0; run < 400; ++run) {
      const size_t bins[] = {3, 6, 100, kSlots};
      const size_t n = bins[random() % std::size(bins)];
      const auto count = static_cast<int64_t>(std::pow(10, exponent(random)));
      Weighted keys{.loads = std::vector<int64_t>(n)};
      for (int64_t i = 0; i < count; ++i) {
        keys.Add(random() % n, 1 + static_cast<int64_t>(weight(random)));
      }
      skewed += keys.skew().is_skewed ? 1 : 0;
    }
  }
  EXPECT_LE(skewed, 1);
}

TEST(SkewTest, CallsSkewOfWeightsWhatItIs) {
  std::mt19937_64 random(RandomSeed());
  std::lognormal_distribution<double> weight(5, 1.5);
  // One key of ten is in one slot.
  Weighted keys{.loads = std::vector<int64_t>(kSlots)};
  for (int i = 0; i < 100'000; ++i) {
    keys.Add(i % 10 == 0 ? 7 : random() % kSlots,
             1 + static_cast<int64_t>(weight(random)));
  }
  EXPECT_TRUE(keys.skew().is_skewed);
  // One of three shards has half of what the others have.
  Weighted shards{.loads = std::vector<int64_t>(3)};
  for (int i = 0; i < 100'000; ++i) {
    shards.Add(random() % 5 % 3, 1 + static_cast<int64_t>(weight(random)));
  }
  EXPECT_TRUE(shards.skew().is_skewed);
}

TEST(SkewTest, CallsSkewWhatItIs) {
  std::mt19937_64 random(RandomSeed());
  // Half of the slots get twice as much.
  std::vector<int64_t> keys = Uniform(kSlots, 100'000, random);
  for (size_t i = 0; i < kSlots / 2; ++i) keys[i] *= 2;
  EXPECT_TRUE(SkewOfKeys(keys).is_skewed);
  // One tag of a thousand keys among 100,000.
  keys = Uniform(kSlots, 100'000, random);
  keys[77] += 1000;
  EXPECT_TRUE(SkewOfKeys(keys).is_skewed);
  // Everything in one slot.
  keys.assign(kSlots, 0);
  keys[0] = 1'000'000;
  const Skew skew = SkewOfKeys(keys);
  EXPECT_TRUE(skew.is_skewed);
  EXPECT_DOUBLE_EQ(skew.max_over_mean, 16384);
  EXPECT_TRUE(std::isfinite(skew.deviations));
  // One of three shards has 2 % more of a million keys.
  EXPECT_TRUE(SkewOfKeys({340'000, 330'000, 330'000}).is_skewed);
}

TEST(SkewTest, StandsTheLargestNumbers) {
  constexpr int64_t kMax = INT64_MAX;
  for (const auto& loads :
       {std::vector<int64_t>{kMax, kMax, kMax}, {kMax, 0, 1}, {1, 0, 0}}) {
    for (const double count : {1e-3, 1.0, 1.5, 2.0, 1e6, 1e19}) {
      const Skew skew = SkewOf(loads, {}, {.effective_count = count});
      EXPECT_TRUE(std::isfinite(skew.deviations)) << count;
      EXPECT_TRUE(std::isfinite(skew.uniform_max_over_mean)) << count;
    }
  }
}

}  // namespace
}  // namespace slotplanner
