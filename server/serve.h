// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "server/options.h"

namespace slotplanner {

// Runs the server until SIGTERM or SIGINT, then lets it drain and stop. Without
// a cluster in `options` it follows `static:3`. FAILED_PRECONDITION when the
// server could not start; nothing is logged then. Requires: no other thread
// runs yet, so that all of them inherit the blocked signals.
absl::Status ServeUntilSignal(ServerOptions options);

}  // namespace slotplanner
