// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

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
  // The command that starts a runner (see `StartRunnerClient`) to execute the
  // batches; if it is empty, the C++ client does so by the plans.
  std::string runner = {};
  absl::Duration timeout = absl::Minutes(1);  // Of one batch.
  // Goes on until that many failovers are over, which happen meanwhile. Needs
  // a runner, since one plan may be out of date by the time that it runs.
  size_t failovers = 0;
};

// Runs random batches by their plans on the server's default cluster and the
// commands as they are on the standalone server, and compares all replies, the
// refusals, and in the end all keys. Both are emptied first, and are used by
// nobody else.
//
// During a failover not everything can be done or known: of a command for all
// nodes some may have refused (rule E2), and a write may have an unknown
// outcome (rule E4). What a batch with such a command must leave behind nobody
// can tell. It is set aside, not compared, and both sides are emptied; only for
// a time in which a failover was under way, and for few of the batches of that
// time.
//
// Prints what differs, and a summary. Returns the number of differences, few
// even if nothing fits; an error when a server or the runner does not answer.
absl::StatusOr<size_t> RunDifferential(const RunOptions& options);

}  // namespace slotplanner::differential
