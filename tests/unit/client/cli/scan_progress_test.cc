// SPDX-License-Identifier: Apache-2.0
#include "client/cli/scan_progress.h"

#include <sstream>

#include <gtest/gtest.h>

#include "absl/time/time.h"

namespace slotplanner::cli {
namespace {

TEST(FormatProgressTest, TellsTheTimeThatIsLeft) {
  EXPECT_EQ(FormatProgress({.looked_at = 12'000,
                            .key_count = 20'000,
                            .found = 431,
                            .elapsed = absl::Seconds(12)}),
            "looked at 12,000 of 20,000 keys (60.0%), 431 found, 8 s left");
}

TEST(FormatProgressTest, GuessesNothing) {
  EXPECT_EQ(FormatProgress({.elapsed = absl::Seconds(1)}),
            "looked at 0 of 0 keys (-), 0 found");
  EXPECT_EQ(FormatProgress({.key_count = 10, .elapsed = absl::Seconds(9)}),
            "looked at 0 of 10 keys (0.0%), 0 found");
  EXPECT_EQ(FormatProgress({.looked_at = 10,
                            .key_count = 10,
                            .found = 1,
                            .elapsed = absl::Seconds(9)}),
            "looked at 10 of 10 keys (100.0%), 1 found");
}

TEST(ProgressLineTest, IsWrittenOverOnATerminal) {
  std::ostringstream err;
  ProgressLine line(err, /*is_terminal=*/true);
  line.Show({.key_count = 1000, .found = 0, .elapsed = absl::Seconds(0)});
  line.Show({.key_count = 1000, .found = 1, .elapsed = absl::Seconds(0.1)});
  line.Show({.looked_at = 1,
             .key_count = 1,
             .found = 0,
             .elapsed = absl::Seconds(0.2)});
  line.Finish({.looked_at = 1,
               .key_count = 1,
               .found = 1,
               .elapsed = absl::Seconds(0.2)});
  EXPECT_EQ(err.str(),
            "\rlooked at 0 of 1,000 keys (0.0%), 0 found"
            "\rlooked at 1 of 1 keys (100.0%), 0 found  "
            "\rlooked at 1 of 1 keys (100.0%), 1 found\n");
}

TEST(ProgressLineTest, IsOneLineElsewhere) {
  std::ostringstream err;
  ProgressLine line(err, /*is_terminal=*/false);
  line.Show({});
  line.Finish({.looked_at = 1, .key_count = 1, .found = 1, .elapsed = {}});
  EXPECT_EQ(err.str(), "looked at 1 of 1 keys (100.0%), 1 found\n");
}

}  // namespace
}  // namespace slotplanner::cli
