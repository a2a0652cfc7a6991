// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_cat.h"

namespace slotplanner {

// Ends the program with one line that says why: half a measurement is none.
template <typename... Parts>
[[noreturn]] void Fail(const Parts&... parts) {
  std::fputs(absl::StrCat("server_load: ", parts..., "\n").c_str(), stderr);
  std::exit(1);
}

}  // namespace slotplanner
