// SPDX-License-Identifier: Apache-2.0
#include "service/advice/hash_tags_of_slots.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

HashSlot Slot(int number) { return *HashSlot::FromNumber(number); }

std::vector<HashSlot> Slots(int first, int last) {
  std::vector<HashSlot> slots;
  for (int number = first; number <= last; ++number) {
    slots.push_back(Slot(number));
  }
  return slots;
}

// By hashing every tag of up to three characters, as CLUSTER KEYSLOT does.
std::vector<std::vector<std::string>> AllShortTags() {
  const std::string alphabet =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  std::vector<std::vector<std::string>> tags(kHashSlotCount);
  std::vector<std::string> words = {""};
  for (int length = 1; length <= 3; ++length) {
    std::vector<std::string> longer;
    for (const std::string& word : words) {
      for (const char c : alphabet) longer.push_back(word + c);
    }
    words = std::move(longer);
    for (const std::string& word : words) {
      const HashSlot slot = HashSlot::OfKey("{" + word + "}:key");
      tags[static_cast<size_t>(slot.value())].push_back(word);
    }
  }
  return tags;
}

TEST(HashTagsOfSlotTest, GivesEveryTagOfThreeCharactersInOrder) {
  const auto expected = AllShortTags();
  for (int number = 0; number < kHashSlotCount; ++number) {
    const auto& tags = expected[static_cast<size_t>(number)];
    ASSERT_FALSE(tags.empty()) << "no short tag reaches slot " << number;
    ASSERT_EQ(HashTagsOfSlot(Slot(number), static_cast<int>(tags.size())), tags)
        << "slot " << number;
  }
}

TEST(HashTagsOfSlotTest, GoesOnWithLongerTags) {
  for (const int number : {0, 1, 7638, 16383}) {
    const auto tags = HashTagsOfSlot(Slot(number), 20'000);
    ASSERT_THAT(tags, SizeIs(20'000));
    EXPECT_EQ(tags.back().size(), 5U);
    for (const std::string& tag : tags) {
      ASSERT_EQ(HashSlot::OfKey("a{" + tag + "}"), Slot(number)) << tag;
    }
    const auto is_before = [](const std::string& a, const std::string& b) {
      return a.size() != b.size() ? a.size() < b.size() : a < b;
    };
    EXPECT_TRUE(std::is_sorted(tags.begin(), tags.end(), is_before));
    EXPECT_EQ(std::set(tags.begin(), tags.end()).size(), tags.size());
  }
}

TEST(HashTagsOfSlotTest, GivesNoneWhenNoneIsWanted) {
  EXPECT_THAT(HashTagsOfSlot(Slot(0), 0), IsEmpty());
}

TEST(SpreadHashTagsTest, SpacesTagsEvenly) {
  const auto tags = SpreadHashTags(Slots(0, 5460), 3);
  ASSERT_THAT(tags, SizeIs(3));
  EXPECT_EQ(tags[0].slot, Slot(0));
  EXPECT_EQ(tags[1].slot, Slot(1820));
  EXPECT_EQ(tags[2].slot, Slot(3640));
  for (const PlacedHashTag& tag : tags) {
    EXPECT_EQ(HashSlot::OfKey(tag.tag), tag.slot);
    EXPECT_THAT(HashTagsOfSlot(tag.slot, 1), ElementsAre(tag.tag));
  }
}

TEST(SpreadHashTagsTest, TakesEverySlotBeforeASecondTagOfOne) {
  std::map<HashSlot, int> tags_by_slot;
  for (const PlacedHashTag& tag : SpreadHashTags(Slots(10, 16), 10)) {
    ++tags_by_slot[tag.slot];
  }
  EXPECT_THAT(tags_by_slot, SizeIs(7));
  for (const auto& [slot, count] : tags_by_slot) {
    EXPECT_TRUE(count == 1 || count == 2) << slot.value();
  }
}

TEST(SpreadHashTagsTest, HasNoneForNoSlots) {
  EXPECT_THAT(SpreadHashTags({}, 3), IsEmpty());
}

}  // namespace
}  // namespace slotplanner
