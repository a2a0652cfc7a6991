// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/e2e/robustness/hostile/hostile_kinds.h"

namespace slotplanner::hostile {

struct HostileOptions {
  // Where the server listens, on IPv4's loopback.
  uint16_t port = 0;
  // Each connection is of the next kind, round and round. Not empty.
  std::vector<HostileKind> kinds;
  size_t connections = 1;
  // How many are open at a time.
  size_t at_once = 200;
  // What is still open after so long is closed.
  absl::Duration lifetime = absl::Milliseconds(200);
  uint64_t seed = 0;
};

// What became of the connections of one kind.
struct HostileCounts {
  int64_t connections = 0;
  int64_t not_connected = 0;
  int64_t closed_by_server = 0;  // In order or by RST.
  int64_t bytes_sent = 0;
  int64_t bytes_received = 0;
};

// Makes the connections, on this thread only, and returns the counts by kind in
// the order of `options.kinds`. They come from many addresses of 127.0.0.0/8,
// since one has too few ports.
std::vector<HostileCounts> RunHostileConnections(const HostileOptions& options);

}  // namespace slotplanner::hostile
