// SPDX-License-Identifier: Apache-2.0
// FormatReply against the real redis-cli: both get the same reply.
#include <array>
#include <cstdio>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "client/cli/command_file.h"
#include "client/cli/reply_format.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

// What redis-cli prints, as on a terminal, for `reply` to `command`. Requires:
// no word of `command` needs quoting.
std::string PrintedByRedisCli(const std::vector<std::string>& command,
                              const RespValue& reply) {
  const FakeNode node(FakeScript().Expect(command).Send(reply).Stall());
  std::string line =
      absl::StrCat("redis-cli --no-raw -p ", node.endpoint().port);
  for (const std::string& word : command) absl::StrAppend(&line, " ", word);
  FILE* const pipe = popen(line.c_str(), "r");
  if (pipe == nullptr) return "redis-cli does not start";
  std::string printed;
  std::array<char, 4096> buffer;
  while (const size_t count = fread(buffer.data(), 1, buffer.size(), pipe)) {
    printed.append(buffer.data(), count);
  }
  EXPECT_EQ(pclose(pipe), 0);
  return printed;
}

void ExpectSame(const std::vector<std::string>& command,
                const RespValue& reply) {
  EXPECT_EQ(cli::FormatReply(command, reply),
            PrintedByRedisCli(command, reply));
}

TEST(FormatReplyTest, PrintsEveryTypeAsRedisCliDoes) {
  for (const RespValue& reply :
       {RespValue::Nil(), RespValue::Integer(-12), RespValue::Status("OK"),
        RespValue::Status(""), RespValue::String(""), RespValue::Array({}),
        RespValue::Error("WRONGTYPE Operation against a key")}) {
    ExpectSame({"GET", "k"}, reply);
  }
}

TEST(FormatReplyTest, PrintsEveryByteAsRedisCliDoes) {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) {
    every_byte += static_cast<char>(byte);
  }
  ExpectSame({"GET", "k"}, RespValue::String(every_byte));
}

TEST(FormatReplyTest, PrintsNestedArraysAsRedisCliDoes) {
  const RespValue pair =
      RespValue::Array({RespValue::String("field"), RespValue::Nil()});
  const RespValue deep = RespValue::Array(
      {pair, RespValue::Array({pair, RespValue::Array({})}),
       RespValue::Error("ERR inside"), RespValue::Status("QUEUED")});
  ExpectSame({"EXEC"}, deep);
  for (const size_t length : {1u, 9u, 10u, 11u, 99u, 100u, 101u}) {
    ExpectSame({"EXEC"}, RespValue::Array({length, pair}));
    ExpectSame({"EXEC"},
               RespValue::Array({deep, RespValue::Array({length, deep})}));
  }
}

TEST(FormatReplyTest, PrintsReportsAsRedisCliDoes) {
  const RespValue report = RespValue::String("# Server\r\nversion:\x01\r\n");
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"INFO"},
                                             {"info", "server"},
                                             {"CLUSTER", "NODES"},
                                             {"cluster", "info"},
                                             {"CLUSTER", "MYID"},
                                             {"CLIENT", "LIST"},
                                             {"CLIENT", "ID"},
                                             {"LOLWUT"},
                                             {"LATENCY", "DOCTOR"},
                                             {"LATENCY", "GRAPH", "x"},
                                             {"MEMORY", "DOCTOR"},
                                             {"MEMORY", "MALLOC-STATS"},
                                             {"DEBUG", "HTSTATS", "0"}}) {
    ExpectSame(command, report);
  }
}

// redis-cli reads commands from its standard input as `--file` does.
TEST(SplitArgumentsTest, ReadsLinesAsRedisCliDoes) {
  const std::vector<std::string> lines = {
      "PING",
      "  SET\tk   v  ",
      R"(SET "a b" "\xff\x0a\n\r\t\a\b\"\\\q\x4")",
      R"(SET 'a "b"\n' '\'' '\\x' '')",
      R"(SET a"b c" d'e f' \x41 "")",
      "SET \xff\xfe caf\xc3\xa9",
  };
  FakeScript script;
  // redis-cli asks for its help texts first.
  script.Expect({"COMMAND", "DOCS"}).Send("*0\r\n");
  std::string input;
  for (const std::string& line : lines) {
    const auto arguments = cli::SplitArguments(line);
    ASSERT_TRUE(arguments.ok()) << arguments.status();
    script.Expect(*arguments).Send("+OK\r\n");
    input += line + '\n';
  }
  const FakeNode node(script.Stall());
  FILE* const pipe =
      popen(absl::StrCat("redis-cli -p ", node.endpoint().port, " >/dev/null")
                .c_str(),
            "w");
  ASSERT_NE(pipe, nullptr);
  EXPECT_EQ(fwrite(input.data(), 1, input.size(), pipe), input.size());
  EXPECT_EQ(pclose(pipe), 0);
  EXPECT_EQ(node.connection_count(), 1);
}

}  // namespace
}  // namespace slotplanner
