// SPDX-License-Identifier: Apache-2.0
#include "client/cli/json_text.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

// From the Unicode standard, table 3-7 (well-formed UTF-8 byte sequences).
TEST(IsUtf8Test, TakesTheFirstAndLastCodePointOfEachLength) {
  for (const std::string& text : std::vector<std::string>{
           std::string(1, '\0'), "\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80",
           "\xed\x9f\xbf", "\xee\x80\x80", "\xef\xbf\xbf", "\xf0\x90\x80\x80",
           "\xf4\x8f\xbf\xbf", "", "a\xc3\xa9z"}) {
    EXPECT_TRUE(IsUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(IsUtf8Test, RefusesOverlongFormsSurrogatesAndFragments) {
  for (const std::string& text : std::vector<std::string>{
           "\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf",
           "\xed\xa0\x80", "\xed\xbf\xbf", "\xf0\x8f\xbf\xbf",
           "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xff", "\xc2",
           "\xe0\xa0", "\xf0\x90\x80", "\xc2z", "ok\xfe"}) {
    EXPECT_FALSE(IsUtf8(text)) << testing::PrintToString(text);
  }
}

TEST(JsonStringTest, EscapesWhatJsonReserves) {
  EXPECT_EQ(JsonString("a\"\\\n\x01\x1f\x7f"),
            "\"a\\\"\\\\\\u000a\\u0001"
            "\\u001f\x7f\"");
  EXPECT_EQ(JsonString("\xc3\xa9"), "\"\xc3\xa9\"");
}

}  // namespace
}  // namespace slotplanner::cli
