// SPDX-License-Identifier: Apache-2.0
// How many files and connections this process may have open (RLIMIT_NOFILE).
#pragma once

namespace slotplanner {

// Raises the limit to the most that the process may give itself. To be called
// before there are threads that open files; what cannot be raised stays.
void RaiseFileLimit();

// How many connections fit under the limit that `RaiseFileLimit` reaches, with
// room left for what else a server has open; 0 if none.
int ConnectionsThatFit();

}  // namespace slotplanner
