// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "slotplanner/v1/slot_planner_service.pb.h"
#include "slotplanner/v1/topology_service.pb.h"

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace slotplanner {

// Makes the plans that a `BatchRunner` runs. Of the commands, only what plans
// depend on leaves the process: no values (see
// `TopologyService.GetKeyPositions`). Thread-safe; calls may block until their
// deadline.
class BatchPlanner {
 public:
  virtual ~BatchPlanner() = default;

  // The plan for a batch, as `SlotPlannerService.PlanBatch` answers it.
  // UNAVAILABLE means that the same call may succeed in a moment.
  virtual absl::StatusOr<v1::PlanBatchResponse> PlanBatch(
      const v1::PlanBatchRequest& request, absl::Time deadline) const = 0;

  // Passes on that a node redirected a command, so that later plans are right
  // (rule F3), as `TopologyService.ReportRedirection` takes it.
  virtual absl::StatusOr<v1::ReportRedirectionResponse> ReportRedirection(
      const v1::ReportRedirectionRequest& request,
      absl::Time deadline) const = 0;
};

}  // namespace slotplanner
