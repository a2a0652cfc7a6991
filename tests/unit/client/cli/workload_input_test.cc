// SPDX-License-Identifier: Apache-2.0
#include "client/cli/workload_input.h"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_join.h"

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;

struct Read {
  absl::StatusOr<bool> is_whole;
  std::vector<std::string> batches;
  LineCounts counts;
  std::string err;
};

Read ReadText(const std::string& text, bool is_strict = false) {
  std::istringstream in(text);
  std::ostringstream err;
  BadLines bad(err, is_strict);
  Read read;
  read.is_whole = ReadWorkload(
      in, "log", bad, read.counts,
      [&read](std::span<const CommandArgs> commands) {
        std::vector<std::string> texts;
        for (const CommandArgs command : commands) {
          std::vector<std::string> words(command.begin(), command.end());
          texts.push_back(absl::StrJoin(words, " "));
        }
        read.batches.push_back(absl::StrJoin(texts, "; "));
      });
  read.err = err.str();
  return read;
}

TEST(ReadWorkloadTest, TransactionsStayTogether) {
  const Read read = ReadText(
      "OK\n"
      "1.1 [0 127.0.0.1:1] \"multi\"\n"
      "1.2 [0 127.0.0.1:2] \"GET\" \"a\"\n"
      "1.2 [0 lua] \"GET\" \"b\"\n"
      "1.3 [0 127.0.0.1:1] \"INCR\" \"c\"\n"
      "1.4 [0 127.0.0.1:1] \"exec\"\n"
      "\n"
      "1.5 [0 127.0.0.1:3] \"MULTI\"\n");
  EXPECT_TRUE(read.is_whole.value_or(false));
  EXPECT_THAT(read.batches,
              ElementsAre("GET a", "multi; INCR c; exec", "MULTI"));
  EXPECT_EQ(read.counts.lines, 8);
  EXPECT_EQ(read.counts.blank, 2);
  EXPECT_EQ(read.counts.of_scripts, 1);
}

TEST(ReadWorkloadTest, CountsBadLinesOrStopsAtThem) {
  const std::string text = "GET a\nGET \"secret\nGET b\n";
  EXPECT_THAT(ReadText(text).batches, ElementsAre("GET a", "GET b"));
  EXPECT_EQ(ReadText(text).err, "slotplanner: log:2: a quote is not closed\n");
  EXPECT_FALSE(ReadText(text, true).is_whole.value_or(true));
}

}  // namespace
}  // namespace slotplanner::cli
