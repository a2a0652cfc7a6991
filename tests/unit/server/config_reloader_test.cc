// SPDX-License-Identifier: Apache-2.0
#include "server/config_reloader.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tests/support/listening_server.h"

namespace slotplanner {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

// Reads what the test says, and counts how often.
class ConfigReloaderTest : public testing::Test {
 protected:
  ConfigReloaderTest() {
    std::filesystem::create_directory(folder_);
    Write(config_, "1");
    Write(tokens_, "1");
    settings_.config_file = config_;
    settings_.token_files = {tokens_};
    next_ = settings_;
    reloader_.emplace(
        ConfigReloader::StatesOf(settings_),
        [this] {
          ++read_count_;
          return next_;
        },
        now_, metrics_);
  }
  ~ConfigReloaderTest() override { std::filesystem::remove_all(folder_); }

  // Each text is longer than the one before, or a change may not show within
  // one tick of the file system's clock.
  void Write(const std::string& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }

  // What a look gives, `later` than the one before.
  std::optional<ServerOptions> Check(bool is_asked = false,
                                     absl::Duration later = absl::Seconds(1)) {
    now_ += later;
    testing::internal::CaptureStderr();
    auto options = reloader_->Check(is_asked, now_);
    log_ = testing::internal::GetCapturedStderr();
    return options;
  }

  double Reloads(const std::string& result) const {
    return MetricValue(metrics_, "slotplanner_config_reloads_total", result);
  }
  double IsCurrent() const {
    return MetricValue(metrics_, "slotplanner_config_current");
  }
  double LastSuccess() const {
    return MetricValue(
        metrics_, "slotplanner_config_last_reload_success_timestamp_seconds");
  }

