// SPDX-License-Identifier: Apache-2.0
// From the map ring to messages.
#pragma once

#include "slotplanner/v1/topology.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "service/topology/topology_store.h"

namespace slotplanner {

void FillNode(const Node& node, v1::NodeRole role, v1::Node& message);
void FillStamp(const ClusterSnapshot& snapshot, v1::TopologyStamp& message);
void FillMigration(const SlotMigration& migration, v1::SlotMigration& message);
void FillTopology(const ClusterSnapshot& snapshot, v1::Topology& message);

}  // namespace slotplanner
