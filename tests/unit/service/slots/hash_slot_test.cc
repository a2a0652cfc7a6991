// SPDX-License-Identifier: Apache-2.0
#include "service/slots/hash_slot.h"

#include <random>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "tests/support/bitwise_crc16.h"
#include "tests/support/random_seed.h"
#include "tests/unit/service/slots/rules.h"

namespace slotplanner {
namespace {

using std::string_literals::operator""s;

// Rule A4; computed with a live Redis 7.0's CLUSTER KEYSLOT.
TEST(HashSlotTest, GivesTheKnownAnswers) {
  const std::vector<std::pair<std::string, int>> known = {
      {"", 0},
      {"foo", 12182},
      {"bar", 5061},
      {"hello", 866},
      {"123456789", 12739},
      {"user:1", 10778},
      {"user:2", 6777},
      {"user:3", 2648},
      {"{user:1}:profile", 10778},
      {"{}", 15257},
      {"{}{a}", 13650},
      {"{}foo", 9500},
      {"foo{}", 5542},
      {"foo{}{bar}", 8363},
      {"foo{{bar}}zap", 4015},
      {"foo{bar}{zap}", 5061},
      {"{user1000}.following", 3443},
      {"a}{b}c", 3300},
      {"a{b}c}", 3300},
      {"{a", 10276},
      {"}{a}", 15495},
      {"\0"s, 0},
      {"\xff\xfe", 3374},
  };
  for (const auto& [key, slot] : known) {
    EXPECT_EQ(HashSlot::OfKey(key).value(), slot)
        << testing::PrintToString(key);
  }
}

TEST(HashSlotTest, ReachesEverySlot) {
  std::vector<bool> reached(kHashSlotCount);
  int left = kHashSlotCount;
  for (int i = 0; left > 0 && i < 10'000'000; ++i) {
    const auto slot =
        static_cast<size_t>(HashSlot::OfKey(std::to_string(i)).value());
    if (!reached[slot]) --left;
    reached[slot] = true;
  }
  EXPECT_EQ(left, 0);
}

TEST(HashSlotTest, AgreesWithTheReferenceOnAMillionBinaryKeys) {
  std::mt19937_64 random(RandomSeed());
  std::string key;
  for (int i = 0; i < 1'000'000; ++i) {
    key.resize(random() % 32);
    for (char& c : key) {
      // One byte in eight is a brace.
      const uint64_t bits = random();
      c = bits % 16 == 0   ? '{'
          : bits % 16 == 1 ? '}'
                           : static_cast<char>(bits >> 8);
    }
    ASSERT_EQ(HashSlot::OfKey(key).value(),
              BitwiseCrc16(HashedByTheRules(key)) % kHashSlotCount)
        << testing::PrintToString(key);
  }
}

TEST(HashSlotTest, ExistsForNumbersInRangeOnly) {
  EXPECT_EQ(HashSlot::FromNumber(0)->value(), 0);
  EXPECT_EQ(HashSlot::FromNumber(16383)->value(), 16383);
  EXPECT_FALSE(HashSlot::FromNumber(-1));
  EXPECT_FALSE(HashSlot::FromNumber(16384));
  EXPECT_FALSE(HashSlot::FromNumber(int64_t{1} << 32));
}

TEST(SlotRangeTest, IncludesBothEnds) {
  const SlotRange range{*HashSlot::FromNumber(5), *HashSlot::FromNumber(7)};
  EXPECT_EQ(range.size(), 3);
}

}  // namespace
}  // namespace slotplanner
