// SPDX-License-Identifier: Apache-2.0
#include "service/answers/key_analysis_answer.h"

#include <random>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/answers/analysis_settings.h"
#include "service/answers/key_counts_messages.h"
#include "tests/support/plan_fixture.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::IsEmpty;
using testing::SizeIs;

// `foo` is in slot 12182, `bar` in 5061 (the cluster specification).
KeyCounts FooAndBar() {
  KeyCounts counts;
  for (const std::string_view key : {"foo", "{bar}:1", "{bar}:2", "{bar}:3"}) {
    counts.Add(key);
  }
  return counts;
}

v1::AnalyzeKeysResponse Analyze(const KeyCounts& counts,
                                const KeyAnalysisBasis& basis = {},
                                const v1::AnalysisSettings& settings = {}) {
  v1::AnalyzeKeysResponse response;
  FillKeyAnalysis(counts, basis, settings, response);
  return response;
}

v1::AnalysisSettings ShowingKeys() {
  v1::AnalysisSettings settings;
  settings.set_show_keys(true);
  return settings;
}

TEST(FillKeyAnalysisTest, SaysWhatThereIs) {
  const v1::AnalyzeKeysResponse response =
      Analyze(FooAndBar(), {}, ShowingKeys());
  EXPECT_EQ(response.key_count(), 4);
  EXPECT_EQ(response.weight(), 4);
  EXPECT_EQ(response.tagged_key_count(), 3);
  EXPECT_DOUBLE_EQ(response.slot_skew().max_over_mean(), 3.0 / 4 * 16384);
  EXPECT_FALSE(response.has_slot_weight_skew());
  ASSERT_THAT(response.fullest_slots(), SizeIs(2));
  EXPECT_EQ(response.fullest_slots(0).slot(), 5061);
  EXPECT_EQ(response.fullest_slots(0).keys(), 3);
  EXPECT_EQ(response.fullest_slots(1).slot(), 12182);
  ASSERT_THAT(response.heaviest_tags(), SizeIs(1));
  EXPECT_EQ(response.heaviest_tags(0).tag(), "bar");
  EXPECT_EQ(response.heaviest_tags(0).slot(), 5061);
  EXPECT_EQ(response.heaviest_tags(0).keys(), 3);
  EXPECT_EQ(response.heaviest_tags(0).weight(), 3);
  EXPECT_EQ(response.tag_error(), 0);
  EXPECT_FALSE(response.has_shards());
  EXPECT_FALSE(response.has_what_if_shards());
  EXPECT_FALSE(response.has_what_if_moves());
}

TEST(FillKeyAnalysisTest, OrdersByWeight) {
  KeyCounts counts = FooAndBar();
  counts.Add("{foo}", 100);
  const v1::AnalyzeKeysResponse response = Analyze(counts, {}, ShowingKeys());
  EXPECT_EQ(response.weight(), 104);
  EXPECT_TRUE(response.has_slot_weight_skew());
  EXPECT_EQ(response.fullest_slots(0).slot(), 12182);
  EXPECT_EQ(response.fullest_slots(0).weight(), 101);
  EXPECT_EQ(response.heaviest_tags(0).tag(), "foo");
  EXPECT_EQ(response.heaviest_tags(0).keys(), 1);
  EXPECT_EQ(response.heaviest_tags(0).weight(), 100);
}

TEST(FillKeyAnalysisTest, LooksKeysUpInTheTopology) {
  const ClusterSnapshot snapshot = ThreeShards();
  const v1::AnalyzeKeysResponse response =
      Analyze(FooAndBar(), {.current = &snapshot});
  const v1::ShardSpread& spread = response.shards();
  ASSERT_THAT(spread.shards(), SizeIs(3));
  EXPECT_EQ(spread.shards(0).primary().port(), 7000);
  EXPECT_EQ(spread.shards(0).primary().role(), v1::NODE_ROLE_PRIMARY);
  ASSERT_THAT(spread.shards(0).replicas(), SizeIs(2));
  EXPECT_EQ(spread.shards(0).replicas(0).role(), v1::NODE_ROLE_REPLICA);
  EXPECT_EQ(spread.shards(0).slot_count(), 5461);
  EXPECT_EQ(spread.shards(0).keys(), 3);
  EXPECT_EQ(spread.shards(1).keys(), 0);
  EXPECT_EQ(spread.shards(2).weight(), 1);
  EXPECT_EQ(spread.fullest_shard(), 0);
  EXPECT_DOUBLE_EQ(spread.usable_share(), 4.0 / 9);
  EXPECT_FALSE(spread.has_weight_skew());
  EXPECT_EQ(spread.topology().version(), snapshot.topology->version());
  EXPECT_TRUE(spread.topology().has_confirm_time());
  EXPECT_FALSE(response.has_what_if_moves());
}

