// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/time/time.h"

namespace slotplanner::cli {

// A token bucket: how soon the next page of a scan may be asked for, so that
// the nodes of a cluster together look at so many keys a second and no more.
//
// A page of N keys costs N tokens. The bucket holds those of a tenth of a
// second, or of one page if that is more: 100,000 keys a second are 10,000
// tokens, hence ten pages of 1,000 at once at most, and over any time t no more
// than 100,000 t + 10,000 keys. It begins with one page. The wait for a page is
// what is missing divided by the rate, 10 ms for 1,000 keys, and no longer.
// Not thread-safe.
class ScanRate {
 public:
  // Requires: both are positive.
  ScanRate(double keys_per_second, double keys_per_page, absl::Time now);

  // Takes the tokens of a page if they are there, and returns zero; else takes
  // none, and returns how long to wait until they will be.
  absl::Duration TakePage(absl::Time now);

 private:
  const double keys_per_second_;
  const double keys_per_page_;
  const double capacity_;
  double tokens_;
  absl::Time filled_at_;
};

}  // namespace slotplanner::cli
