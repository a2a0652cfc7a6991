// SPDX-License-Identifier: Apache-2.0
#include "service/resp/resp_request.h"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace slotplanner {
namespace {

using std::string_view_literals::operator""sv;

TEST(AppendRequestTest, WritesAnArrayOfBulkStrings) {
  std::string out;
  AppendRequest(std::array{"GET"sv, "foo"sv}, out);
  EXPECT_EQ(out, "*2\r\n$3\r\nGET\r\n$3\r\nfoo\r\n");
}

TEST(AppendRequestTest, AppendsToWhatIsThere) {
  std::string out;
  AppendRequest(std::array{"PING"sv}, out);
  AppendRequest(std::array{"PING"sv}, out);
  EXPECT_EQ(out, "*1\r\n$4\r\nPING\r\n*1\r\n$4\r\nPING\r\n");
}

TEST(AppendRequestTest, KeepsAnyBytesAndEmptyArguments) {
  std::string out;
  AppendRequest(std::array{"\0\r\n\xff"sv, ""sv}, out);
  EXPECT_EQ(out, "*2\r\n$4\r\n\0\r\n\xff\r\n$0\r\n\r\n"sv);
}

}  // namespace
}  // namespace slotplanner
