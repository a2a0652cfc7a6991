// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_parser.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/resp/resp_value.h"
#include "tests/support/fake_node.h"

namespace slotplanner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using std::string_view_literals::operator""sv;

// All complete replies in `bytes`, or the first error.
absl::StatusOr<std::vector<RespValue>> Parse(std::string_view bytes,
                                             const RespLimits& limits = {}) {
  RespParser parser(limits);
  parser.Feed(bytes);
  std::vector<RespValue> replies;
  while (true) {
    absl::StatusOr<std::optional<RespValue>> reply = parser.Next();
    if (!reply.ok()) return reply.status();
    if (!reply->has_value()) return replies;
    replies.push_back(**std::move(reply));
  }
}

std::string Repeat(std::string_view text, int count) {
  std::string repeated;
  for (int i = 0; i < count; ++i) repeated += text;
  return repeated;
}

TEST(RespParserTest, ReadsEachKindOfReply) {
  EXPECT_THAT(
      *Parse("+OK\r\n-ERR no\r\n:-42\r\n$3\r\nfoo\r\n$0\r\n\r\n$-1\r\n*-1\r\n"
             "*0\r\n"),
      ElementsAre(RespValue::Status("OK"), RespValue::Error("ERR no"),
                  RespValue::Integer(-42), RespValue::String("foo"),
                  RespValue::String(""), RespValue::Nil(), RespValue::Nil(),
                  RespValue::Array({})));
}

TEST(RespParserTest, ReadsNestedArrays) {
  EXPECT_THAT(
      *Parse("*4\r\n*2\r\n:1\r\n*0\r\n*1\r\n*1\r\n$1\r\na\r\n$-1\r\n+b\r\n"),
      ElementsAre(RespValue::Array(
          {RespValue::Array({RespValue::Integer(1), RespValue::Array({})}),
           RespValue::Array({RespValue::Array({RespValue::String("a")})}),
           RespValue::Nil(), RespValue::Status("b")})));
}

TEST(RespParserTest, KeepsAnyBytesInBulkStrings) {
  EXPECT_THAT(*Parse("$6\r\n\0\xff\r\n*1\r\n"sv),
              ElementsAre(RespValue::String(std::string("\0\xff\r\n*1", 6))));
}

TEST(RespParserTest, ReadsLargeArraysOfStrings) {
  std::vector<RespValue> elements;
  for (int i = 0; i < 5000; ++i) {
    elements.push_back(RespValue::Array(
        {RespValue::String(std::string(40, 'x')), RespValue::Integer(i)}));
  }
  const RespValue value = RespValue::Array(elements);
  EXPECT_THAT(*Parse(ToWire(value)), ElementsAre(value));
}

TEST(RespParserTest, GivesTheSameRepliesHoweverTheBytesArrive) {
  const std::string wire =
      "*2\r\n*1\r\n:1\r\n$5\r\nhello\r\n+OK\r\n$-1\r\n-ERR\r\n";
  const std::vector<RespValue> whole = *Parse(wire);
  for (size_t size = 1; size < wire.size(); ++size) {
    RespParser parser(RespLimits{});
    std::vector<RespValue> replies;
    for (size_t i = 0; i < wire.size(); i += size) {
      parser.Feed(std::string_view(wire).substr(i, size));
      while (true) {
        absl::StatusOr<std::optional<RespValue>> reply = parser.Next();
        ASSERT_TRUE(reply.ok()) << reply.status();
        if (!reply->has_value()) break;
        replies.push_back(**std::move(reply));
      }
    }
    EXPECT_EQ(replies, whole) << "in pieces of " << size;
  }
}

TEST(RespParserTest, WaitsForTheRestOfATruncatedReply) {
  for (const std::string_view bytes :
       {"*2\r\n:1\r\n"sv, "$5\r\nhell"sv, "$5\r\nhello"sv, "+OK"sv, "+OK\r"sv,
        "*"sv, ""sv}) {
    EXPECT_THAT(*Parse(bytes), ElementsAre()) << bytes;
  }
}

TEST(RespParserTest, RefusesWhatIsNotResp2) {
  for (const std::string_view bytes :
       {"HTTP/1.1 400 Bad Request\r\n"sv, "%1\r\n+a\r\n:1\r\n"sv, ":x\r\n"sv,
        "$x\r\n"sv, "$-2\r\n"sv, "*-2\r\n"sv, "*x\r\n"sv, "\r\n"sv, "\0"sv,
        "*1\r\n!"sv, ":99999999999999999999\r\n"sv}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Parse(bytes).status())) << bytes;
  }
}

TEST(RespParserTest, StaysRefusingAfterAnError) {
  RespParser parser(RespLimits{});
  parser.Feed("?\r\n");
  EXPECT_TRUE(absl::IsInvalidArgument(parser.Next().status()));
  parser.Feed("+OK\r\n");
  EXPECT_TRUE(absl::IsInvalidArgument(parser.Next().status()));
}

TEST(RespParserTest, ReadsArraysNestedEightDeepAndRefusesDeeperOnes) {
  EXPECT_EQ(Parse(Repeat("*1\r\n", 8) + ":1\r\n")->size(), 1u);
  EXPECT_TRUE(
      absl::IsInvalidArgument(Parse(Repeat("*1\r\n", 9) + ":1\r\n").status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(Parse(Repeat("*1\r\n", 1'000'000)).status()));
}

TEST(RespParserTest, RefusesMoreValuesThanTheLimitAsSoonAsTheyAreDeclared) {
  const RespLimits limits{.max_reply_elements = 4};
  EXPECT_EQ(Parse("*3\r\n:1\r\n:2\r\n:3\r\n", limits)->size(), 1u);
  EXPECT_THAT(Parse("*4\r\n", limits).status().message(),
              HasSubstr("4 values"));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse("*1000000000\r\n").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse("*2147483648\r\n").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(Parse("*4294967297\r\n").status()));
}

TEST(RespParserTest, CountsTheValuesOfNestedArraysTogether) {
  const RespLimits limits{.max_reply_elements = 4};
  EXPECT_TRUE(absl::IsInvalidArgument(
      Parse("*2\r\n*1\r\n:1\r\n*1\r\n:2\r\n", limits).status()));
}

TEST(RespParserTest, CountsEachReplyAfresh) {
  const RespLimits limits{.max_reply_bytes = 12, .max_reply_elements = 3};
  EXPECT_EQ(Parse(Repeat("*2\r\n:1\r\n:2\r\n", 100), limits)->size(), 100u);
}

TEST(RespParserTest, RefusesMoreBytesThanTheLimit) {
  const RespLimits limits{.max_reply_bytes = 12};
  EXPECT_EQ(Parse("$6\r\nfoobar\r\n", limits)->size(), 1u);
  EXPECT_THAT(Parse("$7\r\nfoobarx\r\n", limits).status().message(),
              HasSubstr("12 bytes"));
  EXPECT_TRUE(
      absl::IsInvalidArgument(Parse("+aaaaaaaaaaaaaaaa", limits).status()));
}

TEST(RespParserTest, BelievesNoDeclaredLengthBeforeTheBytesAreThere) {
  EXPECT_THAT(*Parse("$10737418240\r\nfoo"), ElementsAre());
  EXPECT_THAT(*Parse("$9223372036854775807\r\nfoo\r\n"), ElementsAre());
  EXPECT_THAT(*Parse("*3999999\r\n:1\r\n"), ElementsAre());
}

}  // namespace
}  // namespace slotplanner
