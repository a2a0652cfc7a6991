// SPDX-License-Identifier: Apache-2.0
#include "service/resp/rotating_tls_context.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "tests/support/tls_files.h"

namespace slotplanner {
namespace {

TEST(RotatingTlsContextTest, KeepsTheContextWhileTheFilesStay) {
  const TestTlsFiles files;
  RotatingTlsContext context(files.ForClient(true));
  const auto first = context.Current();
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(*context.Current(), *first);
}

TEST(RotatingTlsContextTest, ReadsFilesAgainThatChanged) {
  TestTlsFiles files;
  RotatingTlsContext context(files.ForClient(true));
  const auto first = context.Current();
  files.Rotate();
  const auto second = context.Current();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(*second, *first);
}

// As a rename or a symbolic link puts new files in place.
TEST(RotatingTlsContextTest, NoticesAnotherFileOfTheSameSizeAndTime) {
  const TestTlsFiles files;
  const std::string path = files.Path("client.crt");
  RotatingTlsContext context(files.ForClient(true));
  const auto first = context.Current();
  const auto time = std::filesystem::last_write_time(path);
  const std::string copy = files.Path("copy.crt");
  std::filesystem::copy_file(path, copy);
  std::filesystem::last_write_time(copy, time);
  std::filesystem::rename(copy, path);
  EXPECT_NE(*context.Current(), *first);
}

TEST(RotatingTlsContextTest, KeepsTheLastGoodContextUntilThereIsABetterOne) {
  TestTlsFiles files;
  RotatingTlsContext context(files.ForClient(true));
  const auto first = context.Current();
  EXPECT_TRUE(context.load_status().ok());
  // Half a rotation: the certificate is new, the key is not.
  TestTlsFiles next;
  std::filesystem::rename(next.Path("client.crt"), files.Path("client.crt"));
  EXPECT_EQ(*context.Current(), *first);
  EXPECT_TRUE(absl::IsInvalidArgument(context.load_status()));

  std::filesystem::rename(next.Path("client.key"), files.Path("client.key"));
  const auto second = context.Current();
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NE(*second, *first);
  EXPECT_TRUE(context.load_status().ok());
}

TEST(RotatingTlsContextTest, FailsUntilThereAreGoodFiles) {
  TestTlsFiles files;
  const std::string ca = files.Path("ca.crt");
  std::filesystem::rename(ca, files.Path("elsewhere"));
  RotatingTlsContext context(files.ForClient());
  EXPECT_TRUE(absl::IsInvalidArgument(context.Current().status()));
  std::filesystem::rename(files.Path("elsewhere"), ca);
  EXPECT_TRUE(context.Current().ok());
}

}  // namespace
}  // namespace slotplanner
