// SPDX-License-Identifier: Apache-2.0
#include "service/resp/redis_cli_text.h"

#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "service/resp/resp_value.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

using Parser = absl::StatusOr<RespValue> (*)(std::string_view text);

RespValue Parsed(Parser parse, std::string_view text) {
  const absl::StatusOr<RespValue> reply = parse(text);
  EXPECT_TRUE(reply.ok()) << reply.status();
  return reply.value_or(RespValue::Error("not parsed"));
}

std::string Mistake(Parser parse, std::string_view text) {
  const absl::StatusOr<RespValue> reply = parse(text);
  EXPECT_TRUE(absl::IsInvalidArgument(reply.status())) << text;
  return std::string(reply.status().message());
}

RespValue Text(std::string text) { return RespValue::String(std::move(text)); }

RespValue Number(int64_t number) { return RespValue::Integer(number); }

RespValue List(std::vector<RespValue> elements) {
  return RespValue::Array(std::move(elements));
}

TEST(ParseRedisCliTextTest, ReadsEachKindOfValue) {
  EXPECT_EQ(Parsed(ParseRedisCliText, "(integer) -7\n"), Number(-7));
  EXPECT_EQ(Parsed(ParseRedisCliText, "\"a\\x00\\xff\\\"\\n\"\r\n"),
            Text(std::string("a\0\xff\"\n", 5)));
  EXPECT_EQ(Parsed(ParseRedisCliText, "(nil)"), RespValue::Nil());
  EXPECT_EQ(Parsed(ParseRedisCliText, "(true)"), Number(1));
  EXPECT_EQ(Parsed(ParseRedisCliText, "OK\n"), RespValue::Status("OK"));
  for (const char* empty : {"array", "hash", "set", "list or set"}) {
    EXPECT_EQ(Parsed(ParseRedisCliText, absl::StrCat("(empty ", empty, ")\n")),
              List({}));
  }
}

TEST(ParseRedisCliTextTest, ColumnsTellWhatBelongsTogether) {
  const RespValue nested =
      List({List({Number(1), List({Text("a"), Text("b")}), Number(2)}),
            List({List({}), RespValue::Nil()}), Text("c")});
  EXPECT_EQ(Parsed(ParseRedisCliText,
                   "1) 1) (integer) 1\n"
                   "   2) 1) \"a\"\n"
                   "      2) \"b\"\n"
                   "   3) (integer) 2\n"
                   "2) 1) (empty array)\n"
                   "   2) (nil)\n"
                   "3) \"c\"\n"),
            nested);
}

TEST(ParseRedisCliTextTest, IndexesAreRightAligned) {
  std::string text;
  std::vector<RespValue> elements;
  for (int i = 1; i <= 10; ++i) {
    absl::StrAppend(&text, i < 10 ? " " : "", i, ") 1) (integer) ", i, "\n",
                    "    2) \"x\"\n");
    elements.push_back(List({Number(i), Text("x")}));
  }
  EXPECT_EQ(Parsed(ParseRedisCliText, text), List(elements));
}

TEST(ParseRedisCliTextTest, MapsAreNamesAndValuesInTurn) {
  const RespValue map =
      List({Text("a"), Number(1), Text("b"), List({Number(2), Number(3)}),
            Text("c"), List({Text("d"), Text("e")})});
  EXPECT_EQ(Parsed(ParseRedisCliText,
                   "1# \"a\" => (integer) 1\n"
                   "2# \"b\" => \n"
                   "   1) (integer) 2\n"
                   "   2) (integer) 3\n"
                   "3# \"c\" =>\n"  // An editor cut the space off.
                   "   1# \"d\" => \"e\"\n"),
            map);
  // As redis-cli before 7.0 wrote it: the first element behind the arrow.
  EXPECT_EQ(Parsed(ParseRedisCliText,
                   "1# \"a\" => (integer) 1\n"
                   "2# \"b\" => 1) (integer) 2\n"
                   "   2) (integer) 3\n"
                   "3# \"c\" => 1# \"d\" => \"e\"\n"),
            map);
}

TEST(ParseRedisCliTextTest, LinesMayEndInCrLfAndBlankOnesArePassedOver) {
  EXPECT_EQ(Parsed(ParseRedisCliText,
                   "\r\n 1) 1) \"a\"\r\n\r\n    2) \"b\"\r\n 2) (nil)\r\n\r\n"),
            List({List({Text("a"), Text("b")}), RespValue::Nil()}));
}

TEST(ParseRedisCliTextTest, NamesTheLineThatIsWrong) {
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\"\n3) \"c\"\n"),
              StartsWith("line 2: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\n2) \"c\"\n"),
              StartsWith("line 1: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\"\n    2) \"c\"\n"),
              StartsWith("line 2: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) (integer) one\n"),
              StartsWith("line 1: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\" \"b\"\n"),
              StartsWith("line 1: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"\\q\"\n"),
              StartsWith("line 1: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1# \"a\"\n"), HasSubstr("=>"));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1# \"a\" =>\n2# \"b\" => (nil)\n"),
              HasSubstr("a value is missing"));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\"\n2# \"b\" => (nil)\n"),
              StartsWith("line 2: "));
  EXPECT_THAT(Mistake(ParseRedisCliText, "1) \"a\"\nsecret\n"),
              Not(HasSubstr("secret")));
}

