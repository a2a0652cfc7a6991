// SPDX-License-Identifier: Apache-2.0
#include "service/advice/key_counts.h"

#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/slots/hash_tag.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Item = HeavyHitters::Item;

constexpr int64_t kMaxCount = std::numeric_limits<int64_t>::max();

// Every number of one is that of the other.
void ExpectEqual(const KeyCounts& a, const KeyCounts& b) {
  EXPECT_EQ(a.key_count(), b.key_count());
  EXPECT_EQ(a.weight(), b.weight());
  EXPECT_EQ(a.is_weighted(), b.is_weighted());
  EXPECT_EQ(a.squared_weights(), b.squared_weights());
  EXPECT_EQ(a.max_weight(), b.max_weight());
  EXPECT_EQ(a.tagged_key_count(), b.tagged_key_count());
  EXPECT_EQ(a.slot_keys(), b.slot_keys());
  EXPECT_EQ(a.slot_weights(), b.slot_weights());
  EXPECT_EQ(a.tags_by_keys().Top(5000), b.tags_by_keys().Top(5000));
  EXPECT_EQ(a.tags_by_weight().Top(5000), b.tags_by_weight().Top(5000));
  EXPECT_EQ(a.tags_by_keys().max_error(), b.tags_by_keys().max_error());
  EXPECT_EQ(a.tags_by_weight().max_error(), b.tags_by_weight().max_error());
}

TEST(KeyCountsTest, BeginWithNothing) {
  const KeyCounts counts;
  EXPECT_EQ(counts.key_count(), 0);
  EXPECT_EQ(counts.weight(), 0);
  EXPECT_FALSE(counts.is_weighted());
  EXPECT_EQ(counts.EffectiveCount(), 0);
  EXPECT_THAT(counts.tags_by_keys().Top(1), IsEmpty());
}

TEST(KeyCountsTest, CountKeysOfSlotsAndTags) {
  KeyCounts counts;
  for (const std::string_view key :
       {"foo", "{foo}:1", "{foo}:2", "bar", "{}foo", "{{bar}}", "foo"}) {
    counts.Add(key);
  }
  EXPECT_EQ(counts.key_count(), 7);
  EXPECT_EQ(counts.weight(), 7);
  EXPECT_EQ(counts.tagged_key_count(), 3);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("foo")), 4);
  EXPECT_EQ(counts.WeightOf(HashSlot::OfKey("foo")), 4);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("bar")), 1);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("{}foo")), 1);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("{{bar}}")), 1);
  EXPECT_THAT(counts.tags_by_keys().Top(5),
              ElementsAre(Item{"foo", 2}, Item{"{bar", 1}));
  EXPECT_EQ(counts.tags_by_weight().Top(5), counts.tags_by_keys().Top(5));
  EXPECT_EQ(counts.EffectiveCount(), 7);
  EXPECT_EQ(counts.HeaviestShare(), 0);
}

TEST(KeyCountsTest, TakeWeightsFromTheFirstThatIsNotOneOn) {
  KeyCounts counts;
  counts.Add("{a}");
  counts.Add("{b}", 1);
  EXPECT_FALSE(counts.is_weighted());
  counts.Add("{b}", 10);
  counts.Add("{c}", 0);
  EXPECT_TRUE(counts.is_weighted());
  EXPECT_EQ(counts.key_count(), 4);
  EXPECT_EQ(counts.weight(), 12);
  EXPECT_EQ(counts.squared_weights(), 102);
  EXPECT_DOUBLE_EQ(counts.EffectiveCount(), 144.0 / 102);
  EXPECT_EQ(counts.max_weight(), 10);
  EXPECT_DOUBLE_EQ(counts.HeaviestShare(), 100.0 / 102);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("b")), 2);
  EXPECT_EQ(counts.WeightOf(HashSlot::OfKey("b")), 11);
  EXPECT_EQ(counts.KeysOf(HashSlot::OfKey("c")), 1);
  EXPECT_EQ(counts.WeightOf(HashSlot::OfKey("c")), 0);
  EXPECT_THAT(counts.tags_by_keys().Top(5),
              ElementsAre(Item{"b", 2}, Item{"a", 1}, Item{"c", 1}));
  EXPECT_THAT(counts.tags_by_weight().Top(5),
              ElementsAre(Item{"b", 11}, Item{"a", 1}));
}

