// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/topology/topology_source.h"

namespace slotplanner {

// An even topology that never changes, with the commands of Redis 7.0.
class StaticSource final : public TopologySource {
 public:
  // Requires: 1 <= shard_count <= 1000.
  explicit StaticSource(int shard_count);

  absl::StatusOr<ClusterReading> Read(absl::Time deadline) override;

 private:
  const ClusterReading reading_;
};

}  // namespace slotplanner
