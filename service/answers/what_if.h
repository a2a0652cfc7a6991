// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "slotplanner/v1/topology.pb.h"

#include "service/answers/api_error.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// What a request about a hypothetical topology is answered from.
struct HypotheticalSnapshot {
  // Null exactly when there is an error.
  std::shared_ptr<const ClusterSnapshot> snapshot;
  // EMPTY_REQUEST without a source, OUT_OF_RANGE for a number of shards,
  // TOO_MANY for a reply of more than 512 KiB, MALFORMED_TOPOLOGY for one that
  // shows no topology.
  std::optional<ApiError> error;
};

// The topology of `message` with the commands of `current`, or of Redis 7.0
// when that is null. It has no migrations, and since no cluster confirms it,
// `FillStamp` leaves `confirm_time` out. `field` is the path of `message` in
// the request, for errors. Takes about 10 ms, up to 50 ms for a reply of 512
// KiB: work for a worker thread. Thread-safe.
HypotheticalSnapshot MakeHypotheticalSnapshot(
    const v1::HypotheticalTopology& message, std::string_view field,
    const ClusterSnapshot* current);

}  // namespace slotplanner
