// SPDX-License-Identifier: Apache-2.0
#include "server/log.h"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
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

TEST(FormatLogLineTest, TellsHowManyLinesBeforeItWereSuppressed) {
  EXPECT_EQ(
      FormatLogLine(absl::UnixEpoch(), LogLevel::kError, "test", {{"a", 1}}, 7),
      R"({"time":"1970-01-01T00:00:00.000Z","level":"error",)"
      R"("event":"test","a":1,"suppressed":7})"
      "\n");
}

TEST(ParseLogLevelTest, KnowsTheNamesThatLinesHave) {
  for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo,
                               LogLevel::kWarning, LogLevel::kError}) {
    EXPECT_EQ(ParseLogLevel(LogLevelName(level)), level);
  }
  EXPECT_EQ(LogLevelName(LogLevel::kDebug), "debug");
  for (const std::string_view name : {"", "Info", "trace", "info "}) {
    EXPECT_EQ(ParseLogLevel(name), std::nullopt) << name;
  }
}

// The level and the limiter are of the whole process: each test logs an event
// of its own.
class LogTest : public testing::Test {
 protected:
  ~LogTest() override { SetLogLevel(LogLevel::kInfo); }

  // The lines that `write` logs.
  static std::vector<std::string> LinesOf(const std::function<void()>& write) {
    testing::internal::CaptureStderr();
    write();
    std::istringstream text(testing::internal::GetCapturedStderr());
    std::vector<std::string> lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }

  static void LogOneOfEachLevel(std::string_view event) {
    for (const LogLevel level : {LogLevel::kDebug, LogLevel::kInfo,
                                 LogLevel::kWarning, LogLevel::kError}) {
      Log(level, event);
    }
  }
};

TEST_F(LogTest, LeavesOutDebugUnlessToldOtherwise) {
  EXPECT_FALSE(IsLogged(LogLevel::kDebug));
  EXPECT_TRUE(IsLogged(LogLevel::kInfo));
  EXPECT_EQ(LinesOf([] { LogOneOfEachLevel("default_level"); }).size(), 3u);
}

TEST_F(LogTest, WritesWhatIsOfItsLevelOrAbove) {
  SetLogLevel(LogLevel::kWarning);
  EXPECT_FALSE(IsLogged(LogLevel::kInfo));
  EXPECT_TRUE(IsLogged(LogLevel::kWarning));
  const auto lines = LinesOf([] { LogOneOfEachLevel("warning_level"); });
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(ParseJson(lines[0]).fields().at("level").string_value(), "warning");
  EXPECT_EQ(ParseJson(lines[1]).fields().at("level").string_value(), "error");
  SetLogLevel(LogLevel::kDebug);
  EXPECT_EQ(LinesOf([] { LogOneOfEachLevel("debug_level"); }).size(), 4u);
}

TEST_F(LogTest, WritesABurstOfAnEventAndCountsTheRest) {
  const int64_t suppressed_before = SuppressedLogLineCount();
  const size_t written = LinesOf([] {
                           for (int i = 0; i < 1'000; ++i)
                             Log(LogLevel::kError, "flood");
                         }).size();
  EXPECT_GE(written, 20u);
  // All but those that a slow machine takes seconds for.
  EXPECT_LT(written, 1'000u);
  EXPECT_EQ(SuppressedLogLineCount() - suppressed_before,
            static_cast<int64_t>(1'000 - written));
  EXPECT_EQ(LinesOf([] { Log(LogLevel::kInfo, "not_flood"); }).size(), 1u);
}

TEST_F(LogTest, CountsTheSameEventOfTwoClustersApart) {
  const auto log = [](std::string_view cluster) {
    for (int i = 0; i < 20; ++i) {
      Log(LogLevel::kInfo, "of_a_cluster", {{"cluster", cluster}});
    }
  };
  EXPECT_EQ(LinesOf([&] {
              log("orders");
              log("users");
            }).size(),
            40u);
}

TEST_F(LogTest, SuppressesNothingAtLevelDebug) {
  SetLogLevel(LogLevel::kDebug);
  EXPECT_EQ(LinesOf([] {
              for (int i = 0; i < 100; ++i) {
                Log(LogLevel::kDebug, "each_call");
                Log(LogLevel::kError, "each_error");
              }
            }).size(),
            200u);
}

TEST_F(LogTest, CountsNothingAsSuppressedThatIsBelowItsLevel) {
  const int64_t suppressed_before = SuppressedLogLineCount();
  EXPECT_TRUE(LinesOf([] {
                for (int i = 0; i < 100; ++i) Log(LogLevel::kDebug, "hidden");
              }).empty());
  EXPECT_EQ(SuppressedLogLineCount(), suppressed_before);
}

TEST_F(LogTest, KeepsLinesOfManyThreadsApart) {
  SetLogLevel(LogLevel::kDebug);  // Not limited.
  testing::internal::CaptureStderr();
  {
    std::vector<std::jthread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([] {
        for (int j = 0; j < 100; ++j) {
          Log(LogLevel::kDebug, "test", {{"padding", std::string(300, 'x')}});
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
