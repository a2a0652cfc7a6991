// SPDX-License-Identifier: Apache-2.0
#include "client/cli/scan_progress.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "client/cli/number_text.h"

namespace slotplanner::cli {
namespace {

// Slow enough to be read.
constexpr absl::Duration kInterval = absl::Milliseconds(200);

}  // namespace

std::string FormatProgress(const ScanProgress& progress) {
  std::string text =
      absl::StrCat("looked at ", FormatCount(progress.looked_at), " of ",
                   FormatCount(progress.key_count), " keys (",
                   FormatShare(static_cast<double>(progress.looked_at),
                               static_cast<double>(progress.key_count)),
                   "), ", FormatCount(progress.found), " found");
  const int64_t left = progress.key_count - progress.looked_at;
  if (left > 0 && progress.looked_at > 0 &&
      progress.elapsed >= absl::Seconds(1)) {
    const double pace =
        static_cast<double>(left) / static_cast<double>(progress.looked_at);
    absl::StrAppend(&text, ", ", FormatSeconds(progress.elapsed * pace),
                    " left");
  }
  return text;
}

void ProgressLine::Show(const ScanProgress& progress) {
  if (!is_terminal_ || progress.elapsed - shown_at_ < kInterval) return;
  shown_at_ = progress.elapsed;
  Write(FormatProgress(progress));
}

void ProgressLine::Finish(const ScanProgress& progress) {
  if (is_terminal_) {
    Write(FormatProgress(progress));
  } else {
    err_ << FormatProgress(progress);
  }
  err_ << '\n' << std::flush;
}

void ProgressLine::Write(const std::string& text) {
  // Blanks cover what is left of a longer line.
  const size_t blanks = width_ > text.size() ? width_ - text.size() : 0;
  err_ << '\r' << text << std::string(blanks, ' ') << std::flush;
  width_ = text.size();
}

}  // namespace slotplanner::cli
