// SPDX-License-Identifier: Apache-2.0
// See also tests/integration/client_monitor_file_test.cc.
#include "client/cli/monitor_file.h"

#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/escapes.h"
#include "tests/support/random_seed.h"

namespace slotplanner::cli {
namespace {

using ::testing::ElementsAre;

SentCommand Read(std::string_view line) {
  const auto command = ReadSentCommand(line);
  EXPECT_TRUE(command.ok()) << command.status();
  return command.ok() && *command ? **command : SentCommand();
}

std::string MistakeIn(std::string_view line) {
  const auto command = ReadSentCommand(line);
  EXPECT_EQ(command.status().code(), absl::StatusCode::kInvalidArgument)
      << line;
  return std::string(command.status().message());
}

// From the documentation of MONITOR.
TEST(ReadSentCommandTest, ReadsWhatMonitorShows) {
  const SentCommand command =
      Read(R"(1339518083.107412 [0 127.0.0.1:60866] "keys" "*")");
  EXPECT_THAT(command.args, ElementsAre("keys", "*"));
  EXPECT_EQ(command.client, "127.0.0.1:60866");
  EXPECT_FALSE(command.is_of_script);
}

TEST(ReadSentCommandTest, KnowsEverySender) {
  const SentCommand script = Read(R"(1.000001 [0 lua] "set" "a" "b")");
  EXPECT_TRUE(script.is_of_script);
  EXPECT_THAT(script.args, ElementsAre("set", "a", "b"));
  EXPECT_EQ(Read(R"(1.000001 [15 [::1]:60866] "ping")").client, "[::1]:60866");
  const SentCommand local = Read(R"(1.000001 [0 unix:/tmp/r s.sock] "ping")");
  EXPECT_EQ(local.client, "unix:/tmp/r s.sock");
  EXPECT_FALSE(local.is_of_script);
}

TEST(ReadSentCommandTest, ReadsEveryByte) {
  EXPECT_THAT(
      Read(R"(1.0 [0 a:1] "set" "" "\x00\xff\n\r\t\a\b\"\\ ] \"[0" )").args,
      ElementsAre("set", "", std::string("\0\xff\n\r\t\a\b\"\\ ] \"[0", 15)));
}

TEST(ReadSentCommandTest, ReadsWhatTheWireHas) {
  EXPECT_THAT(Read("+1.0 [0 a:1] \"get\" \"k\"\r").args,
              ElementsAre("get", "k"));
}

TEST(ReadSentCommandTest, ReadsOneCommandALine) {
  const SentCommand command = Read(" SET k \"a b\"\r");
  EXPECT_THAT(command.args, ElementsAre("SET", "k", "a b"));
  EXPECT_EQ(command.client, "");
}

TEST(ReadSentCommandTest, PassesOverLinesWithoutACommand) {
  for (const std::string_view line :
       {"", " \t\r", "# GET k", "  #", "OK", "+OK\r"}) {
    const auto command = ReadSentCommand(line);
    ASSERT_TRUE(command.ok()) << line;
    EXPECT_EQ(*command, std::nullopt) << line;
  }
}

TEST(ReadSentCommandTest, SaysWhatIsWrong) {
  EXPECT_EQ(MistakeIn("GET \"k"), "a quote is not closed");
  EXPECT_EQ(MistakeIn("1.0 [0 a:1] \"get\" \"secret"), "a quote is not closed");
  EXPECT_EQ(MistakeIn("1.0 [0 a:1] \"get\"\"secret\""),
            "a space is missing behind a quote");
  EXPECT_EQ(MistakeIn("1.0 [secret] \"get\""), "the database is missing");
  for (const std::string_view line :
       {"1.0 [0 secret", "1.0 [0 secret]", "1.0 [0 secret] get",
        "1.0 [0 ] \"get\""}) {
    EXPECT_EQ(MistakeIn(line), "the sender or the command is missing") << line;
  }
}

// MONITOR writes arguments as `QuoteBytes` does.
TEST(ReadSentCommandTest, ReadsWhatQuotingWrote) {
  std::mt19937_64 random(RandomSeed());
  for (int i = 0; i < 5'000; ++i) {
    SentCommand command{.args = {}, .client = "127.0.0.1:1"};
    std::string line = "1.000001 [0 127.0.0.1:1]";
    do {
      std::string& arg = command.args.emplace_back(random() % 12, ' ');
      for (char& c : arg) {
        c = random() % 2 == 0 ? static_cast<char>(random())
                              : "\"'[] \\x\n"[random() % 8];
      }
      line += " " + QuoteBytes(arg);
    } while (random() % 4 != 0);
    EXPECT_EQ(Read(line), command) << line;
  }
}

TEST(ReadSentCommandTest, NeverSaysWhatTheLineHas) {
  const std::string line = R"(1.0 [0 secret:1] "secret" "\x00secret\n")";
  for (size_t size = 0; size <= line.size(); ++size) {
    const auto command = ReadSentCommand(line.substr(0, size));
    if (command.ok()) continue;
    EXPECT_EQ(command.status().message().find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace slotplanner::cli
