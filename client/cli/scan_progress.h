// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <ostream>
#include <string>

#include "absl/time/time.h"
#include "client/cli/cluster_scan.h"

namespace slotplanner::cli {

// As in `looked at 12,000 of 20,000 keys (60.0%), 431 found, 8 s left`. The
// time that is left is that of what is still to be looked at, at the speed so
// far; it is left out before the first second, and at the end.
std::string FormatProgress(const ScanProgress& progress);

// Shows how far a scan is: on a terminal on one line that is written over, else
// only how it ended. Not thread-safe.
class ProgressLine {
 public:
  // `err` outlives this.
  ProgressLine(std::ostream& err, bool is_terminal)
      : err_(err), is_terminal_(is_terminal) {}

  // Writes at most five times a second.
  void Show(const ScanProgress& progress);

  // The last one, with its newline.
  void Finish(const ScanProgress& progress);

 private:
  void Write(const std::string& text);

  std::ostream& err_;
  const bool is_terminal_;
  absl::Duration shown_at_ = -absl::InfiniteDuration();
  size_t width_ = 0;  // Of what stands on the line.
};

}  // namespace slotplanner::cli
