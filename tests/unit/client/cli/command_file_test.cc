// SPDX-License-Identifier: Apache-2.0
#include "client/cli/command_file.h"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> Split(std::string_view line) {
  const auto arguments = SplitArguments(line);
  EXPECT_TRUE(arguments.ok()) << arguments.status();
  return arguments.value_or(std::vector<std::string>{});
}

std::string MistakeIn(const std::string& text) {
  std::istringstream in(text);
  const auto commands = ReadCommands(in, "batch.txt");
  EXPECT_EQ(commands.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(commands.status().message());
}

TEST(SplitArgumentsTest, SplitsAtSpaces) {
  EXPECT_THAT(Split(" SET\tk  v \r"), ElementsAre("SET", "k", "v"));
  EXPECT_THAT(Split(" \t"), IsEmpty());
}

TEST(SplitArgumentsTest, DecodesEscapesBetweenDoubleQuotes) {
  EXPECT_THAT(Split(R"(SET "a b" "\xff\x00\n\"\\" "")"),
              ElementsAre("SET", "a b", std::string("\xff\0\n\"\\", 5), ""));
}

TEST(SplitArgumentsTest, TakesBytesAsTheyAreBetweenSingleQuotes) {
  EXPECT_THAT(Split(R"('a "b"\n' '\'' '\\x' '')"),
              ElementsAre(R"(a "b"\n)", "'", R"(\\x)", ""));
}

TEST(SplitArgumentsTest, TakesBytesAsTheyAreWithoutQuotes) {
  EXPECT_THAT(Split("\\x41 \xff a\"b c\""),
              ElementsAre("\\x41", "\xff", "ab c"));
}

TEST(SplitArgumentsTest, RefusesQuotesThatAreOpenOrInTheWay) {
  for (const std::string_view line :
       {R"(GET "a)", R"(GET 'a)", R"(GET "a\")", R"(GET 'a\')", R"(GET "a"b)",
        R"(GET 'a''b')", R"(")"}) {
    EXPECT_EQ(SplitArguments(line).status().code(),
              absl::StatusCode::kInvalidArgument)
        << line;
  }
}

TEST(ReadCommandsTest, PassesOverBlankLinesAndComments) {
  std::istringstream in("# A batch.\r\n\nSET k #v\n  # More.\n \t\nGET k");
  const auto commands = ReadCommands(in, "batch.txt");
  ASSERT_TRUE(commands.ok()) << commands.status();
  EXPECT_THAT(*commands, ElementsAre(ElementsAre("SET", "k", "#v"),
                                     ElementsAre("GET", "k")));
}

TEST(ReadCommandsTest, NamesTheFileAndTheLine) {
  EXPECT_EQ(MistakeIn("GET k\n\nGET \"k\n"),
            "batch.txt:3: a quote is not closed");
  EXPECT_EQ(MistakeIn("GET 'k'v"),
            "batch.txt:1: a space is missing behind a quote");
}

TEST(ReadCommandsTest, WithoutACommandThereIsNothingToDo) {
  EXPECT_EQ(MistakeIn("# Nothing.\n\n"), "batch.txt has no command");
}

}  // namespace
}  // namespace slotplanner::cli
