// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/load/lab.h"
#include "bench/load/requests.h"
#include "bench/load/results.h"

namespace slotplanner {

// What a second processor is worth: the same server bound to one processor and
// free to use two, in turns. The calls come from this machine too, so they take
// part of the second processor: `client_processors` tells how much, and
// 2 - client_processors is the most that the ratio of rates can be. The ratio
// of `server_cpu_us` tells what the server loses by running on both.
ScenarioResult RunProcessorsScenario(const Lab& lab, const std::string& name,
                                     const ApiCall& call);

}  // namespace slotplanner
