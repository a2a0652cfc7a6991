// SPDX-License-Identifier: Apache-2.0
// Any text shows a topology as good as others, or is refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/pasted_topology.h"
#include "tests/fuzz/fuzz_replies.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::StatusOr<slotplanner::ClusterTopology> topology =
      slotplanner::ParsePastedTopology(
          {reinterpret_cast<const char*>(data), size});
  if (!topology.ok()) {
    if (!absl::IsInvalidArgument(topology.status())) std::abort();
    return 0;
  }
  if (topology->shards().empty()) std::abort();
  for (const slotplanner::Shard& shard : topology->shards()) {
    slotplanner::CheckNode(shard.primary);
    for (const slotplanner::Node& replica : shard.replicas) {
      slotplanner::CheckNode(replica);
    }
  }
  return 0;
}
