// SPDX-License-Identifier: Apache-2.0
#include "client/cli/what_if.h"

#include <fstream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace slotplanner::cli {
namespace {

using ::testing::HasSubstr;

class ReadWhatIfTest : public ::testing::Test {
 protected:
  std::optional<v1::HypotheticalTopology> Read() {
    std::istringstream in(input_);
    const auto what_if = ReadWhatIf(options_, in);
    EXPECT_TRUE(what_if.ok()) << what_if.status();
    return what_if.value_or(std::nullopt);
  }

  std::string Complaint() {
    std::istringstream in(input_);
    const auto what_if = ReadWhatIf(options_, in);
    EXPECT_EQ(what_if.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(what_if.status().message());
  }

  Options options_;
  std::string input_ = std::string("a\0b\r\n", 5);
};

TEST_F(ReadWhatIfTest, GivesNothingWithoutFlags) {
  EXPECT_EQ(Read(), std::nullopt);
}

TEST_F(ReadWhatIfTest, TakesANumberOfShards) {
  options_.what_if_shards = 7;
  EXPECT_EQ(Read()->even_shards(), 7);
}

TEST_F(ReadWhatIfTest, TakesTheBytesOfAFileOrOfStandardInput) {
  options_.what_if_file = "-";
  EXPECT_EQ(Read()->cluster_reply(), input_);
  const std::string path = ::testing::TempDir() + "what_if_test.txt";
  std::ofstream(path, std::ios::binary) << input_ << "file";
  options_.what_if_file = path;
  EXPECT_EQ(Read()->cluster_reply(), input_ + "file");
  input_ = "";
  options_.what_if_file = "-";
  EXPECT_TRUE(Read()->has_cluster_reply());
}

TEST_F(ReadWhatIfTest, SaysWhatIsWrong) {
  options_.what_if_file = "/nowhere/at/all";
  EXPECT_THAT(Complaint(), HasSubstr("cannot read /nowhere/at/all"));
  options_.what_if_file = "-";
  options_.file = "-";
  EXPECT_THAT(Complaint(), HasSubstr("standard input"));
  options_.file = "";
  input_ = std::string((1 << 20) + 1, 'x');
  EXPECT_THAT(Complaint(), HasSubstr("more than 524288 bytes"));
  options_.what_if_shards = 3;
  EXPECT_THAT(Complaint(), HasSubstr("exclude each other"));
}

}  // namespace
}  // namespace slotplanner::cli
