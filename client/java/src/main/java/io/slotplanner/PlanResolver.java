// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.NodePlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlannedCommand;
import slotplanner.v1.SlotPlannerServiceOuterClass.Stage;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;
import slotplanner.v1.Topology.Node;

/** Checks a plan against its commands and turns it into what is to be sent. */
final class PlanResolver {
  private final List<Command> commands;
  private final PlanBatchResponse plan;
  private final List<boolean[]> seen = new ArrayList<>(); // By command index, part index.

  private PlanResolver(List<Command> commands, PlanBatchResponse plan) {
    this.commands = commands;
    this.plan = plan;
  }

  /**
   * The parts of each stage, in the order in which they must be sent.
   *
   * @throws SlotPlannerException INVALID_ARGUMENT when the plan is not one of these commands: an
   *     index that points nowhere, a part that is missing or there twice. UNIMPLEMENTED when it
   *     needs a merge operation that this client does not know, so that nothing is sent whose
   *     replies cannot be merged.
   */
  static List<List<PlannedPart>> resolve(List<Command> commands, PlanBatchResponse plan) {
    return new PlanResolver(commands, plan).resolve();
  }

  private List<List<PlannedPart>> resolve() {
    if (plan.getCommandPlansCount() != commands.size()) {
      throw misfit("their numbers differ", plan.getCommandPlansCount());
    }
    int planned = 0;
    for (Stage stage : plan.getStagesList()) {
      for (NodePlan nodePlan : stage.getNodePlansList()) {
        planned += nodePlan.getCommandsCount();
      }
    }
    for (int i = 0; i < commands.size(); i++) {
      int partCount = plan.getCommandPlans(i).getPartCount();
      if (partCount < 0 || partCount > planned) {
        throw misfit("parts are missing", i);
      }
      seen.add(new boolean[partCount]);
    }
    List<List<PlannedPart>> stages = new ArrayList<>();
    for (Stage stage : plan.getStagesList()) {
      List<PlannedPart> parts = new ArrayList<>();
      for (NodePlan nodePlan : stage.getNodePlansList()) {
        for (PlannedCommand part : nodePlan.getCommandsList()) {
          parts.add(resolvePart(nodePlan, part));
        }
      }
      stages.add(parts);
    }
    for (int i = 0; i < commands.size(); i++) {
      checkCommand(i);
    }
    return stages;
  }

  private PlannedPart resolvePart(NodePlan nodePlan, PlannedCommand planned) {
    int commandIndex = planned.getCommandIndex();
    if (commandIndex < 0 || commandIndex >= commands.size()) {
      throw misfit("there is no such command", commandIndex);
    }
    Node node = nodePlan.getNode();
    if (node.getHost().isEmpty() || node.getPort() < 1 || node.getPort() > 65535) {
      throw misfit("a node has no endpoint", commandIndex);
    }
    int partIndex = planned.getPartIndex();
    boolean[] seenParts = seen.get(commandIndex);
    if (partIndex < 0 || partIndex >= seenParts.length || seenParts[partIndex]) {
      throw misfit("a part is there twice or has no place", commandIndex);
    }
    seenParts[partIndex] = true;
    List<Integer> argIndexes = new ArrayList<>();
    List<byte[]> args = argsOf(planned, commands.get(commandIndex).args(), argIndexes);
    return new PlannedPart(
        new Endpoint(node.getHost(), node.getPort()),
        nodePlan.getRequiresReadonly(),
        commandIndex,
        partIndex,
        planned.hasSlot() ? OptionalInt.of(planned.getSlot()) : OptionalInt.empty(),
        args,
        argIndexes,
        List.copyOf(planned.getReplyPositionsList()));
  }

  private List<byte[]> argsOf(
      PlannedCommand planned, List<byte[]> commandArgs, List<Integer> argIndexes) {
    if (planned.getArgIndexesCount() == 0) {
      return commandArgs;
    }
    List<byte[]> args = new ArrayList<>(planned.getArgIndexesCount());
    for (int index : planned.getArgIndexesList()) {
      int position = index < 0 ? -1 - index : index;
      int count = index < 0 ? plan.getLiteralsCount() : commandArgs.size();
      if (position >= count) {
        throw misfit("there is no such argument", planned.getCommandIndex());
      }
      args.add(index < 0 ? plan.getLiterals(position).toByteArray() : commandArgs.get(position));
      if (index > 0) {
        argIndexes.add(index);
      }
    }
    return args;
  }

  private void checkCommand(int index) {
    for (boolean isThere : seen.get(index)) {
      if (!isThere) {
        throw misfit("parts are missing", index);
      }
    }
    CommandPlan commandPlan = plan.getCommandPlans(index);
    boolean isRefused = commandPlan.getVerdict() == Verdict.VERDICT_REFUSED;
    if (isRefused != (commandPlan.getPartCount() == 0)) {
      throw misfit("a command has no part and no refusal, or both", index);
    }
    if (!isRefused && !ReplyMerge.canMerge(commandPlan.getMerge().getOperation())) {
      throw new SlotPlannerException(
          Status.Code.UNIMPLEMENTED,
          "Merge operation "
              + commandPlan.getMerge().getOperationValue()
              + " is not known to this client; nothing was sent.");
    }
  }

  private static SlotPlannerException misfit(String what, int commandIndex) {
    return new SlotPlannerException(
        Status.Code.INVALID_ARGUMENT,
        "The plan is not one of these commands: " + what + " (command " + commandIndex + ").");
  }
}
