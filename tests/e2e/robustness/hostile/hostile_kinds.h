// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>

#include "tests/e2e/differential/random.h"

namespace slotplanner::hostile {

using differential::Random;

// What a connection does once all is sent.
enum class Ending {
  kWait,   // Until the server closes, or its time is up.
  kClose,  // At once, in order.
  kReset,  // At once, by RST.
};

// What one connection sends, and how.
struct Script {
  std::string bytes;
  // A flood: what to send next, again and again until its time is up.
  std::function<std::string()> more = nullptr;
  // A slow writer sends one byte a millisecond.
  bool is_slow_writer = false;
  // A slow reader leaves what it gets in the system's buffers.
  bool reads = true;
  Ending ending = Ending::kWait;
};

// One way to be hostile.
struct HostileKind {
  const char* name;
  // `random` must live as long as the script.
  Script (*make)(Random& random);
};

// All ways there are.
std::span<const HostileKind> HostileKinds();

}  // namespace slotplanner::hostile
