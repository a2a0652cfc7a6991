// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import io.grpc.Status;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;

/**
 * Plans batches and runs the plans, again until all is done: so a batch survives failovers, slots
 * that move and nodes that come and go, if they are over before its deadline.
 *
 * <p>What a first plan did not get done is planned again, after a short backoff with jitter, as far
 * as nothing is applied twice (see {@link WhatToPlanAgain}) and with the first plan as outdated, so
 * that the planner looks at the cluster first (rule F3). A part of a split command is planned again
 * without the parts that were applied. Refusals and errors of the commands themselves are final.
 *
 * <p>Commands of one slot take effect in their order, as {@link PlanExecutor} says of one plan,
 * also over several plans: none is planned again behind which another of its slot has run that
 * could tell the difference. Commands of different slots are in no order once some of them are
 * planned again, even where one node has both.
 *
 * <p>Thread-safe; calls block.
 */
final class BatchRunner {
  /**
   * A failover is over within some seconds; to hear of it late by less than those is worth a few
   * calls more.
   */
  private static final Backoff PLANNING = new Backoff(250);

  /** How long a run may stay to report a redirection, whose reply it has already. */
  private static final long REPORT_TIMEOUT_MILLIS = 100;

  private final BatchPlanner planner;
  private final PlanExecutor executor;

  BatchRunner(BatchPlanner planner, PlanExecutor executor) {
    this.planner = planner;
    this.executor = executor;
  }

  /**
   * Runs commands. What is known at the deadline is the result, in which nothing is dropped or made
   * up (rules E2, E3).
   *
   * @throws SlotPlannerException when nothing was sent: the planner's own, UNAVAILABLE only after
   *     trying until the deadline, or that of {@link PlanExecutor#execute}
   */
  List<CommandResult> run(BatchRequest request, Deadline deadline) {
    BatchProgress progress = new BatchProgress(request);
    for (int retry = 0; ; retry++) {
      PlanBatchResponse plan;
      ExecutionResult result;
      try {
        plan = plan(progress.request(), deadline);
        result = executor.execute(progress.request().commands, plan, deadline);
      } catch (SlotPlannerException e) {
        if (retry == 0) {
          throw e;
        }
        return progress.finish().commands;
      }
      progress.take(plan, result);
      if (progress.isDone() || !await(retry, deadline)) {
        report(request, plan, result.redirection, deadline);
        return progress.finish().commands;
      }
    }
  }

  /** Asks the planner until it is available. */
  private PlanBatchResponse plan(BatchRequest request, Deadline deadline) {
    for (int retry = 0; ; retry++) {
      try {
        return planner.planBatch(request, deadline);
      } catch (SlotPlannerException e) {
        if (e.code() != Status.Code.UNAVAILABLE || !await(retry, deadline)) {
          throw e;
        }
      }
    }
  }

  /**
   * A plan that is made again says the same by its outdated version; so this is for those that got
   * done in spite of it. No error of it matters: the next plan that is outdated is reported, too.
   */
  private void report(
      BatchRequest request, PlanBatchResponse plan, String redirection, Deadline deadline) {
    if (redirection.isEmpty()) {
      return;
    }
    Deadline timeout = Deadline.after(REPORT_TIMEOUT_MILLIS, TimeUnit.MILLISECONDS);
    try {
      planner.reportRedirection(
          request.options.cluster(),
          redirection,
          plan.getTopology().getVersion(),
          deadline.minimum(timeout));
    } catch (SlotPlannerException e) {
      // See above.
    }
  }

  /**
   * Waits before the try with this number, from 0. False, at once, when the deadline would be over
   * by then, or the thread is interrupted.
   */
  private static boolean await(int retry, Deadline deadline) {
    long delay = PLANNING.delayNanos(retry, ThreadLocalRandom.current().nextDouble());
    return deadline.timeRemaining(TimeUnit.NANOSECONDS) > delay && Sleep.nanos(delay);
  }
}
