// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/time/time.h"
#include "client/cli/node_scan.h"
#include "client/cli/slot_watch.h"
#include "client/cpp/node_connections.h"
#include "service/resp/address_map.h"
#include "service/topology/cluster_topology.h"

namespace slotplanner::cli {

struct ClusterScanOptions {
  NodeScanOptions nodes = {};
  // What all nodes together may look at; see `ScanRate`.
  double keys_per_second = 100'000;
  // A replica of each shard is asked, its primary only if none can be reached.
  bool from_replicas = false;
  // Where to find the nodes of the topology.
  AddressMap address_map = {};
};

// How far a scan is.
struct ScanProgress {
  int64_t looked_at = 0;  // About, at most `key_count`.
  int64_t key_count = 0;  // What DBSIZE said on all nodes that have answered.
  int64_t found = 0;      // Keys that match.
  absl::Duration elapsed = absl::ZeroDuration();
};

// A shard of which keys are missing.
struct IncompleteShard {
  std::string address;  // Of the node that was asked last.
  std::string reason;
};

struct ClusterScanResult {
  ScanProgress progress;
  int node_count = 0;
  bool was_stopped = false;
  std::vector<IncompleteShard> incomplete_shards;
  // Keys that lie on a node whose shard did not own their slot when the scan
  // began: what a migration left behind, or brought since. They do not count.
  int64_t foreign_keys = 0;
  // Keys whose memory a node would not tell, of those that it was asked for.
  int64_t unweighed_keys = 0;
};

// Goes through the keys of all shards of `topology` that have slots, at the
// same time, and calls `add` for each; with a pattern that only keys of one
// slot match, through those of its shard. What nodes tell of their slots goes
// to `watch`: when a scan begins, each second, and when it ends.
//
// `go_on` is called ten times a second and before each wait; the scan ends as
// soon as it returns false. A call of a node takes no longer than
// `NodeScan::kCallTimeout`; otherwise there is no deadline. A shard that cannot
// be read to its end does not end the scan of the others. Memory: one page for
// each shard.
ClusterScanResult ScanCluster(
    const ClusterTopology& topology, const ClusterScanOptions& options,
    NodeConnections& connections, SlotWatch& watch,
    absl::FunctionRef<void(std::string_view key, int64_t weight)> add,
    absl::FunctionRef<bool(const ScanProgress& progress)> go_on);

}  // namespace slotplanner::cli
