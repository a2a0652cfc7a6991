// SPDX-License-Identifier: Apache-2.0
#include "service/slots/key_pattern.h"

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// Slots as patternHashSlot of the Valkey server computes them (rule B6).
TEST(SlotOfPatternTest, GivesTheSlotOfATagBeforeAnyWildcard) {
  for (const char* pattern : {"{user1}*", "a{user1}*", "{user1}:w:*"}) {
    ASSERT_TRUE(SlotOfPattern(pattern)) << pattern;
    EXPECT_EQ(SlotOfPattern(pattern)->value(), 8106) << pattern;
  }
}

TEST(SlotOfPatternTest, GivesTheSlotOfALiteralKey) {
  EXPECT_EQ(SlotOfPattern("{}abc")->value(), 5980);
  EXPECT_EQ(SlotOfPattern("{a")->value(), 10276);
}

TEST(SlotOfPatternTest, HasNoneWhenAWildcardMayChangeTheTag) {
  for (const char* pattern : {"*", "*{user1}*", "user?{x}", "{}*", "{a*}b",
                              "{}{a}*", "h[ae]llo{x}", "\\{a}*"}) {
    EXPECT_FALSE(SlotOfPattern(pattern)) << pattern;
  }
}

}  // namespace
}  // namespace slotplanner
