// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.MergeOperation;
import slotplanner.v1.SlotPlannerServiceOuterClass.NodePlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlannedCommand;
import slotplanner.v1.SlotPlannerServiceOuterClass.Stage;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;

/**
 * A batch on its way: what has come of it so far, and what of it is to be planned and run again.
 * Not thread-safe.
 *
 * <p>A part that is planned again is a command of its own, which may fall into parts once more:
 * those of a slot that began to move carry one key each. They take the place of the part they were
 * made from, with their indexes counted in the caller's command; so the command is merged once,
 * from all of its parts, and an error names what a caller can find in the request (rules E1, E2).
 */
final class BatchProgress {
  /** What a command of `request` stands for. */
  private static final class Origin {
    final int commandIndex; // In the caller's request.

    /** The part of it, as a position among the parts of its result; -1 for the whole command. */
    int part;

    /**
     * Of a part: for each argument, its index in the caller's command, or a negative number for a
     * literal.
     */
    final List<Integer> argIndexes;

    Origin(int commandIndex, int part, List<Integer> argIndexes) {
      this.commandIndex = commandIndex;
      this.part = part;
      this.argIndexes = argIndexes;
    }

    boolean isPart() {
      return part >= 0;
    }
  }

  /** What is known of one of the caller's commands. */
  private static final class Known {
    CommandResult result;
    List<PartResult> parts = new ArrayList<>();
    MergeOperation operation = MergeOperation.MERGE_OPERATION_UNSPECIFIED;
    boolean isInPieces; // A part was planned again.
  }

  private BatchRequest request;
  private List<Origin> origins = new ArrayList<>(); // Parallel to the commands of `request`.
  private final List<Known> known = new ArrayList<>();
  private String redirection = "";

  BatchProgress(BatchRequest request) {
    this.request = request;
    for (int i = 0; i < request.commands.size(); i++) {
      origins.add(new Origin(i, -1, List.of()));
      known.add(new Known());
    }
  }

  /**
   * What to plan and run next: the caller's request; later, those commands and parts of it that
   * have not run and may (see {@link WhatToPlanAgain}), in their order, with the plan that did not
   * do as outdated. These ask for primaries only: a replica may be behind what the batch has
   * written already (rule D2), and one that failed may stay in the topology for a while.
   */
  BatchRequest request() {
    return request;
  }

  /** Whether nothing is left to be run. */
  boolean isDone() {
    return request.commands.isEmpty();
  }

  /** Takes what a plan of `request()` came to. Then `request()` is the next one. */
  void take(PlanBatchResponse plan, ExecutionResult result) {
    List<PlanAgain> again = WhatToPlanAgain.find(request.commands, plan, result.commands);
    List<PlannedCommand[]> planned = again.isEmpty() ? List.of() : plannedCommandsOf(plan);
    List<Command> nextCommands = new ArrayList<>();
    List<Origin> nextOrigins = new ArrayList<>();
    int grown = 0; // How many parts its command has gained before a part.
    int nextAgain = 0;
    for (int i = 0; i < origins.size(); i++) {
      Origin origin = origins.get(i);
      Command command = request.commands.get(i);
      CommandPlan commandPlan = plan.getCommandPlans(i);
      if (i == 0 || origins.get(i - 1).commandIndex != origin.commandIndex) {
        grown = 0;
      }
      if (origin.isPart()) {
        origin.part += grown;
        grown += replacePart(origin, commandPlan.getVerdict(), result.commands.get(i)) - 1;
      } else {
        Known whole = known.get(origin.commandIndex);
        whole.operation = commandPlan.getMerge().getOperation();
        whole.result = result.commands.get(i);
        whole.parts = new ArrayList<>(whole.result.parts());
      }
      for (; nextAgain < again.size() && again.get(nextAgain).commandIndex == i; nextAgain++) {
        PlanAgain item = again.get(nextAgain);
        if (item.partIndex.isEmpty()) {
          nextOrigins.add(origin);
          nextCommands.add(command);
          continue;
        }
        int part = item.partIndex.getAsInt();
        List<Integer> indexes = argIndexesOf(planned.get(i)[part], command);
        nextCommands.add(commandOf(indexes, command, plan));
        nextOrigins.add(
            new Origin(
                origin.commandIndex,
                Math.max(origin.part, 0) + part,
                origin.isPart() ? compose(indexes, origin.argIndexes) : indexes));
      }
    }
    if (!result.redirection.isEmpty()) {
      redirection = result.redirection;
    }
    request =
        new BatchRequest(
            nextCommands,
            request.options.withReadPreference(ReadPreference.PRIMARY),
            plan.getTopology().getVersion());
    origins = nextOrigins;
  }

