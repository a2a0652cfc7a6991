// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "bench/load/requests.h"
#include "tests/e2e/robustness/call_load/call_outcomes.h"

namespace slotplanner::robustness {

struct CallLoopOptions {
  std::string target;          // In gRPC's notation.
  std::string service_config;  // As JSON; empty: gRPC's own.
  int connections = 1;         // Each a channel of its own.
  std::vector<ApiCall> calls;  // Made in turns.
  // Whether every answer is looked at.
  bool checks_answers = true;
  // How long a call may take.
  absl::Duration timeout = absl::Seconds(5);
  // Calls begun in a second, whether or not earlier ones have ended; 0: each
  // that ends begins the next.
  double rate = 0;
  // How many run at a time when there is no rate.
  int in_flight = 8;
  // How many may run at a time when there is one. Those that are due beyond it
  // are left out, so that a server that hangs does not fill the memory here.
  int max_in_flight = 10'000;
  absl::Duration duration = absl::Seconds(1);
};

// Makes calls on this thread, which it keeps busy only when it must, and
// returns when all of them are over. `on_second` is called once a second, with
// what became of those that are over, and ends the loop early by returning
// false.
CallOutcomes RunCallLoop(
    const CallLoopOptions& options,
    const std::function<bool(const CallOutcomes&)>& on_second);

}  // namespace slotplanner::robustness
