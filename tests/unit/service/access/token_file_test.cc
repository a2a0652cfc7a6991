// SPDX-License-Identifier: Apache-2.0
#include "service/access/token_file.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "absl/status/status.h"

namespace slotplanner {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kFirst[] = "first-0123456789";
constexpr char kSecond[] = "second-0123456789";

// A file that is there as long as the test.
class TokenFileTest : public ::testing::Test {
 protected:
  ~TokenFileTest() override { std::filesystem::remove(path_); }

  absl::StatusOr<std::vector<TokenDigest>> Read(const std::string& text) const {
    std::ofstream(path_, std::ios::binary) << text;
    return ReadTokenFile(path_);
  }

  // Expects that the file of `text` has exactly these tokens.
  void ExpectTokens(const std::string& text,
                    const std::vector<std::string>& tokens) const {
    const auto digests = Read(text);
    ASSERT_TRUE(digests.ok()) << digests.status();
    ASSERT_EQ(digests->size(), tokens.size());
    for (size_t i = 0; i < tokens.size(); ++i) {
      EXPECT_TRUE(IsSame((*digests)[i], DigestOf(tokens[i]))) << tokens[i];
    }
  }

  // Expects an error with `problem` that names the file and repeats no token.
  void ExpectError(const std::string& text, const std::string& problem) const {
    const absl::Status status = Read(text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_THAT(status.message(), HasSubstr(path_ + " " + problem));
    for (const char* part : {"first", "second", "sesame"}) {
      EXPECT_THAT(status.message(), Not(HasSubstr(part)));
    }
  }

  const std::string path_ =
      ::testing::TempDir() + "slotplanner_tokens_" + std::to_string(::getpid());
};

TEST_F(TokenFileTest, HasOneTokenALine) {
  const std::string first = kFirst;
  const std::string second = kSecond;
  ExpectTokens(first, {first});
  ExpectTokens(first + "\n", {first});
  ExpectTokens(first + "\n" + second + "\n", {first, second});
  ExpectTokens(first + "\r\n" + second + "\r\n", {first, second});
  ExpectTokens(first + " \t\n" + second + "   ", {first, second});
}

TEST_F(TokenFileTest, PassesOverBlankLinesAndRemarks) {
  const std::string first = kFirst;
  ExpectTokens(
      "\n# Since May.\n\n  \n\t\r\n" + first + "\n#" + kSecond + "\n\n",
      {first});
}

TEST_F(TokenFileTest, RefusesWhatIsNoToken) {
  const std::string first = std::string(kFirst) + "\n";
  ExpectError("sesame-01234567", "has no token in line 1: write 16 to 4096");
  ExpectError("sesame" + std::string(4091, 'x'), "has no token in line 1:");
  ExpectError(first + "\n# x\nsesame sesame sesame\n",
              "has no token in line 4");
  ExpectError(first + " " + kSecond, "has no token in line 2");
  ExpectError(first + kSecond + '\0' + "\n", "has no token in line 2");
  ExpectError("\xef\xbb\xbf" + first, "has no token in line 1");
  ExpectTokens("sesame" + std::string(4090, 'x'),
               {"sesame" + std::string(4090, 'x')});
}

TEST_F(TokenFileTest, RefusesAFileWithoutTokens) {
  ExpectError("", "has no token; write one a line.");
  ExpectError("\n\r\n", "has no token; write one a line.");
  ExpectError(std::string("# ") + kFirst, "has no token; write one a line.");
}

TEST_F(TokenFileTest, TakesUpTo100Tokens) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += std::string(kFirst) + "\n";
  EXPECT_EQ(Read(text)->size(), 100u);
  ExpectError(text + kSecond, "has more than 100 tokens");
  EXPECT_EQ(Read(text + "# A remark.\n\n")->size(), 100u);
}

TEST_F(TokenFileTest, TakesUpTo64KiB) {
  const std::string first = std::string(kFirst) + "\n";
  const std::string full = first + std::string((64 << 10) - first.size(), '#');
  ExpectTokens(full, {kFirst});
  ExpectError(full + "#", "has more than 65536 bytes");
}

TEST_F(TokenFileTest, SaysWhyAFileCannotBeRead) {
  const absl::Status missing = ReadTokenFile(path_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(missing));
  EXPECT_THAT(missing.message(), HasSubstr(path_ + " cannot be opened: No "));
  const absl::Status folder = ReadTokenFile(::testing::TempDir()).status();
  EXPECT_TRUE(absl::IsInvalidArgument(folder));
  EXPECT_THAT(folder.message(), HasSubstr("is no regular file"));
}

TEST_F(TokenFileTest, DoesNotWaitForAPipe) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  EXPECT_THAT(ReadTokenFile(path_).status().message(),
              HasSubstr("is no regular file"));
}

}  // namespace
}  // namespace slotplanner
