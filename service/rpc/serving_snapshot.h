// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "service/answers/api_error.h"
#include "service/rpc/served_cluster.h"

namespace slotplanner {

// What a request is answered from.
struct ServingSnapshot {
  // Null exactly when there is an error.
  std::shared_ptr<const ClusterSnapshot> snapshot;
  // TOPOLOGY_NOT_READY or TOPOLOGY_STALE (rule G5).
  std::optional<ApiError> error;
};

// The newest snapshot of the cluster, if it was confirmed no longer than
// `max_age` before `now`.
ServingSnapshot TakeSnapshot(const ServedCluster& cluster,
                             absl::Duration max_age, absl::Time now);

}  // namespace slotplanner
