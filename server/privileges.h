// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace slotplanner {

// OK when a process has no rights beyond those of an ordinary user: none of its
// user ids is 0, and it holds no capability, not even one that it would still
// have to raise. FAILED_PRECONDITION otherwise. `status` is the text of
// /proc/PID/status, see proc(5); FAILED_PRECONDITION when the lines that tell
// are not in it.
absl::Status CheckUnprivileged(std::string_view status);

// The same of this process; threads of it that are there already do not count.
absl::Status CheckSelfUnprivileged();

}  // namespace slotplanner
