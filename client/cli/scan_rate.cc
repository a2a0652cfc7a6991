// SPDX-License-Identifier: Apache-2.0
#include "client/cli/scan_rate.h"

#include <algorithm>

namespace slotplanner::cli {

ScanRate::ScanRate(double keys_per_second, double keys_per_page, absl::Time now)
    : keys_per_second_(keys_per_second),
      keys_per_page_(keys_per_page),
      capacity_(std::max(keys_per_second / 10, keys_per_page)),
      tokens_(keys_per_page),
      filled_at_(now) {}

absl::Duration ScanRate::TakePage(absl::Time now) {
  const double seconds = std::max(0.0, absl::ToDoubleSeconds(now - filled_at_));
  tokens_ = std::min(capacity_, tokens_ + seconds * keys_per_second_);
  filled_at_ = std::max(filled_at_, now);
  if (tokens_ < keys_per_page_) {
    // A nanosecond more than it takes: what is waited for shall be there.
    return absl::Seconds((keys_per_page_ - tokens_) / keys_per_second_) +
           absl::Nanoseconds(1);
  }
  tokens_ -= keys_per_page_;
  return absl::ZeroDuration();
}

}  // namespace slotplanner::cli
