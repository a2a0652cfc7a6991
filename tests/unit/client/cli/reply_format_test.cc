// SPDX-License-Identifier: Apache-2.0
#include "client/cli/reply_format.h"

#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace slotplanner::cli {
namespace {

std::string Formatted(const RespValue& reply) {
  return FormatReply(std::vector<std::string>{"GET", "k"}, reply);
}

TEST(FormatReplyTest, WritesScalarsAsRedisCliDoes) {
  EXPECT_EQ(Formatted(RespValue::Nil()), "(nil)\n");
  EXPECT_EQ(Formatted(RespValue::Status("OK")), "OK\n");
  EXPECT_EQ(Formatted(RespValue::Integer(-3)), "(integer) -3\n");
  EXPECT_EQ(Formatted(RespValue::String("a\n\xff")), "\"a\\n\\xff\"\n");
  EXPECT_EQ(Formatted(RespValue::Error("WRONGTYPE bad")),
            "(error) WRONGTYPE bad\n");
  EXPECT_EQ(Formatted(RespValue::Array({})), "(empty array)\n");
}

TEST(FormatReplyTest, NumbersElementsAndAlignsTheNumbers) {
  const std::vector<RespValue> ten(10, RespValue::Integer(7));
  EXPECT_EQ(Formatted(RespValue::Array({ten})),
            " 1) (integer) 7\n 2) (integer) 7\n 3) (integer) 7\n"
            " 4) (integer) 7\n 5) (integer) 7\n 6) (integer) 7\n"
            " 7) (integer) 7\n 8) (integer) 7\n 9) (integer) 7\n"
            "10) (integer) 7\n");
}

TEST(FormatReplyTest, IndentsNestedArrays) {
  const RespValue inner =
      RespValue::Array({RespValue::String("x"), RespValue::Array({})});
  EXPECT_EQ(Formatted(RespValue::Array({inner, RespValue::Nil(), inner})),
            "1) 1) \"x\"\n   2) (empty array)\n2) (nil)\n"
            "3) 1) \"x\"\n   2) (empty array)\n");
}

TEST(FormatReplyTest, WritesReportsRaw) {
  const RespValue text = RespValue::String("a\r\nb\r\n");
  EXPECT_EQ(FormatReply(std::vector<std::string>{"info"}, text), "a\r\nb\r\n");
  EXPECT_EQ(FormatReply(std::vector<std::string>{"Cluster", "NODES"}, text),
            "a\r\nb\r\n");
  EXPECT_EQ(FormatReply(std::vector<std::string>{"CLUSTER"}, text),
            "\"a\\r\\nb\\r\\n\"\n");
}

TEST(FormatReplyJsonTest, TellsTypesApart) {
  EXPECT_EQ(FormatReplyJson(RespValue::Nil()), R"({"type":"nil"})");
  EXPECT_EQ(FormatReplyJson(RespValue::Status("OK")),
            R"({"type":"status","text":"OK"})");
  EXPECT_EQ(FormatReplyJson(RespValue::String("")),
            R"({"type":"string","text":""})");
  EXPECT_EQ(FormatReplyJson(RespValue::Error("ERR no")),
            R"({"type":"error","text":"ERR no"})");
  EXPECT_EQ(FormatReplyJson(RespValue::Integer(9007199254740993)),
            R"({"type":"integer","integer":"9007199254740993"})");
  EXPECT_EQ(FormatReplyJson(
                RespValue::Array({RespValue::Nil(), RespValue::Array({})})),
            R"({"type":"array","elements":[{"type":"nil"},)"
            R"({"type":"array","elements":[]}]})");
}

TEST(FormatReplyJsonTest, WritesBytesThatAreNoTextInBase64) {
  EXPECT_EQ(FormatReplyJson(RespValue::String("\xff\xfe")),
            R"({"type":"string","base64":"//4="})");
}

}  // namespace
}  // namespace slotplanner::cli
