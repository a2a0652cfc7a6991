// SPDX-License-Identifier: Apache-2.0
#include "client/cli/analysis_input.h"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

struct Read {
  absl::StatusOr<bool> is_whole;
  std::vector<std::pair<std::string, int64_t>> keys;
  LineCounts counts;
  int64_t bad;
  std::string err;
};

Read ReadText(const std::string& text, const KeyLineFormat& format,
              bool is_strict = false) {
  std::istringstream in(text);
  std::ostringstream err;
  BadLines bad(err, is_strict);
  Read read;
  read.is_whole = ReadKeyLines(in, "keys.txt", format, bad, read.counts,
                               [&read](std::string_view key, int64_t weight) {
                                 read.keys.emplace_back(key, weight);
                               });
  read.bad = bad.count();
  read.err = err.str();
  return read;
}

TEST(ReadKeyLinesTest, KeysAreBytes) {
  const Read read = ReadText("user:1\n\xff\\x41 b\n\n{a}\r\n", {});
  EXPECT_TRUE(read.is_whole.value_or(false));
  EXPECT_THAT(read.keys, ElementsAre(Pair("user:1", 1), Pair("\xff\\x41 b", 1),
                                     Pair("{a}\r", 1)));
  EXPECT_EQ(read.counts.lines, 4);
  EXPECT_EQ(read.counts.blank, 1);
  EXPECT_EQ(read.bad, 0);
}

TEST(ReadKeyLinesTest, ReadsTheNotationOfRedisCli) {
  const Read read =
      ReadText("a\\x00\\n\n\"b \\\"c\\\"\"\n\"\"\n", {.has_escapes = true});
  EXPECT_THAT(read.keys, ElementsAre(Pair(std::string("a\0\n", 3), 1),
                                     Pair("b \"c\"", 1), Pair("", 1)));
}

TEST(ReadKeyLinesTest, ReadsWeights) {
  const Read read =
      ReadText("7 a b\n0\tc\n1099511627776 d\n", {.has_weights = true});
  EXPECT_THAT(read.keys, ElementsAre(Pair("a b", 7), Pair("c", 0),
                                     Pair("d", kMaxKeyWeight)));
  EXPECT_THAT(
      ReadText("3 \"a\\x20\"\n", {.has_escapes = true, .has_weights = true})
          .keys,
      ElementsAre(Pair("a ", 3)));
}

TEST(ReadKeyLinesTest, ShowsTheFirstBadLinesWithoutTheirBytes) {
  const Read read = ReadText(
      "1 a\nsecret\n-1 secret\n1099511627777 secret\n1.5 secret\n2 b\n"
      " secret\nsecret secret\nsecret\n",
      {.has_weights = true});
  EXPECT_TRUE(read.is_whole.value_or(false));
  EXPECT_THAT(read.keys, ElementsAre(Pair("a", 1), Pair("b", 2)));
  EXPECT_EQ(read.bad, 7);
  EXPECT_EQ(read.err,
            "slotplanner: keys.txt:2: there is no weight before the key\n"
            "slotplanner: keys.txt:3: the weight is not in [0, 2^40]\n"
            "slotplanner: keys.txt:4: the weight is not in [0, 2^40]\n"
            "slotplanner: keys.txt:5: there is no weight before the key\n"
            "slotplanner: keys.txt:7: there is no weight before the key\n"
            "slotplanner: there are more bad lines; they are counted\n");
}

TEST(ReadKeyLinesTest, SaysWhatIsWrongWithAKey) {
  const Read read =
      ReadText("\"open\nlone\\\n\"a\" \"b\"\n\"a\"b\n", {.has_escapes = true});
  EXPECT_EQ(read.bad, 4);
  EXPECT_THAT(read.err, HasSubstr("keys.txt:1: a quote is not closed\n"));
  EXPECT_THAT(read.err, HasSubstr("keys.txt:2: "));
  EXPECT_THAT(read.err, HasSubstr("keys.txt:3: there is more than one key\n"));
  EXPECT_THAT(read.err,
              HasSubstr("keys.txt:4: a space is missing behind a quote\n"));
}

TEST(ReadKeyLinesTest, PassesOverLinesThatFillTheMemory) {
  const std::string huge((size_t{1} << 20) + 1, 'x');
  const Read read = ReadText("a\n" + huge + "\nb\n", {});
  EXPECT_THAT(read.keys, ElementsAre(Pair("a", 1), Pair("b", 1)));
  EXPECT_EQ(read.err, "slotplanner: keys.txt:2: it is longer than 1 MiB\n");
}

TEST(ReadKeyLinesTest, TheFirstBadLineEndsAStrictRead) {
  const Read read =
      ReadText("1 a\nb\n2 c\n", {.has_weights = true}, /*is_strict=*/true);
  EXPECT_FALSE(read.is_whole.value_or(true));
  EXPECT_THAT(read.keys, ElementsAre(Pair("a", 1)));
}

}  // namespace
}  // namespace slotplanner::cli