TEST(ParseRedisCliJsonTest, ReadsEachKindOfValue) {
  EXPECT_EQ(
      Parsed(ParseRedisCliJson,
             R"( [1, -2, 1.5, "a\"\u00e9\/", null, true, false, [], {}] )"),
      List({Number(1), Number(-2), Text("1.5"), Text("a\"\xe9/"),
            RespValue::Nil(), Number(1), Number(0), List({}), List({})}));
  EXPECT_EQ(Parsed(ParseRedisCliJson, "{\"a\":1,\n\"b\" : [\"c\"]}\n"),
            List({Text("a"), Number(1), Text("b"), List({Text("c")})}));
  EXPECT_EQ(Parsed(ParseRedisCliJson, "123456789012345678901"),
            Text("123456789012345678901"));
}

TEST(ParseRedisCliJsonTest, NamesTheLineThatIsWrong) {
  for (const char* wrong :
       {"", "[", "[1", "[1,", "[1,]", "[1 2]", "{1:2}", "{\"a\" 1}",
        "{\"a\":", "\"a", "\"\\u1234\"", "\"\\x", "nul", "[1] 2", "secret"}) {
    EXPECT_THAT(Mistake(ParseRedisCliJson, wrong), StartsWith("line 1: "))
        << wrong;
  }
  EXPECT_THAT(Mistake(ParseRedisCliJson, "[1,\n2,\nsecret]"),
              AllOf(StartsWith("line 3: "), Not(HasSubstr("secret"))));
}

TEST(ParseRespTextTest, ReadsBothProtocols) {
  EXPECT_EQ(
      Parsed(ParseRespText, "*5\r\n:1\r\n$2\r\n\r\n\r\n+OK\r\n$-1\r\n*0\r\n"),
      List({Number(1), Text("\r\n"), RespValue::Status("OK"), RespValue::Nil(),
            List({})}));
  EXPECT_EQ(Parsed(ParseRespText,
                   "%2\r\n+a\r\n#t\r\n+b\r\n~3\r\n_\r\n,1.5\r\n(12\r\n"),
            List({RespValue::Status("a"), Number(1), RespValue::Status("b"),
                  List({RespValue::Nil(), Text("1.5"), Text("12")})}));
  EXPECT_EQ(Parsed(ParseRespText, "=7\r\ntxt:a\nb\r\n"), Text("a\nb"));
  EXPECT_EQ(Parsed(ParseRespText, "-ERR no\r\n"), RespValue::Error("ERR no"));
  EXPECT_EQ(Parsed(ParseRespText, "!2\r\nno\r\n"), RespValue::Error("no"));
}

TEST(ParseRespTextTest, TakesLinesThatAnEditorHad) {
  EXPECT_EQ(Parsed(ParseRespText, "\n*2\n:1\n$1\na\n\n"),
            List({Number(1), Text("a")}));
}

TEST(ParseRespTextTest, NamesTheLineThatIsWrong) {
  for (const char* wrong :
       {"", "*1", "*x\r\n", "*-2\r\n", "$9\r\na\r\n", "$1\r\nab\r\n", ":\r\n",
        ":1x\r\n", "#x\r\n", "=3\r\nabc\r\n", "?", "*9223372036854775807\r\n",
        "%9223372036854775807\r\n", "$9223372036854775807\r\na",
        "*99999999999999999999\r\n", ":1\r\n:2\r\n"}) {
    EXPECT_THAT(Mistake(ParseRespText, wrong), StartsWith("line ")) << wrong;
  }
  EXPECT_THAT(Mistake(ParseRespText, "*2\r\n:1\r\nsecret\r\n"),
              AllOf(StartsWith("line 3: "), Not(HasSubstr("secret"))));
}

TEST(WholeRepliesTest, NestOnlySoDeep) {
  for (const int depth : {16, 17, 100'000}) {
    std::string json(static_cast<size_t>(depth), '[');
    json.append(static_cast<size_t>(depth), ']');
    std::string resp;
    std::string shown;
    for (int i = 1; i < depth; ++i) {
      resp += "*1\r\n";
      shown += "1) ";
    }
    resp += "*0\r\n";
    shown += "1) (nil)\n";
    EXPECT_EQ(ParseRedisCliJson(json).ok(), depth == 16);
    EXPECT_EQ(ParseRespText(resp).ok(), depth == 16);
    EXPECT_EQ(ParseRedisCliText(shown).ok(), depth == 16);
  }
}

TEST(WholeRepliesTest, HaveOnlySoManyValues) {
  for (const int count : {199'999, 200'000}) {
    std::string json = "[";
    std::string resp = absl::StrCat("*", count, "\r\n");
    for (int i = 0; i < count; ++i) {
      json += i == 0 ? "0" : ",0";
      resp += ":0\r\n";
    }
    // The array is a value, too.
    EXPECT_EQ(ParseRedisCliJson(json + "]").ok(), count < 200'000);
    EXPECT_EQ(ParseRespText(resp).ok(), count < 200'000);
  }
  std::string shown;
  for (int i = 1; i <= 200'001; ++i) {
    const std::string index = absl::StrCat(i);
    absl::StrAppend(&shown, std::string(6 - index.size(), ' '), index, ") x\n");
  }
  EXPECT_THAT(Mistake(ParseRedisCliText, shown),
              StartsWith("line 200001: too many"));
}

}  // namespace
}  // namespace slotplanner
