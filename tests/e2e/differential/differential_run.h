// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace slotplanner::differential {

// What to run.
struct RunOptions {
  std::string server;      // Of slotplanner, as gRPC names it.
  std::string standalone;  // A Redis server of its own, HOST:PORT.
  size_t commands = 20'000;
  size_t batch_size = 32;
  uint64_t seed = 0;
  bool verbose = false;
  // Reads go to replicas, which have caught up with the batch before.
  bool read_from_replicas = false;
};

// Runs random batches by their plans on the server's default cluster and the
// commands as they are on the standalone server, and compares all replies, the
// refusals, and in the end all keys. Both are emptied first, and are used by
// nobody else.
//
// Prints what differs, and a summary. Returns the number of differences, few
// even if nothing fits; an error when a server does not answer.
absl::StatusOr<size_t> RunDifferential(const RunOptions& options);

}  // namespace slotplanner::differential
