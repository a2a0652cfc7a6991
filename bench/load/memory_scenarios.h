// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/load/lab.h"
#include "bench/load/requests.h"
#include "bench/load/results.h"

namespace slotplanner {

// How much memory one call takes at its peak and leaves behind, each time on a
// fresh server: of the real servers, and of the floor carrying the request.
ScenarioResult RunPeakMemoryScenario(const Lab& lab, const std::string& name,
                                     const ApiCall& call);

// What a connection costs that has made one call and waits.
ScenarioResult RunIdleConnectionsScenario(const Lab& lab,
                                          const std::string& name,
                                          int connections);

}  // namespace slotplanner