TEST(FillKeyAnalysisTest, ComparesTopologies) {
  const ClusterSnapshot snapshot = ThreeShards();
  const ClusterTopology one = MakeEvenTopology(1);
  const v1::AnalyzeKeysResponse response =
      Analyze(FooAndBar(), {.current = &snapshot, .what_if = &one});
  ASSERT_THAT(response.what_if_shards().shards(), SizeIs(1));
  EXPECT_EQ(response.what_if_shards().shards(0).keys(), 4);
  EXPECT_EQ(response.what_if_shards().topology().version(), one.version());
  EXPECT_FALSE(response.what_if_shards().topology().has_confirm_time());
  // The shard at port 7000 is in both, and keeps its slots.
  EXPECT_EQ(response.what_if_moves().slots(), 16384 - 5461);
  EXPECT_EQ(response.what_if_moves().keys(), 1);
  const v1::AnalyzeKeysResponse alone = Analyze(FooAndBar(), {.what_if = &one});
  EXPECT_FALSE(alone.has_shards());
  EXPECT_FALSE(alone.has_what_if_moves());
}

TEST(FillKeyAnalysisTest, HasNoKeysToSpeakOf) {
  const ClusterSnapshot snapshot = ThreeShards();
  const v1::AnalyzeKeysResponse response =
      Analyze(KeyCounts(), {.current = &snapshot});
  EXPECT_EQ(response.key_count(), 0);
  EXPECT_EQ(response.slot_skew().max_over_mean(), 0);
  EXPECT_THAT(response.fullest_slots(), IsEmpty());
  EXPECT_THAT(response.heaviest_tags(), IsEmpty());
  EXPECT_EQ(response.shards().fullest_shard(), -1);
  EXPECT_EQ(response.shards().usable_share(), 0);
}

TEST(FillKeyAnalysisTest, BoundsItsLists) {
  KeyCounts counts;
  for (int i = 0; i < 5000; ++i) counts.Add(absl::StrCat("{", i, "}"));
  v1::AnalysisSettings settings;
  EXPECT_THAT(Analyze(counts, {}, settings).fullest_slots(), SizeIs(20));
  EXPECT_THAT(Analyze(counts, {}, settings).heaviest_tags(), SizeIs(20));
  settings.set_max_entries(3);
  EXPECT_THAT(Analyze(counts, {}, settings).fullest_slots(), SizeIs(3));
  EXPECT_THAT(Analyze(counts, {}, settings).heaviest_tags(), SizeIs(3));
}

TEST(FillKeyAnalysisTest, HoldsNoByteOfAKeyUnlessAsked) {
  KeyCounts counts;
  counts.Add("{hidden tag}:rest", 3);
  counts.Add("hidden key", 4);
  const ClusterSnapshot snapshot = ThreeShards();
  const ClusterTopology topology = MakeEvenTopology(4);
  const KeyAnalysisBasis basis = {.current = &snapshot, .what_if = &topology};
  const std::string bytes = Analyze(counts, basis).SerializeAsString();
  EXPECT_EQ(bytes.find("hidden"), std::string::npos);
  EXPECT_EQ(bytes.find("rest"), std::string::npos);
  const std::string shown =
      Analyze(counts, basis, ShowingKeys()).SerializeAsString();
  EXPECT_NE(shown.find("hidden tag"), std::string::npos);
  EXPECT_EQ(shown.find("hidden key"), std::string::npos);
}

// The counts of several answers give the answer of all.
TEST(FillKeyAnalysisTest, CanBeAddedUp) {
  std::mt19937_64 random(RandomSeed());
  const ClusterSnapshot snapshot = ThreeShards();
  KeyCounts all;
  KeyCounts sum;
  for (int part = 0; part < 3; ++part) {
    KeyCounts counts;
    for (int i = 0; i < 1000; ++i) {
      const std::string key = absl::StrCat("{", random() % 1000, "}");
      const auto weight = static_cast<int64_t>(random() % 3);
      counts.Add(key, weight);
      all.Add(key, weight);
    }
    const v1::AnalyzeKeysResponse answer = Analyze(counts, {}, ShowingKeys());
    ASSERT_FALSE(AddKeyCounts(answer.counts(), sum));
  }
  const KeyAnalysisBasis basis = {.current = &snapshot};
  EXPECT_EQ(Analyze(sum, basis, ShowingKeys()).SerializeAsString(),
            Analyze(all, basis, ShowingKeys()).SerializeAsString());
}

TEST(AnalysisSettingsTest, BoundEntries) {
  v1::AnalysisSettings settings;
  EXPECT_EQ(MaxEntriesOf(settings), 20U);
  for (const int wrong : {-1, 1001}) {
    settings.set_max_entries(wrong);
    const auto error = Validate(settings);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->reason, v1::ERROR_REASON_OUT_OF_RANGE);
    EXPECT_EQ(error->violations[0].first, "settings.max_entries");
  }
  settings.set_max_entries(1000);
  EXPECT_FALSE(Validate(settings).has_value());
  EXPECT_EQ(MaxEntriesOf(settings), 1000U);
}

}  // namespace
}  // namespace slotplanner
