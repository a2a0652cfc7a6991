// SPDX-License-Identifier: Apache-2.0
// Our interfaces use std::string_view; Debian's Abseil has a string_view of its
// own that does not convert. These two functions are the only bridge.
#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace slotplanner {

inline absl::string_view ToAbsl(std::string_view text) {
  return {text.data(), text.size()};
}

inline std::string_view ToStd(absl::string_view text) {
  return {text.data(), text.size()};
}

}  // namespace slotplanner
