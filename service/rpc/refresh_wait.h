// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "absl/time/time.h"
#include "service/topology/refresh_requests.h"

namespace slotplanner {

// Asks for a refresh, and calls `then` once, on a thread of gRPC's: when that
// refresh has ended, or at `give_up`, whichever comes first. Returns at once.
// `requests` outlives the wait: it ends with the refresher at the latest.
// Thread-safe.
void RunAfterRefresh(RefreshRequests& requests, absl::Time give_up,
                     std::function<void()> then);

}  // namespace slotplanner
