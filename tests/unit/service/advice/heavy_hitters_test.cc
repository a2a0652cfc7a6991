// SPDX-License-Identifier: Apache-2.0
#include "service/advice/heavy_hitters.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using Item = HeavyHitters::Item;

constexpr int64_t kMaxCount = std::numeric_limits<int64_t>::max();

// A sketch, and beside it what it should know.
struct Counted {
  void Add(const std::string& item, int64_t count) {
    sketch.Add(item, count);
    exact[item] += count;
    total += count;
  }

  void Merge(const Counted& other) {
    sketch.Merge(other.sketch);
    for (const auto& [item, count] : other.exact) exact[item] += count;
    total += other.total;
  }

  HeavyHitters sketch;
  std::map<std::string, int64_t> exact;
  int64_t total = 0;
};

// All that the header promises of counts.
void ExpectTrue(const Counted& counted) {
  const int64_t error = counted.sketch.max_error();
  EXPECT_LE(error, counted.total / 2048);
  EXPECT_LE(counted.sketch.size(), HeavyHitters::kMaxItems);
  for (const auto& [item, count] : counted.exact) {
    const int64_t known = counted.sketch.CountOf(item);
    ASSERT_LE(known, count);
    ASSERT_GE(known, count - error);
  }
  if (counted.exact.size() <= HeavyHitters::kMaxItems) {
    EXPECT_EQ(error, 0);
  }
}

std::string Name(uint64_t number) {
  // Of several sizes, so that bytes move when some are forgotten.
  return "item:" + std::to_string(number) + std::string(number % 40, 'x');
}

// Numbers below `count`, those of Zipf's law with this exponent: 0 comes twice
// as often as 1 if it is 1. Uniform if it is 0.
class Zipf {
 public:
  Zipf(size_t count, double exponent) {
    std::vector<double> weights;
    for (size_t i = 1; i <= count; ++i) {
      weights.push_back(std::pow(static_cast<double>(i), -exponent));
    }
    numbers_ = {weights.begin(), weights.end()};
  }

  uint64_t operator()(std::mt19937_64& random) { return numbers_(random); }

 private:
  std::discrete_distribution<uint64_t> numbers_;
};

TEST(HeavyHittersTest, CountsFewItemsExactly) {
  HeavyHitters sketch;
  sketch.Add("a", 2);
  sketch.Add("c", 1);
  sketch.Add("b", 1);
  sketch.Add("a", 3);
  sketch.Add("", 7);
  EXPECT_THAT(sketch.Top(10), ElementsAre(Item{"", 7}, Item{"a", 5},
                                          Item{"b", 1}, Item{"c", 1}));
  EXPECT_THAT(sketch.Top(1), ElementsAre(Item{"", 7}));
  EXPECT_THAT(sketch.Top(0), IsEmpty());
  EXPECT_EQ(sketch.CountOf("a"), 5);
  EXPECT_EQ(sketch.CountOf("d"), 0);
  EXPECT_EQ(sketch.max_error(), 0);
}

TEST(HeavyHittersTest, KnowsNothingAtFirst) {
  const HeavyHitters sketch;
  EXPECT_EQ(sketch.CountOf("a"), 0);
  EXPECT_THAT(sketch.Top(3), IsEmpty());
  EXPECT_EQ(sketch.max_error(), 0);
}

TEST(HeavyHittersTest, TakesTheMedianWhenItIsFull) {
  HeavyHitters sketch;
  // 1, 2, ..., 4096, then 1: of 4097 counts the median is 2048.
  for (int64_t i = 1; i <= 4096; ++i) sketch.Add(std::to_string(i), i);
  EXPECT_THAT(sketch.Top(5000), SizeIs(4096));
  EXPECT_EQ(sketch.max_error(), 0);
  sketch.Add("one more", 1);
  EXPECT_EQ(sketch.max_error(), 2048);
  EXPECT_EQ(sketch.size(), 2048U);
  EXPECT_EQ(sketch.CountOf("4096"), 2048);
  EXPECT_EQ(sketch.CountOf("2049"), 1);
  EXPECT_EQ(sketch.CountOf("2048"), 0);
  EXPECT_EQ(sketch.CountOf("one more"), 0);
}

