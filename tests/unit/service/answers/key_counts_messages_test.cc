// SPDX-License-Identifier: Apache-2.0
#include "service/answers/key_counts_messages.h"

#include <cmath>
#include <functional>
#include <limits>
#include <random>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/random_seed.h"

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

v1::KeyCounts MessageOf(const KeyCounts& counts, bool show_keys = true) {
  v1::KeyCounts message;
  FillKeyCounts(counts, show_keys, message);
  return message;
}

KeyCounts RandomCounts(std::mt19937_64& random, int keys, bool is_weighted) {
  KeyCounts counts;
  for (int i = 0; i < keys; ++i) {
    counts.Add(absl::StrCat("{", random() % 10'000, "}"),
               is_weighted ? static_cast<int64_t>(random() % 100) : 1);
  }
  return counts;
}

TEST(FillKeyCountsTest, NamesSlotsThatHaveKeys) {
  KeyCounts counts;
  counts.Add("foo");    // Slot 12182.
  counts.Add("{bar}");  // Slot 5061.
  counts.Add("{bar}x");
  const v1::KeyCounts message = MessageOf(counts);
  EXPECT_THAT(message.slots(), ElementsAre(5061, 12182));
  EXPECT_THAT(message.keys(), ElementsAre(2, 1));
  EXPECT_THAT(message.weights(), IsEmpty());
  EXPECT_EQ(message.squared_weights(), 3);
  EXPECT_EQ(message.tagged_keys(), 2);
  ASSERT_THAT(message.tags_by_keys(), SizeIs(1));
  EXPECT_EQ(message.tags_by_keys(0).tag(), "bar");
  EXPECT_EQ(message.tags_by_keys(0).count(), 2);
  EXPECT_THAT(message.tags_by_weight(), IsEmpty());
  EXPECT_EQ(message.key_error(), 0);
  EXPECT_EQ(message.weight_error(), 0);
}

TEST(FillKeyCountsTest, AllowsForTagsThatItMayNotTell) {
  KeyCounts counts;
  counts.Add("{secret}", 5);
  counts.Add("{secret}", 6);
  const v1::KeyCounts message = MessageOf(counts, /*show_keys=*/false);
  EXPECT_EQ(message.SerializeAsString().find("secret"), std::string::npos);
  EXPECT_THAT(message.tags_by_keys(), IsEmpty());
  EXPECT_THAT(message.tags_by_weight(), IsEmpty());
  EXPECT_EQ(message.key_error(), 2);
  EXPECT_EQ(message.weight_error(), 11);
}

TEST(AddKeyCountsTest, TakesBackWhatWasFilled) {
  std::mt19937_64 random(RandomSeed());
  for (const bool is_weighted : {false, true}) {
    for (const int keys : {0, 1, 1000, 30'000}) {
      const KeyCounts counts = RandomCounts(random, keys, is_weighted);
      const v1::KeyCounts message = MessageOf(counts);
      KeyCounts read;
      ASSERT_FALSE(AddKeyCounts(message, read));
      EXPECT_EQ(MessageOf(read).SerializeAsString(),
                message.SerializeAsString());
      EXPECT_EQ(read.is_weighted(), counts.is_weighted());
      KeyCounts read_bytes;
      ASSERT_FALSE(
          AddSerializedKeyCounts(message.SerializeAsString(), read_bytes));
      EXPECT_EQ(MessageOf(read_bytes).SerializeAsString(),
                message.SerializeAsString());
    }
  }
}

TEST(AddKeyCountsTest, AddsUp) {
  std::mt19937_64 random(RandomSeed());
  const KeyCounts a = RandomCounts(random, 3000, false);
  const KeyCounts b = RandomCounts(random, 4000, true);
  KeyCounts sum = a;
  sum.Merge(b);
  KeyCounts added;
  ASSERT_FALSE(AddKeyCounts(MessageOf(a), added));
  ASSERT_FALSE(AddKeyCounts(MessageOf(b), added));
  EXPECT_EQ(MessageOf(added).SerializeAsString(),
            MessageOf(sum).SerializeAsString());
}

TEST(AddKeyCountsTest, RefusesWrongNumbers) {
  KeyCounts counts;
  counts.Add("{a}", 3);
  counts.Add("{b}", 4);
  const v1::KeyCounts right = MessageOf(counts);
  struct Case {
    std::function<void(v1::KeyCounts&)> damage;
    v1::ErrorReason reason;
    std::string field;
  };
  constexpr auto kOutOfRange = v1::ERROR_REASON_OUT_OF_RANGE;
  constexpr auto kTooMany = v1::ERROR_REASON_TOO_MANY;
  const Case cases[] = {
      {[](auto& m) { m.set_slots(0, -1); }, kOutOfRange, "counts.slots"},
      {[](auto& m) { m.set_slots(1, 16384); }, kOutOfRange, "counts.slots"},
      {[](auto& m) { m.set_slots(1, m.slots(0)); }, kOutOfRange,
       "counts.slots"},
      {[](auto& m) { m.mutable_slots()->SwapElements(0, 1); }, kOutOfRange,
       "counts.slots"},
      {[](auto& m) { m.add_slots(16383); }, kOutOfRange, "counts.keys"},
      {[](auto& m) { m.set_keys(1, -1); }, kOutOfRange, "counts.keys"},
      {[](auto& m) { m.add_weights(1); }, kOutOfRange, "counts.weights"},
      {[](auto& m) { m.set_weights(0, -5); }, kOutOfRange, "counts.weights"},
      {[](auto& m) { m.set_squared_weights(-1); }, kOutOfRange,
       "counts.squared_weights"},
      {[](auto& m) { m.set_squared_weights(std::nan("")); }, kOutOfRange,
       "counts.squared_weights"},
      {[](auto& m) { m.set_squared_weights(INFINITY); }, kOutOfRange,
       "counts.squared_weights"},
      {[](auto& m) { m.set_max_weight(-1); }, kOutOfRange, "counts.max_weight"},
      {[](auto& m) { m.set_max_weight(KeyCounts::kMaxWeight + 1); },
       kOutOfRange, "counts.max_weight"},
      {[](auto& m) { m.set_tagged_keys(-1); }, kOutOfRange,
       "counts.tagged_keys"},
      {[](auto& m) { m.set_key_error(-1); }, kOutOfRange, "counts.key_error"},
      {[](auto& m) { m.set_weight_error(-1); }, kOutOfRange,
       "counts.weight_error"},
      {[](auto& m) { m.mutable_tags_by_keys(0)->set_count(-1); }, kOutOfRange,
       "counts.tags_by_keys"},
      {[](auto& m) {
         m.mutable_tags_by_weight(1)->set_tag(std::string(257, 'x'));
       },
       kTooMany, "counts.tags_by_weight"},
      {[](auto& m) {
         while (m.tags_by_keys_size() <= 4096) m.add_tags_by_keys();
       },
       kTooMany, "counts.tags_by_keys"},
      {[](auto& m) {
         while (m.tags_by_weight_size() <= 4096) m.add_tags_by_weight();
       },
       kTooMany, "counts.tags_by_weight"},
  };
  for (const Case& wrong : cases) {
    v1::KeyCounts message = right;
    wrong.damage(message);
    KeyCounts read = counts;
    for (const auto& error :
         {AddKeyCounts(message, read),
          AddSerializedKeyCounts(message.SerializeAsString(), read)}) {
      ASSERT_TRUE(error) << message.ShortDebugString().substr(0, 200);
      EXPECT_EQ(error->reason, wrong.reason) << error->message;
      EXPECT_EQ(error->violations[0].first, wrong.field);
    }
    EXPECT_EQ(MessageOf(read).SerializeAsString(), right.SerializeAsString());
  }
}

TEST(AddKeyCountsTest, StandsTheLargestNumbers) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  v1::KeyCounts message;
  for (int slot = 0; slot < kHashSlotCount; ++slot) {
    message.add_slots(slot);
    message.add_keys(kMax);
    message.add_weights(kMax);
  }
  message.set_squared_weights(std::numeric_limits<double>::max());
  message.set_key_error(kMax);
  message.set_weight_error(kMax);
  KeyCounts counts;
  ASSERT_FALSE(AddKeyCounts(message, counts));
  ASSERT_FALSE(AddKeyCounts(message, counts));
  EXPECT_EQ(counts.key_count(), kMax);
  EXPECT_EQ(counts.tags_by_weight().max_error(), kMax);
  EXPECT_GE(counts.EffectiveCount(), 1);
}

TEST(AddSerializedKeyCountsTest, RefusesWhatIsNone) {
  KeyCounts counts;
  for (const std::string& bytes :
       {std::string("\x0a"), std::string("\x0b\x0c"), std::string(5, '\0')}) {
    const auto error = AddSerializedKeyCounts(bytes, counts);
    ASSERT_TRUE(error);
    EXPECT_EQ(error->reason, v1::ERROR_REASON_MALFORMED_REQUEST);
  }
}

TEST(AddSerializedKeyCountsTest, RefusesWhatIsTooLargeBeforeItParses) {
  KeyCounts counts;
  const auto error =
      AddSerializedKeyCounts(std::string((3 << 20) + 1, '\0'), counts);
  ASSERT_TRUE(error);
  EXPECT_EQ(error->reason, v1::ERROR_REASON_TOO_MANY);
  // A million empty tags are two bytes each.
  std::string tags;
  for (int i = 0; i < 1'000'000; ++i) tags += std::string("\x32\x00", 2);
  const auto tags_error = AddSerializedKeyCounts(tags, counts);
  ASSERT_TRUE(tags_error);
  EXPECT_EQ(tags_error->reason, v1::ERROR_REASON_TOO_MANY);
  EXPECT_EQ(tags_error->metadata[0].second, "1000000");
}

}  // namespace
}  // namespace slotplanner
