// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "server/config_reloader.h"
#include "server/options.h"

namespace slotplanner {

// Runs the server until SIGTERM or SIGINT, then lets it drain and stop.
// Meanwhile it takes over settings that have changed, which `read` reads again,
// and does so at SIGHUP. FAILED_PRECONDITION when the server could not start;
// nothing is logged then. Requires: no other thread runs yet, so that all of
// them inherit the blocked signals; `options` are complete.
absl::Status ServeUntilSignal(ServerOptions options, ConfigReloader::Read read);

}  // namespace slotplanner
