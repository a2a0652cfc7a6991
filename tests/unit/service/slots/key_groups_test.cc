// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_groups.h"

#include <cmath>
#include <map>
#include <random>
#include <span>
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

// The keys of each slot, by the simplest means.
std::map<int, std::vector<int32_t>> KeysOfSlots(
    std::span<const HashSlot> slots) {
  std::map<int, std::vector<int32_t>> keys;
  for (size_t i = 0; i < slots.size(); ++i) {
    keys[slots[i].value()].push_back(static_cast<int32_t>(i));
  }
  return keys;
}

// Numbers of keys around those at which the ways to group change, each with
// keys in many slots, in few, and in a single one.
std::vector<std::vector<HashSlot>> ManyKindsOfKeys() {
  std::mt19937_64 random(RandomSeed());
  std::vector<std::vector<HashSlot>> kinds;
  for (const size_t size : {0u, 1u, 2u, 16u, 17u, 100u, 512u, 513u, 5'000u,
                            65'535u, 65'536u, 200'000u}) {
    for (const int slot_count : {kHashSlotCount, 100, 1}) {
      std::vector<HashSlot> slots;
      const auto offset =
          random() % static_cast<uint64_t>(kHashSlotCount - slot_count + 1);
      for (size_t i = 0; i < size; ++i) {
        slots.push_back(*HashSlot::FromNumber(static_cast<int64_t>(
            offset + random() % static_cast<uint64_t>(slot_count))));
      }
      kinds.push_back(slots);
    }
  }
  return kinds;
}

TEST(GroupKeysBySlotTest, AgreesWithAMapAtAnySize) {
  for (const std::vector<HashSlot>& slots : ManyKindsOfKeys()) {
    const auto expected = KeysOfSlots(slots);
    const KeyGroups groups = GroupKeysBySlot(slots);
    ASSERT_EQ(groups.groups.size(), expected.size());
    size_t g = 0;
    for (const auto& [slot, indexes] : expected) {
      const KeyGroups::Group& group = groups.groups[g++];
      ASSERT_EQ(group.lowest_slot.value(), slot);
      const auto actual = groups.KeyIndexesOf(group);
      ASSERT_EQ(std::vector<int32_t>(actual.begin(), actual.end()), indexes);
    }
  }
}

TEST(GroupKeysByOwnerTest, AgreesWithAMapAtAnySize) {
  for (const std::vector<HashSlot>& slots : ManyKindsOfKeys()) {
    for (const int owner_count : {1, 7, kHashSlotCount}) {
      const auto owner_of = [&](int slot) { return slot * 31 % owner_count; };
      // Slots ascend, so that owners are met in the order of their lowest ones.
      std::vector<int> owners;
      std::map<int, std::vector<int32_t>> expected;
      for (const auto& [slot, indexes] : KeysOfSlots(slots)) {
        std::vector<int32_t>& keys = expected[owner_of(slot)];
        if (keys.empty()) owners.push_back(owner_of(slot));
        keys.insert(keys.end(), indexes.begin(), indexes.end());
      }
      const KeyGroups groups = GroupKeysByOwner(
          slots, owner_count,
          [&](HashSlot slot) { return owner_of(slot.value()); });
      ASSERT_EQ(groups.groups.size(), owners.size());
      for (size_t g = 0; g < owners.size(); ++g) {
        const KeyGroups::Group& group = groups.groups[g];
        ASSERT_EQ(group.owner, owners[g]);
        const auto indexes = groups.KeyIndexesOf(group);
        ASSERT_EQ(std::vector<int32_t>(indexes.begin(), indexes.end()),
                  expected[owners[g]]);
        ASSERT_EQ(group.lowest_slot, slots[static_cast<size_t>(indexes[0])]);
      }
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
