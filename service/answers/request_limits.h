// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace slotplanner {

// What a request may cost; past any limit it is refused with TOO_MANY.
struct RequestLimits {
  // Keys in one GroupKeys request. 1,000,000 keys of 20 bytes are 22 MB on the
  // wire, within the default message limit of 64 MiB.
  int max_keys = 1'000'000;
  // Commands in one PlanBatch request.
  int max_commands = 100'000;
  // Arguments in one PlanBatch request, those of all commands together.
  int max_arguments = 2'000'000;
};

}  // namespace slotplanner
