// SPDX-License-Identifier: Apache-2.0
#include "service/slots/hash_tag.h"

#include <string>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

// The hash tag as text, or "(none)".
std::string TagOf(std::string_view key) {
  const auto tag = FindHashTag(key);
  return tag ? std::string(key.substr(tag->offset, tag->length)) : "(none)";
}

TEST(FindHashTagTest, TakesTheBytesBetweenTheFirstBraces) {  // Rule A2.
  EXPECT_EQ(TagOf("{user1000}.following"), "user1000");
  EXPECT_EQ(TagOf("foo{bar}{zap}"), "bar");
  EXPECT_EQ(TagOf("a{b}c}"), "b");
  EXPECT_EQ(TagOf("foo{{bar}}zap"), "{bar");
}

TEST(FindHashTagTest, NeverLooksBeyondAnEmptyFirstPair) {  // Rule A2.
  EXPECT_EQ(TagOf("{}"), "(none)");
  EXPECT_EQ(TagOf("{}{a}"), "(none)");
  EXPECT_EQ(TagOf("foo{}{bar}"), "(none)");
}

TEST(FindHashTagTest, IgnoresAClosingBraceBeforeTheOpeningOne) {  // Rule A2.
  EXPECT_EQ(TagOf("}{a}"), "a");
  EXPECT_EQ(TagOf("a}{b}c"), "b");
}

TEST(FindHashTagTest, NeedsBothBraces) {
  EXPECT_EQ(TagOf(""), "(none)");
  EXPECT_EQ(TagOf("{"), "(none)");
  EXPECT_EQ(TagOf("}"), "(none)");
  EXPECT_EQ(TagOf("{a"), "(none)");
  EXPECT_EQ(TagOf("a}"), "(none)");
}

TEST(FindHashTagTest, SaysWhereTheTagLies) {
  EXPECT_EQ(FindHashTag("ab{cde}"), (HashTag{.offset = 3, .length = 3}));
}

TEST(FindHashTagTest, TreatsAnyByteAsOrdinary) {  // Rule A3.
  EXPECT_EQ(TagOf(std::string_view("{\0}x", 4)), std::string("\0", 1));
  EXPECT_EQ(TagOf("\xff{\xfe}"), "\xfe");
}

}  // namespace
}  // namespace slotplanner