  /** What is known of the caller's batch. Requires: `take` was called. */
  ExecutionResult finish() {
    List<CommandResult> commands = new ArrayList<>();
    for (Known each : known) {
      commands.add(
          each.isInPieces
              ? new CommandResult(ReplyMerge.replyOf(each.operation, each.parts), each.parts, null)
              : each.result);
    }
    return new ExecutionResult(commands, redirection);
  }

  /** Puts what the parts of `result` came to in the place of a part. Returns how many there are. */
  private int replacePart(Origin origin, Verdict verdict, CommandResult result) {
    Known whole = known.get(origin.commandIndex);
    whole.isInPieces = true;
    PartResult replaced = whole.parts.get(origin.part);
    if (verdict != Verdict.VERDICT_SPLIT) {
      whole.parts.set(origin.part, asOnePart(replaced, result));
      return 1;
    }
    // The planner merges the parts of a part as it merges those of the whole.
    List<PartResult> pieces = new ArrayList<>();
    for (PartResult part : result.parts()) {
      List<Integer> argIndexes =
          compose(part.argIndexes(), origin.argIndexes).stream()
              .filter(index -> index >= 0)
              .collect(Collectors.toList());
      pieces.add(
          part.withPlaces(argIndexes, compose(part.replyPositions(), replaced.replyPositions())));
    }
    whole.parts.remove(origin.part);
    whole.parts.addAll(origin.part, pieces);
    return pieces.size();
  }

  /** What a part came to that was planned again and did not fall apart. */
  private static PartResult asOnePart(PartResult replaced, CommandResult result) {
    PartResult part =
        result
            .refusal()
            .map(
                refusal ->
                    replaced.silent(
                        PartOutcome.NOT_SENT,
                        replaced.node(),
                        Status.FAILED_PRECONDITION.withDescription(refusal.message())))
            .orElseGet(() -> result.parts().get(0));
    return part.withPlaces(replaced.argIndexes(), replaced.replyPositions());
  }

  /** The parts of each command, by part index. Requires: {@link PlanResolver} takes the plan. */
  private static List<PlannedCommand[]> plannedCommandsOf(PlanBatchResponse plan) {
    List<PlannedCommand[]> commands = new ArrayList<>();
    for (CommandPlan commandPlan : plan.getCommandPlansList()) {
      commands.add(new PlannedCommand[commandPlan.getPartCount()]);
    }
    for (Stage stage : plan.getStagesList()) {
      for (NodePlan nodePlan : stage.getNodePlansList()) {
        for (PlannedCommand planned : nodePlan.getCommandsList()) {
          commands.get(planned.getCommandIndex())[planned.getPartIndex()] = planned;
        }
      }
    }
    return commands;
  }

  /** What <code>PlannedCommand.arg_indexes</code> means, the short form spelled out. */
  private static List<Integer> argIndexesOf(PlannedCommand planned, Command command) {
    if (planned.getArgIndexesCount() > 0) {
      return planned.getArgIndexesList();
    }
    List<Integer> indexes = new ArrayList<>();
    for (int i = 0; i < command.args().size(); i++) {
      indexes.add(i);
    }
    return indexes;
  }

  /** A part as a command of its own. */
  private static Command commandOf(
      List<Integer> argIndexes, Command command, PlanBatchResponse plan) {
    return Command.of(
        argIndexes.stream()
            .map(
                index ->
                    index >= 0
                        ? command.args().get(index)
                        : plan.getLiterals(-1 - index).toByteArray())
            .collect(Collectors.toList()));
  }

  /**
   * `indexes` into `outer`, as what `outer` has there. -1 where it has nothing, which no merge
   * accepts.
   */
  private static List<Integer> compose(List<Integer> indexes, List<Integer> outer) {
    return indexes.stream()
        .map(index -> index >= 0 && index < outer.size() ? outer.get(index) : -1)
        .collect(Collectors.toList());
  }
}