TEST(KeyCountsTest, AreWorthNothingIfAllWeighNothing) {
  KeyCounts counts;
  counts.Add("a", 0);
  EXPECT_EQ(counts.key_count(), 1);
  EXPECT_EQ(counts.weight(), 0);
  EXPECT_EQ(counts.EffectiveCount(), 0);
}

TEST(KeyCountsTest, AddUpToWhatOneWouldHaveCounted) {
  std::mt19937_64 random(RandomSeed());
  for (int round = 0; round < 20; ++round) {
    KeyCounts all;
    KeyCounts sum;
    for (int part = 0; part < 3; ++part) {
      KeyCounts counts;
      const bool is_weighted = random() % 2 == 0;
      for (int i = 0; i < 500; ++i) {
        const std::string key =
            absl::StrCat("{", random() % 100, "}", random());
        const int64_t weight =
            is_weighted ? static_cast<int64_t>(random() % 50) : 1;
        all.Add(key, weight);
        counts.Add(key, weight);
      }
      sum.Merge(counts);
    }
    ExpectEqual(sum, all);
  }
}

TEST(KeyCountsTest, GoOnFromCounters) {
  KeyCounts::Counters counters;
  const auto slot = static_cast<size_t>(HashSlot::OfKey("a").value());
  counters.keys[slot] = 2;
  counters.tagged_keys = 1;
  counters.tags_by_keys.Add("a", 1);
  KeyCounts counts(counters);
  counts.Add("{a}");
  KeyCounts counted;
  for (const std::string_view key : {"a", "{a}", "{a}"}) counted.Add(key);
  ExpectEqual(counts, counted);

  counters.weights.resize(kHashSlotCount);
  counters.weights[slot] = 8;
  counters.squared_weights = 50;
  counters.max_weight = 7;
  counters.tags_by_weight.Add("a", 7);
  KeyCounts weighted(counters);
  weighted.Add("{a}");
  KeyCounts weighed;
  weighed.Add("a");
  weighed.Add("{a}", 7);
  weighed.Add("{a}");
  ExpectEqual(weighted, weighed);
}

TEST(KeyCountsTest, EndAtTheLargestNumber) {
  KeyCounts::Counters counters;
  counters.keys[0] = kMaxCount;
  counters.keys[1] = kMaxCount;
  counters.weights.assign(kHashSlotCount, kMaxCount);
  counters.tagged_keys = kMaxCount;
  counters.squared_weights = 1e300;
  KeyCounts counts(counters);
  counts.Add("", KeyCounts::kMaxWeight);
  counts.Add("{a}", KeyCounts::kMaxWeight);
  counts.Merge(KeyCounts(counters));
  EXPECT_EQ(counts.key_count(), kMaxCount);
  EXPECT_EQ(counts.weight(), kMaxCount);
  EXPECT_EQ(counts.tagged_key_count(), kMaxCount);
  EXPECT_EQ(counts.KeysOf(*HashSlot::FromNumber(0)), kMaxCount);
  EXPECT_EQ(counts.EffectiveCount(), 1);
}

// Any bytes: the slot and the tag are those of the slots ring.
TEST(KeyCountsTest, FindWhatTheSlotsRingFinds) {
  std::mt19937_64 random(RandomSeed());
  for (int round = 0; round < 2000; ++round) {
    std::string key;
    for (auto size = random() % 60; size > 0; --size) {
      key += "{}ab\0"[random() % 5];
    }
    KeyCounts counts;
    counts.Add(key);
    ASSERT_EQ(counts.KeysOf(HashSlot::OfKey(key)), 1);
    const auto tag = FindHashTag(key);
    ASSERT_EQ(counts.tagged_key_count(), tag ? 1 : 0);
    if (tag) {
      ASSERT_EQ(counts.tags_by_keys().CountOf(HashedPart(key)), 1);
    }
  }
}

}  // namespace
}  // namespace slotplanner
