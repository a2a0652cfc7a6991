// SPDX-License-Identifier: Apache-2.0
// From the map ring to messages, and back.
#pragma once

#include <memory>

#include "slotplanner/v1/topology.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/statusor.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

void FillNode(const Node& node, v1::NodeRole role, v1::Node& message);
// Leaves `confirm_time` out for a hypothetical topology.
void FillStamp(const ClusterSnapshot& snapshot, v1::TopologyStamp& message);
void FillMigration(const SlotMigration& migration, v1::SlotMigration& message);
void FillTopology(const ClusterSnapshot& snapshot, v1::Topology& message);

// What `FillTopology` filled the message from, with `catalog`, which is not in
// it. INVALID_ARGUMENT when the message holds no topology, or one whose version
// is not that of the stamp: then whoever sent it counts versions in another
// way, and plans from it might be others than the sender's.
absl::StatusOr<ClusterSnapshot> ToSnapshot(
    const v1::Topology& message, std::shared_ptr<const CommandCatalog> catalog);

}  // namespace slotplanner
