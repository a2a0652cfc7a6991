// SPDX-License-Identifier: Apache-2.0
#include "server/setting_reader.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "service/base/strings.h"

namespace slotplanner {
namespace {

std::string InBrackets(std::string_view path) {
  return absl::StrCat("<", ToAbsl(path), ">");
}

class SettingReaderTest : public testing::Test {
 protected:
  std::string Error() const { return std::string(reader_.status().message()); }

  static google::protobuf::Duration Of(int64_t seconds, int32_t nanos = 0) {
    google::protobuf::Duration duration;
    duration.set_seconds(seconds);
    duration.set_nanos(nanos);
    return duration;
  }

  SettingReader reader_{InBrackets};
};

TEST_F(SettingReaderTest, IsOkAtFirst) { EXPECT_TRUE(reader_.status().ok()); }

TEST_F(SettingReaderTest, TakesNumbersWithinTheirRange) {
  int number = 0;
  reader_.Number("n", 1, 1, 3, number);
  EXPECT_EQ(number, 1);
  reader_.Number("n", 3, 1, 3, number);
  EXPECT_EQ(number, 3);
  EXPECT_TRUE(reader_.status().ok());
}

TEST_F(SettingReaderTest, LeavesNumbersAsTheyAreForOthers) {
  int number = 7;
  reader_.Number("n", 0, 1, 3, number);
  EXPECT_EQ(number, 7);
  EXPECT_EQ(Error(), "<n>: must be from 1 to 3");
  reader_.Number("n", 4, 1, 3, number);
  EXPECT_EQ(number, 7);
}

TEST_F(SettingReaderTest, TakesNumbersOf64Bits) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  int64_t number = 0;
  reader_.Number("n", kMax, int64_t{0}, kMax, number);
  EXPECT_EQ(number, kMax);
  reader_.Number("n", int64_t{-1}, int64_t{0}, kMax, number);
  EXPECT_EQ(number, kMax);
  EXPECT_EQ(Error(), "<n>: must be from 0 to 9223372036854775807");
}

TEST_F(SettingReaderTest, TakesDurationsWithinTheirRange) {
  absl::Duration duration;
  const auto read = [&](const google::protobuf::Duration& value) {
    reader_.Duration("d", value, absl::Milliseconds(1), absl::Hours(1),
                     duration);
  };
  read(Of(0, 1'000'000));
  EXPECT_EQ(duration, absl::Milliseconds(1));
  read(Of(3600));
  EXPECT_EQ(duration, absl::Hours(1));
  EXPECT_TRUE(reader_.status().ok());
  read(Of(3600, 1));
  EXPECT_EQ(duration, absl::Hours(1));
  EXPECT_EQ(Error(), "<d>: must be from 1ms to 1h");
}

TEST_F(SettingReaderTest, TakesNoDurationOutsideItsRange) {
  for (const auto& value :
       {Of(0), Of(0, 999'999), Of(-1), Of(0, -1),
        Of(std::numeric_limits<int64_t>::min()),
        Of(std::numeric_limits<int64_t>::max(), 999'999'999)}) {
    absl::Duration duration = absl::Seconds(7);
    SettingReader reader(InBrackets);
    reader.Duration("d", value, absl::Milliseconds(1), absl::Hours(1),
                    duration);
    EXPECT_EQ(duration, absl::Seconds(7)) << value.ShortDebugString();
    EXPECT_FALSE(reader.status().ok()) << value.ShortDebugString();
  }
}

TEST_F(SettingReaderTest, TakesAddresses) {
  ListenAddress address;
  reader_.Listen("l", "127.0.0.1:7", address);
  EXPECT_EQ(ToString(address), "127.0.0.1:7");
  reader_.Listen("l", "hunter2", address);
  EXPECT_EQ(ToString(address), "127.0.0.1:7");
  EXPECT_EQ(Error().find("<l>: an address is host:port"), 0u) << Error();
  EXPECT_EQ(Error().find("hunter2"), std::string::npos) << Error();
}

TEST_F(SettingReaderTest, RemembersTheFirstProblem) {
  reader_.Fail("a", "is wrong");
  reader_.Fail("b", "is wrong too");
  int number = 0;
  reader_.Number("c", 2, 1, 3, number);
  EXPECT_EQ(number, 2);  // It reads on.
  EXPECT_EQ(reader_.status(), absl::InvalidArgumentError("<a>: is wrong"));
}

}  // namespace
}  // namespace slotplanner
