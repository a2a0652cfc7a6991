// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include <cstdint>
#include <limits>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner {
namespace {

using google::protobuf::Struct;
using google::protobuf::util::JsonStringToMessage;

// The line as a JSON parser that is not ours reads it.
Struct ParseJson(const std::string& line) {
  Struct json;
  EXPECT_TRUE(JsonStringToMessage(line, &json).ok()) << line;
  return json;
}

std::string FormatMessage(std::string_view message) {
  return FormatLogLine(absl::UnixEpoch(), LogLevel::kInfo, "test",
                       {{"message", message}});
}

TEST(FormatLogLineTest, IsOneJsonObjectAndANewline) {
  const absl::Time time =
      absl::FromUnixSeconds(1'700'000'000) + absl::Milliseconds(7);
  EXPECT_EQ(FormatLogLine(time, LogLevel::kWarning, "topology_changed",
                          {{"cluster", "orders"},
                           {"shards", 3},
                           {"took_seconds", absl::Milliseconds(1500)}}),
            R"({"time":"2023-11-14T22:13:20.007Z","level":"warning",)"
            R"("event":"topology_changed","cluster":"orders","shards":3,)"
            R"("took_seconds":1.5})"
            "\n");
}

TEST(FormatLogLineTest, EscapesWhatJsonWantsEscaped) {
  const std::string text = std::string("a\"b\\c\nd\te\x7f\0f", 12);
  const std::string line = FormatMessage(text);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(ParseJson(line).fields().at("message").string_value(), text);
}

TEST(FormatLogLineTest, KeepsValidUtf8) {
  const std::string text = "h\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80";
  EXPECT_EQ(
      ParseJson(FormatMessage(text)).fields().at("message").string_value(),
      text);
}

TEST(FormatLogLineTest, ReplacesEachByteThatIsNoUtf8) {
  // Stray continuation, overlong '/', surrogate, above U+10FFFF, cut short.
  for (const std::string_view bytes :
       {"\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xe2\x82"}) {
    std::string expected;
    for (size_t i = 0; i < bytes.size(); ++i) expected += "\xef\xbf\xbd";
    EXPECT_EQ(
        ParseJson(FormatMessage(bytes)).fields().at("message").string_value(),
        expected);
  }
}

TEST(FormatLogLineTest, IsValidJsonForEveryPairOfBytes) {
  for (int first = 0; first < 256; ++first) {
    for (int second = 0; second < 256; ++second) {
      ParseJson(FormatMessage(
          std::string{static_cast<char>(first), static_cast<char>(second)}));
    }
  }
}

TEST(FormatLogLineTest, WritesNumbersThatJsonHasNoWordForAsNull) {
  const std::string line =
      FormatLogLine(absl::UnixEpoch(), LogLevel::kError, "test",
                    {{"endless", absl::InfiniteDuration()},
                     {"least", std::numeric_limits<int64_t>::min()}});
  EXPECT_TRUE(ParseJson(line).fields().at("endless").has_null_value()) << line;
  EXPECT_NE(line.find("-9223372036854775808"), std::string::npos);
}

TEST(LogTest, KeepsLinesOfManyThreadsApart) {
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int j = 0; j < 100; ++j) {
          Log(LogLevel::kInfo, "test", {{"padding", std::string(300, 'x')}});
        }
      });
    }
  }
  std::istringstream lines(testing::internal::GetCapturedStderr());
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) ParseJson(line);
  EXPECT_EQ(count, 400);
}

}  // namespace
}  // namespace slotplanner
