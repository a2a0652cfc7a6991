// SPDX-License-Identifier: Apache-2.0
// What a slotplanner server knows of a cluster, fetched once.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/cpp/slot_planner_client.h"
#include "service/commands/command_catalog.h"
#include "service/topology/topology_store.h"

namespace slotplanner {

// The commands of `cluster` (empty: the default one). The status of the call
// when it fails; UNAVAILABLE when they are not those of `version`: they may
// have changed since it was read. Without a deadline, that of the client.
// Blocks.
absl::StatusOr<std::shared_ptr<const CommandCatalog>> ReadCatalog(
    const SlotPlannerClient& client, const std::string& cluster,
    const std::string& version,
    std::optional<absl::Time> deadline = std::nullopt);

// The topology and the commands of `cluster`. The status of the call that
// fails. Blocks.
absl::StatusOr<std::shared_ptr<const ClusterSnapshot>> ReadSnapshot(
    const SlotPlannerClient& client, const std::string& cluster,
    absl::Time deadline);

}  // namespace slotplanner
