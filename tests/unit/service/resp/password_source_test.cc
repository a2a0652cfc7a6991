// SPDX-License-Identifier: Apache-2.0
#include "service/resp/password_source.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A file that is there as long as the test.
class PasswordFileTest : public ::testing::Test {
 protected:
  ~PasswordFileTest() override { std::filesystem::remove(path_); }

  void Write(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
  }
  absl::StatusOr<std::string> Read() const {
    return PasswordSource::File(path_).Read();
  }

  const std::string path_ = ::testing::TempDir() + "slotplanner_password_" +
                            std::to_string(::getpid());
};

TEST(PasswordSourceTest, IsNoneOrLiteral) {
  EXPECT_TRUE(PasswordSource().is_none());
  EXPECT_EQ(*PasswordSource().Read(), "");
  const PasswordSource literal = PasswordSource::Literal("sesame");
  EXPECT_FALSE(literal.is_none());
  EXPECT_EQ(*literal.Read(), "sesame");
}

TEST_F(PasswordFileTest, TakesTheFirstLine) {
  for (const std::string text :
       {"sesame", "sesame\n", "sesame\r\n", "sesame\nsecond\n"}) {
    Write(text);
    EXPECT_EQ(*Read(), "sesame");
  }
  Write(" with blanks \n");
  EXPECT_EQ(*Read(), " with blanks ");
  Write(std::string(4096, 'x') + "\n");
  EXPECT_EQ(*Read(), std::string(4096, 'x'));
}

TEST_F(PasswordFileTest, ReadsTheFileEachTime) {
  const PasswordSource source = PasswordSource::File(path_);
  Write("old");
  EXPECT_EQ(*source.Read(), "old");
  Write("new");
  EXPECT_EQ(*source.Read(), "new");
}

TEST_F(PasswordFileTest, AnErrorNamesTheFileAndNotWhatItHolds) {
  for (const std::string& text :
       {std::string(), std::string("\nsesame"), std::string("\r\nsesame"),
        "sesame" + std::string(4091, 'x'), "sesame" + std::string(9000, 'x')}) {
    Write(text);
    const absl::Status status = Read().status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text.size();
    EXPECT_THAT(status.message(), HasSubstr(path_));
    EXPECT_THAT(status.message(), Not(HasSubstr("sesame")));
  }
  std::filesystem::remove(path_);
  EXPECT_THAT(Read().status().message(), HasSubstr(path_));
}

TEST(PasswordSourceTest, ReadsTheEnvironmentEachTime) {
  constexpr char kName[] = "SLOTPLANNER_PASSWORD_SOURCE_TEST";
  const PasswordSource source = PasswordSource::Environment(kName);
  const absl::Status unset = source.Read().status();
  EXPECT_TRUE(absl::IsInvalidArgument(unset)) << unset;
  EXPECT_THAT(unset.message(), HasSubstr(kName));
  ASSERT_EQ(setenv(kName, "sesame", 1), 0);
  EXPECT_EQ(*source.Read(), "sesame");
  ASSERT_EQ(setenv(kName, "", 1), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(source.Read().status()));
  ASSERT_EQ(unsetenv(kName), 0);
}

}  // namespace
}  // namespace slotplanner
