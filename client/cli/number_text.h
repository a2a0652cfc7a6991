// SPDX-License-Identifier: Apache-2.0
// Numbers for people.
#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace slotplanner::cli {

// As in `1,234,567`.
std::string FormatCount(int64_t count);

// `part` of `whole` as in `12.3%`; `-` if `whole` is 0.
std::string FormatShare(double part, double whole);

// Whole seconds, as in `2 h 5 min`, `3 min 20 s` or `8 s`: the two largest
// units. Requires: not negative, and finite.
std::string FormatSeconds(absl::Duration duration);

}  // namespace slotplanner::cli
