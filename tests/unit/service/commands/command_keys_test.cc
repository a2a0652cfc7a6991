// SPDX-License-Identifier: Apache-2.0
#include "service/commands/command_keys.h"

#include <string>
#include <variant>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "tests/support/words.h"

namespace slotplanner {
namespace {

using Kind = CommandError::Kind;

// Positions of the keys, as "1 3 5", or what is wrong.
std::string KeysOf(const std::string& command) {
  const Words words(command);
  const auto parsed = ParseCommand(*CommandCatalog::Redis70(), words.views());
  if (const auto* error = std::get_if<CommandError>(&parsed)) {
    switch (error->kind) {
      case Kind::kUnknownCommand:
        return "unknown command";
      case Kind::kWrongArity:
        return "wrong arity";
      case Kind::kSyntax:
        return "syntax";
      case Kind::kUnknownKeys:
        return "unknown keys";
    }
  }
  std::string positions;
  for (const KeyRange& range : std::get<ParsedCommand>(parsed).key_ranges) {
    for (int key = 0; key < range.count; ++key) {
      absl::StrAppend(&positions, positions.empty() ? "" : " ",
                      range.PositionOf(key));
    }
  }
  return positions;
}

TEST(ParseCommandTest, FindsKeysByIndexAndRange) {  // Rule B1.
  EXPECT_EQ(KeysOf("GET k"), "1");
  EXPECT_EQ(KeysOf("mget a b c"), "1 2 3");
  EXPECT_EQ(KeysOf("MSET a 1 b 2"), "1 3");
  EXPECT_EQ(KeysOf("BLPOP a b 0"), "1 2");
  EXPECT_EQ(KeysOf("BITOP AND d a b"), "2 3 4");
  EXPECT_EQ(KeysOf("RENAME a b"), "1 2");
  EXPECT_EQ(KeysOf("LCS a b LEN"), "1 2");
  EXPECT_EQ(KeysOf("PFMERGE d"), "1");
  EXPECT_EQ(KeysOf("PFMERGE d a b"), "1 2 3");
  EXPECT_EQ(KeysOf("PING"), "");
  EXPECT_EQ(KeysOf("ECHO text"), "");
}

TEST(ParseCommandTest, KnowsTheKeysOfSubcommands) {  // Rule B2.
  EXPECT_EQ(KeysOf("OBJECT ENCODING k"), "2");
  EXPECT_EQ(KeysOf("object help"), "");
  EXPECT_EQ(KeysOf("XGROUP CREATE k g $"), "2");
  EXPECT_EQ(KeysOf("Memory uSage k"), "2");
  EXPECT_EQ(KeysOf("CONFIG SET maxmemory 0"), "");
}

TEST(ParseCommandTest, CountsKeysByTheirNumber) {  // Rule B3.
  EXPECT_EQ(KeysOf("EVAL s 2 a b x y"), "3 4");
  EXPECT_EQ(KeysOf("EVAL s 0"), "");
  EXPECT_EQ(KeysOf("FCALL f 0 x"), "");
  EXPECT_EQ(KeysOf("ZUNIONSTORE d 2 a b WEIGHTS 1 2"), "1 3 4");
  EXPECT_EQ(KeysOf("LMPOP 2 a b LEFT"), "2 3");
  EXPECT_EQ(KeysOf("BLMPOP 0 2 a b LEFT"), "3 4");
  EXPECT_EQ(KeysOf("SINTERCARD 1 a LIMIT 1"), "2");
}

TEST(ParseCommandTest, RefusesKeyCountsThatAreNone) {  // Rule B3.
  for (const char* count : {"x", "-1", "3", "1.0", "+1", "01", "1x", "''",
                            "99999999999999999999"}) {
    EXPECT_EQ(KeysOf(absl::StrCat("EVAL s ", count, " a b")), "syntax")
        << count;
  }
  // The server reads no blanks around a number.
  const Words blank({"EVAL", "s", " 1", "a"});
  EXPECT_TRUE(std::holds_alternative<CommandError>(
      ParseCommand(*CommandCatalog::Redis70(), blank.views())));
}

TEST(ParseCommandTest, SearchesKeywordsFromTheirPositionOnly) {  // Rule B4.
  EXPECT_EQ(KeysOf("XREAD STREAMS a b 0 0"), "2 3");
  EXPECT_EQ(KeysOf("XREAD COUNT 2 BLOCK 0 STREAMS STREAMS 0"), "6");
  EXPECT_EQ(KeysOf("XREADGROUP GROUP streams c STREAMS k >"), "5");
  EXPECT_EQ(KeysOf("XREADGROUP GROUP g streams STREAMS k >"), "5");
  EXPECT_EQ(KeysOf("XREADGROUP GROUP streams streams NOACK streams k >"), "6");
}

TEST(ParseCommandTest, RefusesStreamsWithoutAnIdEach) {  // Rule B4.
  EXPECT_EQ(KeysOf("XREAD STREAMS a b 0"), "syntax");
  EXPECT_EQ(KeysOf("XREAD COUNT 2 STREAMS"), "syntax");
  EXPECT_EQ(KeysOf("XREAD COUNT 2 a 0"), "syntax");
}

TEST(ParseCommandTest, FindsShardChannels) {  // Rule B8.
  EXPECT_EQ(KeysOf("SPUBLISH c m"), "1");
  EXPECT_EQ(KeysOf("SSUBSCRIBE c d"), "1 2");
}

TEST(ParseCommandTest, RefusesWhatIsNoCommand) {  // Rule B9.
  EXPECT_EQ(KeysOf(""), "syntax");
  EXPECT_EQ(KeysOf("''"), "unknown command");
  EXPECT_EQ(KeysOf("NOSUCH k"), "unknown command");
  EXPECT_EQ(KeysOf("XGROUP NOSUCH k"), "unknown command");
  EXPECT_EQ(KeysOf("XGROUP"), "wrong arity");
  EXPECT_EQ(KeysOf("GET"), "wrong arity");
  EXPECT_EQ(KeysOf("GET a b"), "wrong arity");
  EXPECT_EQ(KeysOf("MGET"), "wrong arity");
  EXPECT_EQ(KeysOf("MSET a"), "wrong arity");
  EXPECT_EQ(KeysOf("MSET a 1 b"), "syntax");
  EXPECT_EQ(KeysOf("MSETNX a 1 b"), "syntax");
}

TEST(ParseCommandTest, NamesTheCommandButNeverAnArgumentInErrors) {
  const Words words("XGROUP secret-word k");
  const auto parsed = ParseCommand(*CommandCatalog::Redis70(), words.views());
  const std::string& message = std::get<CommandError>(parsed).message;
  EXPECT_NE(message.find("XGROUP"), std::string::npos);
  EXPECT_EQ(message.find("secret"), std::string::npos);
}

// A command of a module: key, path and value, any number of times.
TEST(ParseCommandTest, KeepsTheStrideOfACatalogsOwnCommands) {
  const auto text = [](const char* t) { return RespValue::String(t); };
  const auto number = [](int64_t n) { return RespValue::Integer(n); };
  const RespValue spec = RespValue::Array(
      {text("begin_search"),
       RespValue::Array({text("type"), text("index"), text("spec"),
                         RespValue::Array({text("index"), number(1)})}),
       text("find_keys"),
       RespValue::Array(
           {text("type"), text("range"), text("spec"),
            RespValue::Array({text("lastkey"), number(-1), text("keystep"),
                              number(3), text("limit"), number(0)})})});
  const RespValue entry = RespValue::Array(
      {text("json.mset"), number(-4), RespValue::Array({text("write")}),
       number(1), number(-1), number(3), RespValue::Array({}),
       RespValue::Array({}), RespValue::Array({spec}), RespValue::Array({})});
  const auto catalog =
      CommandCatalog::FromCommandReply(RespValue::Array({entry}));
  ASSERT_TRUE(catalog.ok());
  const Words two("JSON.MSET a $ 1 b $ 2");
  const auto parsed = ParseCommand(*catalog, two.views());
  EXPECT_EQ(std::get<ParsedCommand>(parsed).key_ranges.at(0),
            (KeyRange{.first = 1, .count = 2, .step = 3}));
  const Words torn("JSON.MSET a $ 1 b $");
  EXPECT_TRUE(std::holds_alternative<CommandError>(
      ParseCommand(*catalog, torn.views())));
}

}  // namespace
}  // namespace slotplanner