TEST(HeavyHittersTest, HoldsItsBoundForRandomItems) {
  std::mt19937_64 random(RandomSeed());
  for (const double exponent : {0.0, 0.5, 1.0, 1.5}) {
    Zipf numbers(20'000, exponent);
    Counted counted;
    for (int i = 0; i < 60'000; ++i) {
      const auto count = static_cast<int64_t>(
          i % 2 == 0 ? 1 : 1 + random() % 1000 * (random() % 100 / 99));
      counted.Add(Name(numbers(random)), count);
    }
    ExpectTrue(counted);
  }
}

TEST(HeavyHittersTest, FindsWhatComesOftenAmongAnyNumberOfOthers) {
  Counted counted;
  for (uint64_t i = 0; i < 100'000; ++i) {
    counted.Add(i % 100 == 0 ? "often" : Name(i), 1);
  }
  ExpectTrue(counted);
  EXPECT_EQ(counted.sketch.Top(1)[0].item, "often");
}

TEST(HeavyHittersTest, AddsUpToTheSameWhicheverIsAddedToTheOther) {
  std::mt19937_64 random(RandomSeed());
  for (const double exponent : {0.0, 1.0}) {
    Zipf numbers(20'000, exponent);
    Counted a;
    Counted b;
    for (int i = 0; i < 30'000; ++i) {
      a.Add(Name(numbers(random)), 1);
      b.Add(Name(numbers(random) + 5'000), 2);
    }
    Counted ab = a;
    ab.Merge(b);
    ExpectTrue(ab);
    Counted ba = b;
    ba.Merge(a);
    EXPECT_EQ(ab.sketch.Top(HeavyHitters::kMaxItems),
              ba.sketch.Top(HeavyHitters::kMaxItems));
    EXPECT_EQ(ab.sketch.max_error(), ba.sketch.max_error());
    // It counts on as before.
    for (int i = 0; i < 20'000; ++i) ab.Add(Name(numbers(random)), 3);
    ExpectTrue(ab);
  }
}

TEST(HeavyHittersTest, AddsUpMany) {
  std::mt19937_64 random(RandomSeed());
  Zipf numbers(30'000, 0.8);
  Counted sum;
  for (int part = 0; part < 10; ++part) {
    Counted counted;
    for (int i = 0; i < 10'000; ++i) counted.Add(Name(numbers(random)), 1);
    sum.Merge(counted);
  }
  ExpectTrue(sum);
}

TEST(HeavyHittersTest, AddsNothingAndItself) {
  HeavyHitters sketch;
  sketch.Merge(HeavyHitters());
  EXPECT_EQ(sketch.size(), 0U);
  sketch.Add("a", 2);
  sketch.Merge(HeavyHitters());
  EXPECT_THAT(sketch.Top(2), ElementsAre(Item{"a", 2}));
  const HeavyHitters same = sketch;
  sketch.Merge(same);
  EXPECT_THAT(sketch.Top(2), ElementsAre(Item{"a", 4}));
  HeavyHitters empty;
  empty.Merge(sketch);
  EXPECT_THAT(empty.Top(2), ElementsAre(Item{"a", 4}));
}

TEST(HeavyHittersTest, DependsOnItemsAndTheirOrderAlone) {
  const uint64_t seed = RandomSeed();
  HeavyHitters sketches[2];
  for (HeavyHitters& sketch : sketches) {
    std::mt19937_64 random(seed);
    Zipf numbers(30'000, 0.9);
    for (int i = 0; i < 40'000; ++i) {
      sketch.Add(Name(numbers(random)), static_cast<int64_t>(1 + random() % 9));
    }
  }
  EXPECT_EQ(sketches[0].Top(5000), sketches[1].Top(5000));
  EXPECT_EQ(sketches[0].max_error(), sketches[1].max_error());
}

TEST(HeavyHittersTest, CoversLongItemsWithItsError) {
  HeavyHitters sketch;
  const std::string longest(HeavyHitters::kMaxItemBytes, 'x');
  sketch.Add(longest, 3);
  EXPECT_EQ(sketch.max_error(), 0);
  sketch.Add(longest + "x", 5);
  sketch.Add(longest + "y", 1);
  EXPECT_THAT(sketch.Top(5), ElementsAre(Item{longest, 3}));
  EXPECT_EQ(sketch.max_error(), 6);
  HeavyHitters other;
  other.Add(longest + "x", 2);
  other.Merge(sketch);
  EXPECT_EQ(other.max_error(), 8);
  EXPECT_EQ(other.CountOf(longest), 3);
}

TEST(HeavyHittersTest, AllowsForErrorsFromElsewhere) {
  HeavyHitters sketch;
  sketch.AddError(5);
  HeavyHitters other;
  other.AddError(2);
  sketch.Merge(other);
  EXPECT_EQ(sketch.max_error(), 7);
}

TEST(HeavyHittersTest, EndsAtTheLargestNumber) {
  HeavyHitters sketch;
  sketch.Add("a", kMaxCount);
  sketch.Add("a", 1);
  sketch.AddError(kMaxCount);
  const HeavyHitters same = sketch;
  sketch.Merge(same);
  EXPECT_EQ(sketch.CountOf("a"), kMaxCount);
  EXPECT_EQ(sketch.max_error(), kMaxCount);
}

}  // namespace
}  // namespace slotplanner
