// SPDX-License-Identifier: Apache-2.0
#include "service/rpc/serving_snapshot.h"

#include <utility>

namespace slotplanner {

ServingSnapshot TakeSnapshot(const ServedCluster& cluster,
                             absl::Duration max_age, absl::Time now) {
  auto snapshot = cluster.store.Current();
  if (snapshot == nullptr) {
    return {.snapshot = nullptr, .error = TopologyNotReadyError(cluster.name)};
  }
  const absl::Duration age = now - snapshot->confirm_time;
  if (age > max_age) {
    return {.snapshot = nullptr,
            .error = TopologyStaleError(cluster.name, age, max_age)};
  }
  return {.snapshot = std::move(snapshot), .error = std::nullopt};
}

}  // namespace slotplanner
