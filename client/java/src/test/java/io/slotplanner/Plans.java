// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.List;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.Merge;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.NodePlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlannedCommand;
import slotplanner.v1.SlotPlannerServiceOuterClass.Refusal;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;
import slotplanner.v1.SlotPlannerServiceOuterClass.Stage;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;
import slotplanner.v1.Topology.Node;
import slotplanner.v1.Topology.TopologyStamp;

/** Makes plans, as the planner would. */
final class Plans {
  private Plans() {}

  static PlannedCommand part(int command, int part, int slot, Integer... argIndexes) {
    return PlannedCommand.newBuilder()
        .setCommandIndex(command)
        .setPartIndex(part)
        .setSlot(slot)
        .addAllArgIndexes(List.of(argIndexes))
        .build();
  }

  static NodePlan on(Endpoint endpoint, PlannedCommand... commands) {
    return NodePlan.newBuilder()
        .setNode(Node.newBuilder().setHost(endpoint.host()).setPort(endpoint.port()))
        .addAllCommands(List.of(commands))
        .build();
  }

  static Stage stage(NodePlan... nodePlans) {
    return Stage.newBuilder().addAllNodePlans(List.of(nodePlans)).build();
  }

  static CommandPlan single(RetrySafety safety) {
    return command(Verdict.VERDICT_SINGLE_SLOT, 1, MergeOperation.MERGE_OPERATION_SINGLE, safety);
  }

  static CommandPlan split(int parts, MergeOperation operation, RetrySafety safety) {
    return command(Verdict.VERDICT_SPLIT, parts, operation, safety);
  }

  static CommandPlan command(
      Verdict verdict, int parts, MergeOperation operation, RetrySafety safety) {
    return CommandPlan.newBuilder()
        .setVerdict(verdict)
        .setPartCount(parts)
        .setMerge(Merge.newBuilder().setOperation(operation))
        .setRetrySafety(safety)
        .build();
  }

  static CommandPlan refused(Refusal refusal) {
    return CommandPlan.newBuilder().setVerdict(Verdict.VERDICT_REFUSED).setRefusal(refusal).build();
  }

  static PlanBatchResponse plan(List<Stage> stages, CommandPlan... commandPlans) {
    return PlanBatchResponse.newBuilder()
        .addAllStages(stages)
        .addAllCommandPlans(List.of(commandPlans))
        .setTopology(TopologyStamp.newBuilder().setVersion("v1"))
        .build();
  }
}
