// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;

/**
 * Runs plans on the nodes of a cluster. Stages run one after the other. In a stage, each node gets
 * its commands in one pipeline, in the plan's order, and no node is waited for before another is
 * written to; so the time is that of the slowest node, whatever the number of nodes.
 *
 * <p>What a node answers is followed as the cluster specification says, each time for the command
 * that met it and until the deadline at most:
 *
 * <ul>
 *   <li>MOVED and ASK to the node that they name, a bounded number of times (rules F2, F3). A read
 *       that a replica sends away goes to the primary.
 *   <li>TRYAGAIN, CLUSTERDOWN, LOADING and MASTERDOWN by asking again, with exponential backoff and
 *       jitter (rule F4).
 *   <li>A connection that breaks leaves the outcome of what it carried unknown; only commands that
 *       the plan calls safe to retry are sent again (rule E4).
 * </ul>
 *
 * <p>A transaction goes over one connection in one piece, and goes out again as a whole, from its
 * first WATCH or MULTI. It starts only when its WATCH commands have succeeded. If the connection
 * breaks before EXEC was sent, nothing was executed; after that, the outcome of the whole
 * transaction is unknown. A connection on which a WATCH is still in force is not used again.
 *
 * <p>Commands of one slot that are sent again keep their order among themselves (rule D1). What
 * cannot be kept is their order towards later commands of the slot that were in the same pipeline
 * and have been executed meanwhile. Nor does a WAIT follow a write that was redirected: it speaks
 * for the node that the plan names.
 *
 * <p>Thread-safe; calls block.
 */
final class PlanExecutor {
  private final NodeConnections connections;
  private final PipelineExchange exchange;
  private final UnaryOperator<Endpoint> addressMap;

  /**
   * `addressMap` says where to find the nodes that redirections name, which is as the cluster
   * announces them. What a plan names is found as it stands.
   */
  PlanExecutor(
      NodeConnections connections, PipelineExchange exchange, UnaryOperator<Endpoint> addressMap) {
    this.connections = connections;
    this.exchange = exchange;
    this.addressMap = addressMap;
  }

  /**
   * Runs a plan that the server made for the commands. What goes wrong on the way to a node or on a
   * node is in the result of each command, until the deadline at the latest.
   *
   * @throws SlotPlannerException when nothing was sent: INVALID_ARGUMENT when the plan does not
   *     belong to the commands, UNIMPLEMENTED when this client cannot merge the replies that it
   *     asks for
   */
  ExecutionResult execute(List<Command> commands, PlanBatchResponse plan, Deadline deadline) {
    Deliveries deliveries = Deliveries.group(PlanResolver.resolve(commands, plan));
    PlanRun run = new PlanRun(plan, deliveries, connections, addressMap, exchange, deadline);
    try {
      deliveries.stages.forEach(run::runStage);
    } finally {
      run.finish();
    }
    List<CommandResult> results = new ArrayList<>();
    for (int i = 0; i < commands.size(); i++) {
      results.add(conclude(plan.getCommandPlans(i), Arrays.asList(run.results().get(i))));
    }
    return new ExecutionResult(results, run.redirection());
  }

  private static CommandResult conclude(CommandPlan commandPlan, List<PartResult> parts) {
    if (commandPlan.getVerdict() == Verdict.VERDICT_REFUSED) {
      Refusal refusal = new Refusal(commandPlan.getRefusal());
      return new CommandResult(
          Reply.error(Bytes.utf8("REFUSED " + refusal.message())), List.of(), refusal);
    }
    return new CommandResult(
        ReplyMerge.replyOf(commandPlan.getMerge().getOperation(), parts), parts, null);
  }
}
