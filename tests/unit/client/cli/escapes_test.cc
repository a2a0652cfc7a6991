// SPDX-License-Identifier: Apache-2.0
#include "client/cli/escapes.h"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

TEST(QuoteBytesTest, WritesBytesAsRedisCliDoes) {
  EXPECT_EQ(QuoteBytes(""), R"("")");
  EXPECT_EQ(QuoteBytes("user:1 ~"), R"("user:1 ~")");
  EXPECT_EQ(QuoteBytes("\"\\'"), R"("\"\\'")");
  EXPECT_EQ(QuoteBytes("\n\r\t\a\b"), R"("\n\r\t\a\b")");
  EXPECT_EQ(QuoteBytes(std::string_view("\0\x1f\x7f\xff", 4)),
            R"("\x00\x1f\x7f\xff")");
}

TEST(DecodeEscapesTest, ReadsBytesAsRedisCliDoesBetweenDoubleQuotes) {
  EXPECT_EQ(*DecodeEscapes("plain"), "plain");
  EXPECT_EQ(*DecodeEscapes(R"(\n\r\t\a\b)"), "\n\r\t\a\b");
  EXPECT_EQ(*DecodeEscapes(R"(\\ \" \q)"), R"(\ " q)");
  EXPECT_EQ(*DecodeEscapes(R"(\x00\xfF\x7fg)"),
            std::string_view("\0\xff\x7fg", 4));
}

TEST(DecodeEscapesTest, AnXWithoutTwoDigitsStandsForItself) {
  EXPECT_EQ(*DecodeEscapes(R"(\x)"), "x");
  EXPECT_EQ(*DecodeEscapes(R"(\x1)"), "x1");
  EXPECT_EQ(*DecodeEscapes(R"(\xg0)"), "xg0");
}

TEST(DecodeEscapesTest, RefusesALoneBackslashAtTheEnd) {
  EXPECT_FALSE(DecodeEscapes(R"(a\)").ok());
  EXPECT_FALSE(DecodeEscapes(R"(\\\)").ok());
}

TEST(DecodeEscapesTest, ReadsBackWhatQuoteBytesWrites) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) {
    every_byte += static_cast<char>(byte);
  }
  const std::string quoted = QuoteBytes(every_byte);
  EXPECT_EQ(
      *DecodeEscapes(std::string_view(quoted).substr(1, quoted.size() - 2)),
      every_byte);
}

}  // namespace
}  // namespace slotplanner::cli
