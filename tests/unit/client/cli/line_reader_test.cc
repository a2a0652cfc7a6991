// SPDX-License-Identifier: Apache-2.0
#include "client/cli/line_reader.h"

#include <random>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random_seed.h"

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> LinesOf(const std::string& text,
                                 size_t max_bytes = 100) {
  std::istringstream in(text);
  LineReader reader(in, max_bytes);
  std::vector<std::string> lines;
  while (const auto line = reader.Next()) {
    lines.emplace_back(line->is_too_long ? "(too long)" : line->text);
    EXPECT_EQ(line->number, static_cast<int64_t>(lines.size()));
  }
  return lines;
}

TEST(LineReaderTest, TheLastLineMayLackItsNewline) {
  EXPECT_THAT(LinesOf(""), IsEmpty());
  EXPECT_THAT(LinesOf("a"), ElementsAre("a"));
  EXPECT_THAT(LinesOf("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(LinesOf("\n"), ElementsAre(""));
}

TEST(LineReaderTest, TakesBytesAsTheyAre) {
  const std::string bytes("\0\xff\r", 3);
  EXPECT_THAT(LinesOf(bytes + "\n" + bytes), ElementsAre(bytes, bytes));
}

TEST(LineReaderTest, PassesOverWhatIsTooLong) {
  EXPECT_THAT(LinesOf("1234\n12345\n123\n12345", 4),
              ElementsAre("1234", "(too long)", "123", "(too long)"));
  const std::string huge(300'000, 'x');
  EXPECT_THAT(LinesOf(huge + "\nk\n" + huge + "\n", 200'000),
              ElementsAre("(too long)", "k", "(too long)"));
}

TEST(LineReaderTest, LinesMayLieAcrossItsBuffer) {
  std::mt19937_64 random(RandomSeed());
  std::uniform_int_distribution<size_t> size(0, 40'000);
  std::vector<std::string> expected;
  std::string text;
  for (int i = 0; i < 100; ++i) {
    expected.emplace_back(size(random), static_cast<char>('a' + i % 26));
    text += expected.back() + '\n';
  }
  EXPECT_EQ(LinesOf(text, LineReader::kMaxLineBytes), expected);
}

}  // namespace
}  // namespace slotplanner::cli