  const std::string folder_ =
      absl::StrCat(testing::TempDir(), "/slotplanner_reloader_", getpid());
  const std::string config_ = folder_ + "/config";
  const std::string tokens_ = folder_ + "/tokens";
  ServerOptions settings_;
  // What the files hold now.
  absl::StatusOr<ServerOptions> next_;
  int read_count_ = 0;
  absl::Time now_ = absl::FromUnixSeconds(1'700'000'000);
  prometheus::Registry metrics_;
  std::optional<ConfigReloader> reloader_;
  std::string log_;  // Of the last look.
};

TEST_F(ConfigReloaderTest, ReadsNothingWhileNothingChanges) {
  EXPECT_EQ(LastSuccess(), 1'700'000'000);
  for (int i = 0; i < 100; ++i) EXPECT_FALSE(Check());
  EXPECT_EQ(read_count_, 0);
  EXPECT_EQ(Reloads("applied"), 0);
  EXPECT_EQ(Reloads("refused"), 0);
  EXPECT_EQ(IsCurrent(), 1);
  EXPECT_EQ(LastSuccess(), 1'700'000'000);
}

TEST_F(ConfigReloaderTest, GivesChangedSettingsOnce) {
  next_->request_limits.max_keys = 7;
  Write(config_, "22");
  const auto options = Check();
  ASSERT_TRUE(options);
  EXPECT_EQ(options->request_limits.max_keys, 7);
  EXPECT_THAT(log_, IsEmpty());
  EXPECT_FALSE(Check());
  EXPECT_FALSE(Check());
  EXPECT_EQ(read_count_, 1);
  EXPECT_EQ(Reloads("applied"), 1);
  EXPECT_EQ(LastSuccess(), 1'700'000'001);
}

TEST_F(ConfigReloaderTest, SeesAFileThatTakesTheOldOnesPlace) {
  // As Kubernetes does: another file by the same name, of the same size.
  Write(config_ + ".new", "2");
  std::filesystem::rename(config_ + ".new", config_);
  EXPECT_TRUE(Check());
}

TEST_F(ConfigReloaderTest, ReadsAgainWhenATokenFileChanges) {
  Write(tokens_, "22");
  EXPECT_TRUE(Check());
  EXPECT_FALSE(Check());
}

TEST_F(ConfigReloaderTest, ReadsAgainWhenAFileGoes) {
  next_ = absl::InvalidArgumentError("tokens: is not there");
  std::filesystem::remove(tokens_);
  EXPECT_FALSE(Check());
  EXPECT_EQ(IsCurrent(), 0);
  next_ = settings_;
  Write(tokens_, "1");
  EXPECT_TRUE(Check());
  EXPECT_EQ(IsCurrent(), 1);
}

TEST_F(ConfigReloaderTest, WatchesTheTokenFilesThatNewSettingsName) {
  const std::string more = folder_ + "/more";
  Write(more, "1");
  next_->token_files = {tokens_, more};
  Write(config_, "22");
  EXPECT_TRUE(Check());
  EXPECT_FALSE(Check());
  Write(more, "22");
  EXPECT_TRUE(Check());
  EXPECT_FALSE(Check());

  // And no more those that they name no more.
  next_->token_files = {more};
  Write(config_, "333");
  EXPECT_TRUE(Check());
  Write(tokens_, "22");
  EXPECT_FALSE(Check());
  EXPECT_EQ(read_count_, 3);
}

// A change between the look at the files and their reading is not lost.
TEST_F(ConfigReloaderTest, FindsTheNextTimeWhatChangesWhileItReads) {
  bool has_changed = false;
  prometheus::Registry metrics;
  ConfigReloader reloader(
      ConfigReloader::StatesOf(settings_),
      [&] {
        if (!has_changed) Write(tokens_, "333");
        has_changed = true;
        return next_;
      },
      now_, metrics);
  Write(config_, "22");
  EXPECT_TRUE(reloader.Check(/*is_asked=*/false, now_));
  EXPECT_TRUE(reloader.Check(/*is_asked=*/false, now_));
  EXPECT_FALSE(reloader.Check(/*is_asked=*/false, now_));
}

TEST_F(ConfigReloaderTest, RefusesWrongSettingsOnceAndLoudly) {
  next_ = absl::InvalidArgumentError("limits.max_keys: must be more");
  Write(config_, "22");
  EXPECT_FALSE(Check());
  EXPECT_THAT(log_, HasSubstr(R"("event":"config_refused")"));
  EXPECT_THAT(log_, HasSubstr("limits.max_keys: must be more"));
  EXPECT_EQ(IsCurrent(), 0);
  for (int i = 0; i < 100; ++i) {
    EXPECT_FALSE(Check());
    EXPECT_THAT(log_, IsEmpty());
  }
  EXPECT_EQ(Reloads("refused"), 1);
  EXPECT_EQ(Reloads("applied"), 0);
  EXPECT_EQ(IsCurrent(), 0);
  EXPECT_EQ(LastSuccess(), 1'700'000'000);

  // Wrong in another way is told again.
  next_ = absl::InvalidArgumentError("limits.max_keys: must be less");
  Write(config_, "333");
  EXPECT_FALSE(Check());
  EXPECT_THAT(log_, HasSubstr("must be less"));
  EXPECT_EQ(Reloads("refused"), 2);
}

// What they lack may come from a file that only they name.
TEST_F(ConfigReloaderTest, TriesRefusedSettingsEveryTenSeconds) {
  next_ = absl::InvalidArgumentError("no token file");
  Write(config_, "22");
  EXPECT_FALSE(Check());
  EXPECT_EQ(read_count_, 1);
  EXPECT_FALSE(Check(/*is_asked=*/false, absl::Milliseconds(9'999)));
  EXPECT_EQ(read_count_, 1);
  EXPECT_FALSE(Check(/*is_asked=*/false, absl::Milliseconds(1)));
  EXPECT_EQ(read_count_, 2);
  next_ = settings_;
  EXPECT_FALSE(Check(/*is_asked=*/false, absl::Milliseconds(9'999)));
  EXPECT_TRUE(Check(/*is_asked=*/false, absl::Milliseconds(1)));
  EXPECT_EQ(IsCurrent(), 1);
  // Then there is no need to.
  EXPECT_FALSE(Check(/*is_asked=*/false, absl::Hours(1)));
  EXPECT_EQ(read_count_, 3);
}

TEST_F(ConfigReloaderTest, ReadsWithoutAChangeWhenAsked) {
  EXPECT_TRUE(Check(/*is_asked=*/true));
  EXPECT_EQ(Reloads("applied"), 1);
  // Who asks is told each time.
  next_ = absl::InvalidArgumentError("wrong");
  for (int i = 1; i <= 3; ++i) {
    EXPECT_FALSE(Check(/*is_asked=*/true));
    EXPECT_THAT(log_, HasSubstr("config_refused"));
    EXPECT_EQ(Reloads("refused"), i);
  }
}

// While the server starts, say.
TEST_F(ConfigReloaderTest, FindsWhatChangedBeforeItWasMade) {
  prometheus::Registry metrics;
  auto files = ConfigReloader::StatesOf(settings_);
  Write(config_, "22");
  ConfigReloader reloader(
      std::move(files), [this] { return next_; }, now_, metrics);
  EXPECT_TRUE(reloader.Check(/*is_asked=*/false, now_));
  EXPECT_FALSE(reloader.Check(/*is_asked=*/false, now_));
}

TEST_F(ConfigReloaderTest, NeedsNoFiles) {
  prometheus::Registry metrics;
  ConfigReloader reloader(
      ConfigReloader::StatesOf({}), [] { return ServerOptions{}; }, now_,
      metrics);
  EXPECT_FALSE(reloader.Check(/*is_asked=*/false, now_ + absl::Hours(1)));
  EXPECT_TRUE(reloader.Check(/*is_asked=*/true, now_ + absl::Hours(1)));
}

}  // namespace
}  // namespace slotplanner
