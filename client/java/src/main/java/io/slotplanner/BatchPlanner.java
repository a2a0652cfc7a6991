// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;

/** Makes the plans that a {@link BatchRunner} runs. Thread-safe; calls block. */
interface BatchPlanner {
  /**
   * The plan for a batch, as <code>SlotPlannerService.PlanBatch</code> answers it.
   *
   * @throws SlotPlannerException UNAVAILABLE means that the same call may succeed in a moment
   */
  PlanBatchResponse planBatch(BatchRequest request, Deadline deadline);

  /**
   * Passes on that a node redirected a command, so that later plans are right (rule F3), as <code>
   * TopologyService.ReportRedirection</code> takes it.
   *
   * @throws SlotPlannerException when the call fails
   */
  void reportRedirection(String cluster, String error, String topologyVersion, Deadline deadline);
}
