// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace slotplanner {

// The seed of a random test: the value of SLOTPLANNER_TEST_SEED, which replays
// a run, or a fresh one. Printed either way.
inline uint64_t RandomSeed() {
  const char* given = std::getenv("SLOTPLANNER_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10)
                                         : std::random_device()();
  std::cout << "SLOTPLANNER_TEST_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace slotplanner
