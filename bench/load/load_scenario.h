// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/load/lab.h"
#include "bench/load/requests.h"
#include "bench/load/results.h"

namespace slotplanner {

// What the floor servers are asked to carry beside a real call.
enum class FloorCalls {
  // No bytes there and none back: the least that a call can cost.
  kEmpty,
  // The same request, answered by no bytes; and by as many as the real reply.
  kSameBytes,
};

// How calls arrive.
struct LoadShape {
  FloorCalls floor_calls = FloorCalls::kSameBytes;
  int connections = 1;
  int in_flight = 1;
  bool over_unix_socket = false;
  // Above 0: instead of `in_flight` calls at a time, calls arrive at this share
  // of the rate that the slowest contender reaches with 64 in flight.
  double open_loop_share = 0;
};

// Calls every server of the lab and every floor in turns, and measures rates,
// latencies, processor time of both sides and resident memory.
ScenarioResult RunLoadScenario(const Lab& lab, const std::string& name,
                               const ApiCall& call, const LoadShape& shape);

}  // namespace slotplanner
