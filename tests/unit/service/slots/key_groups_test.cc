// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_groups.h"

#include <cmath>
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

std::vector<HashSlot> Slots(const std::vector<int>& numbers) {
  std::vector<HashSlot> slots;
  for (const int number : numbers) {
    slots.push_back(*HashSlot::FromNumber(number));
  }
  return slots;
}

TEST(GroupKeysBySlotTest, GivesNoGroupsForNoKeys) {
  EXPECT_TRUE(GroupKeysBySlot({}).groups.empty());
}

TEST(GroupKeysBySlotTest, KeepsDuplicatesUnderTheirOwnIndexes) {
  const auto slots = Slots({9, 3, 9, 3, 3});
  const KeyGroups groups = GroupKeysBySlot(slots);
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].lowest_slot.value(), 3);
  EXPECT_THAT(groups.KeyIndexesOf(groups.groups[0]), ElementsAre(1, 3, 4));
  EXPECT_EQ(groups.groups[1].lowest_slot.value(), 9);
  EXPECT_THAT(groups.KeyIndexesOf(groups.groups[1]), ElementsAre(0, 2));
}

TEST(GroupKeysByOwnerTest, OrdersGroupsByLowestSlotAndKeysBySlotThenIndex) {
  const auto slots = Slots({12, 5, 11, 6, 5});
  // Even slots belong to 1, odd ones to 0.
  const KeyGroups groups = GroupKeysByOwner(
      slots, 2, [](HashSlot slot) { return slot.value() % 2 == 0 ? 1 : 0; });
  ASSERT_EQ(groups.groups.size(), 2u);
  EXPECT_EQ(groups.groups[0].owner, 0);
  EXPECT_EQ(groups.groups[0].lowest_slot.value(), 5);
  EXPECT_THAT(groups.KeyIndexesOf(groups.groups[0]), ElementsAre(1, 4, 2));
  EXPECT_EQ(groups.groups[1].owner, 1);
  EXPECT_EQ(groups.groups[1].lowest_slot.value(), 6);
  EXPECT_THAT(groups.KeyIndexesOf(groups.groups[1]), ElementsAre(3, 0));
}

// Both ways to sort, for few keys and for many, against a plain map.
TEST(GroupKeysBySlotTest, AgreesWithAMapAtAnySize) {
  std::mt19937_64 random(RandomSeed());
  for (const size_t size : {1u, 2u, 100u, 1023u, 1024u, 1025u, 50'000u}) {
    std::vector<HashSlot> slots;
    std::map<int, std::vector<int32_t>> expected;
    for (size_t i = 0; i < size; ++i) {
      const int slot = static_cast<int>(random() % kHashSlotCount);
      slots.push_back(*HashSlot::FromNumber(slot));
      expected[slot].push_back(static_cast<int32_t>(i));
    }
    const KeyGroups groups = GroupKeysBySlot(slots);
    ASSERT_EQ(groups.groups.size(), expected.size());
    size_t g = 0;
    for (const auto& [slot, indexes] : expected) {
      const KeyGroups::Group& group = groups.groups[g++];
      ASSERT_EQ(group.lowest_slot.value(), slot);
      ASSERT_THAT(groups.KeyIndexesOf(group),
                  testing::ElementsAreArray(indexes));
    }
  }
}

// Rule A6: 1,000 random keys fall into 16384 (1 - (1 - 1/16384)^1000), about
// 970, slots, so that a split has almost as many parts as keys. The mean of 100
// trials strays by half a slot; five are ten times that.
TEST(GroupKeysBySlotTest, FindsAlmostAsManySlotsAsRandomKeys) {
  std::mt19937_64 random(RandomSeed());
  double total = 0;
  for (int trial = 0; trial < 100; ++trial) {
    std::vector<HashSlot> slots;
    for (int i = 0; i < 1000; ++i) {
      slots.push_back(HashSlot::OfKey(std::to_string(random())));
    }
    total += static_cast<double>(GroupKeysBySlot(slots).groups.size());
  }
  EXPECT_NEAR(total / 100, 16384 * (1 - std::pow(1 - 1.0 / 16384, 1000)), 5);
}

}  // namespace
}  // namespace slotplanner
