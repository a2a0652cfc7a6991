// SPDX-License-Identifier: Apache-2.0
#include "service/topology/static_source.h"

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "service/commands/command_catalog.h"
#include "service/topology/cluster_topology.h"
#include "service/topology/topology_source.h"

namespace slotplanner {

StaticSource::StaticSource(int shard_count)
    : reading_{.topology = std::make_shared<const ClusterTopology>(
                   MakeEvenTopology(shard_count)),
               .catalog = CommandCatalog::Redis70()} {}

absl::StatusOr<ClusterReading> StaticSource::Read(absl::Time /*deadline*/) {
  return reading_;
}

}  // namespace slotplanner
