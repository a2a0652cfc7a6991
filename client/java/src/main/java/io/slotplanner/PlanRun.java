// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Deadline;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;

/**
 * One run of a plan: takes its deliveries to their nodes, stage by stage, and again where a node or
 * a lost connection calls for it, until each part has an outcome or the deadline has passed. {@link
 * PlanExecutor} says what callers may rely on.
 *
 * <p>It works in rounds: all pipelines of a stage are sent at once, all replies are taken, then
 * what was redirected, told to try later or lost is sent again, in the plan's order. Each answer is
 * noted when it comes, also if the delivery goes out again: so whatever ends the run, the last that
 * is known is the result. Used by one thread.
 */
final class PlanRun {
  /**
   * How often a delivery is redirected or loses its connection at most, and how many of these times
   * it goes out again at once. One redirection is common, a second one happens when a slot moves
   * twice or a failover follows a migration. Nodes that still disagree need a moment to hear of
   * each other; after some more tries they send the delivery in circles.
   */
  private static final int MAX_DETOURS = 5;

  private static final int MAX_DETOURS_AT_ONCE = 2;

  private static final Status INTERRUPTED =
      Status.CANCELLED.withDescription("The thread was interrupted.");

  private static final Backoff BACKOFF = new Backoff(500);

  /**
   * How long commands still go out again by this plan; after that, what a node answered last
   * stands. A slot that moves is over with its keys after some milliseconds; what takes longer
   * wants a new plan.
   */
  private static final long GIVE_UP_AFTER_MILLIS = 250;

  private final PlanBatchResponse plan;
  private final NodeConnections connections;
  private final UnaryOperator<Endpoint> addressMap;
  private final PipelineExchange exchange;
  private final Deadline deadline;
  private final Deadline giveUp;

  private final List<Trip> trips = new ArrayList<>(); // Parallel to the deliveries.
  private final List<PartResult[]> results = new ArrayList<>(); // By command and part index.
  private final List<Pipeline> pipelines = new ArrayList<>();
  private final Map<ConnectionKey, Pipeline> pipelineTo = new HashMap<>(); // The newest of each.
  private final List<Trip> pending = new ArrayList<>(); // In the plan's order.

  // By slot: what was sent again and is not settled, in the plan's order.
  private final Map<Integer, List<Trip>> sentAgain = new HashMap<>();
  private String redirection = "";

  PlanRun(
      PlanBatchResponse plan,
      Deliveries deliveries,
      NodeConnections connections,
      UnaryOperator<Endpoint> addressMap,
      PipelineExchange exchange,
      Deadline deadline) {
    this.plan = plan;
    this.connections = connections;
    this.addressMap = addressMap;
    this.exchange = exchange;
    this.deadline = deadline;
    this.giveUp = deadline.minimum(Deadline.after(GIVE_UP_AFTER_MILLIS, TimeUnit.MILLISECONDS));
    for (CommandPlan commandPlan : plan.getCommandPlansList()) {
      results.add(new PartResult[commandPlan.getPartCount()]);
    }
    for (Delivery delivery : deliveries.deliveries) {
      trips.add(new Trip(delivery, trips.size()));
      for (PlannedPart part : delivery.parts) {
        results.get(part.commandIndex)[part.partIndex] =
            PartResult.unsent(part.argIndexes, part.replyPositions);
      }
    }
  }

  void runStage(List<Deliveries.Step> steps) {
    boolean isInterrupted = Thread.currentThread().isInterrupted();
    for (Deliveries.Step step : steps) {
      Trip trip = trips.get(step.delivery);
      if (isInterrupted) {
        note(trip, step.first, step.end, PartOutcome.NOT_SENT, INTERRUPTED);
      } else {
        enqueue(trip, step.first, step.end);
      }
    }
    while (exchangeQueued() && !pending.isEmpty() && !deadline.isExpired() && awaitPending()) {
      enqueuePending();
    }
    pending.clear();
    sentAgain.clear();
  }

  /** Gives the connections back. To be called at the end, whatever happened. */
  void finish() {
    pipelines.forEach(Pipeline::finish);
  }

  /** By command index and part index. */
  List<PartResult[]> results() {
    return results;
  }

  /** As in {@link ExecutionResult}. */
  String redirection() {
    return redirection;
  }

  // Sending.

  private void enqueue(Trip trip, int first, int end) {
    pipelineTo(trip.endpoint, trip.readonly).queue.add(new Pipeline.Step(trip, first, end));
  }

  private Pipeline pipelineTo(Endpoint endpoint, boolean readonly) {
    ConnectionKey key = new ConnectionKey(endpoint, readonly);
    Pipeline pipeline = pipelineTo.get(key);
    if (pipeline == null || pipeline.isRetired) {
      pipeline = new Pipeline(endpoint, readonly, connections, deadline);
      pipelineTo.put(key, pipeline);
      pipelines.add(pipeline);
    }
    return pipeline;
  }

  /** False when the calling thread was interrupted, after which nothing is sent any more. */
  private boolean exchangeQueued() {
    List<Pipeline> busy = new ArrayList<>();
    for (Pipeline pipeline : pipelines) {
      if (!pipeline.queue.isEmpty()) {
        busy.add(pipeline);
      }
    }
    if (busy.isEmpty()) {
      return true;
    }
    List<List<Pipeline.Answer>> answers = exchange.all(busy, deadline);
    for (int i = 0; i < busy.size(); i++) {
      takeAnswers(busy.get(i), answers.get(i));
    }
    return !Thread.currentThread().isInterrupted();
  }

  // Sending again.

  private void sendAgain(Trip trip, Trip.Detour detour) {
    insert(pending, trip);
    OptionalInt slot = trip.delivery.slot();
    if (slot.isPresent()) {
      insert(sentAgain.computeIfAbsent(slot.getAsInt(), any -> new ArrayList<>()), trip);
    }
    trip.take(detour);
  }

  /** Keeps the plan's order. */
  private static void insert(List<Trip> ordered, Trip trip) {
    int place = ordered.size();
    while (place > 0 && ordered.get(place - 1).index >= trip.index) {
      place--;
    }
    if (place == ordered.size() || ordered.get(place) != trip) {
      ordered.add(place, trip);
    }
  }

  /** Waits until something of what is pending may be sent. False when interrupted meanwhile. */
  private boolean awaitPending() {
    long wake = Long.MAX_VALUE;
    long now = System.nanoTime();
    for (Trip trip : pending) {
      if (isFirstOfItsSlot(trip)) {
        wake = Math.min(wake, Math.max(trip.due - now, 0));
      }
    }
    return wake == 0 || Sleep.nanos(wake);
  }

  private boolean isFirstOfItsSlot(Trip trip) {
    OptionalInt slot = trip.delivery.slot();
    return slot.isEmpty() || sentAgain.get(slot.getAsInt()).get(0) == trip;
  }

  private void enqueuePending() {
    long now = System.nanoTime();
    Map<Trip, Pipeline> chosen = new HashMap<>();
    for (Trip trip : pending) {
      Pipeline pipeline = pipelineTo(trip.endpoint, trip.readonly);
      if (trip.due - now <= 0 && isNextOfItsSlot(trip, pipeline, chosen)) {
        chosen.put(trip, pipeline);
        Delivery delivery = trip.delivery;
        for (int i = 0; i < delivery.watchCount; i++) {
          enqueue(trip, i, i + 1);
        }
        enqueue(trip, delivery.watchCount, delivery.parts.size());
      }
    }
    pending.removeAll(chosen.keySet());
  }

  /**
   * Whether all that must be executed before is settled, or goes over the same connection before it
   * (rule D1).
   */
  private boolean isNextOfItsSlot(Trip trip, Pipeline pipeline, Map<Trip, Pipeline> chosen) {
    OptionalInt slot = trip.delivery.slot();
    if (slot.isEmpty()) {
      return true;
    }
    for (Trip earlier : sentAgain.get(slot.getAsInt())) {
      if (earlier == trip) {
        return true;
      }
      if (chosen.get(earlier) != pipeline) {
        return false;
      }
    }
    return true;
  }

  /** What a trip came to is final. */
  private void settle(Trip trip) {
    OptionalInt slot = trip.delivery.slot();
    List<Trip> lane = slot.isPresent() ? sentAgain.get(slot.getAsInt()) : null;
    if (lane != null) {
      lane.remove(trip);
    }
  }

  private void settleOrSendAgain(Trip trip, Trip.Detour detour) {
    if (detour == null) {
      settle(trip);
    } else {
      sendAgain(trip, detour);
    }
  }

  /** The way back to where it was sent before; null when it may not be sent again. */
  private Trip.Detour samePlace(Trip trip) {
    if (trip.detours >= MAX_DETOURS || deadline.isExpired()) {
      return null;
    }
    trip.detours++;
    return new Trip.Detour(trip.endpoint, trip.readonly, trip.asking, System.nanoTime());
  }

  /** What an error that a trip met calls for; null if it stands. */
  private Trip.Detour detourAfter(Pipeline pipeline, Trip trip, String error) {
    Trip.Detour detour;
    if (Redirection.meansTryLater(error)) {
      long due = retryTime(pipeline, trip.delays++);
      detour = new Trip.Detour(trip.endpoint, trip.readonly, trip.asking, due);
    } else {
      Redirection redirected = Redirection.parse(error, trip.endpoint).orElse(null);
      if (redirected == null) {
        return null;
      }
      Endpoint target = addressMap.apply(redirected.target);
      if (!redirected.isAsk) {
        noteMoved(pipeline, target, error);
      }
      if (trip.detours >= MAX_DETOURS) {
        return null;
      }
      long due =
          ++trip.detours > MAX_DETOURS_AT_ONCE
              ? retryTime(pipeline, trip.detours - MAX_DETOURS_AT_ONCE - 1)
              : System.nanoTime();
      // Both kinds name the primary that owns the slot, or will own it.
      detour = new Trip.Detour(target, false, redirected.isAsk, due);
    }
    long wait = detour.due - System.nanoTime();
    if (wait >= giveUp.timeRemaining(TimeUnit.NANOSECONDS)) {
      // A command that stays behind a WAIT is not planned again: then only a report makes the
      // planner look at the cluster.
      noteRedirection(error);
      return null;
    }
    return detour;
  }

  private void noteMoved(Pipeline pipeline, Endpoint target, String error) {
    noteRedirection(error);
    if (target.equals(pipeline.endpoint)) {
      // The name leads to another node by now: reconnect (rule F3).
      pipeline.isRetired = true;
      connections.forget(target);
    }
  }

  private void noteRedirection(String error) {
    if (redirection.isEmpty() && Redirection.tellsOfTopology(error)) {
      redirection = error;
    }
  }

  /**
   * When to ask a node again. All that it turns away in the meantime waits for the same moment, so
   * that it is asked once and in order.
   */
  private static long retryTime(Pipeline pipeline, int retry) {
    long now = System.nanoTime();
    if (pipeline.retryTime == 0 || pipeline.retryTime - now <= 0) {
      pipeline.retryTime =
          now + BACKOFF.delayNanos(retry, ThreadLocalRandom.current().nextDouble());
    }
    return pipeline.retryTime;
  }

  // Answers.

  private void takeAnswers(Pipeline pipeline, List<Pipeline.Answer> answers) {
    if (pipeline.cause != null) {
      pipeline.isRetired = true;
    }
    for (Pipeline.Answer answer : answers) {
      Trip trip = answer.trip;
      if (pipeline.wasUnready) {
        // Nothing has left, and another connection would fare no better for now.
        note(trip, answer.part, PartOutcome.NOT_SENT, pipeline.cause);
        settle(trip);
      } else if (answer.isHeld) {
        takeHeld(answer);
      } else if (trip.delivery.isInBody(answer.part)) {
        takeOfBody(pipeline, answer);
      } else if (answer.reply == null) {
        takeSilence(pipeline, answer);
      } else {
        takeReply(pipeline, answer);
      }
    }
  }

  private void takeReply(Pipeline pipeline, Pipeline.Answer answer) {
    Trip trip = answer.trip;
    Trip.Detour detour = null;
    if (answer.reply.isError() && trip.detour == null) {
      detour = detourAfter(pipeline, trip, answer.reply.latin1());
    }
    note(trip, answer.part, answer.reply);
    if (trip.delivery.kind != Delivery.Kind.TRANSACTION) {
      settleOrSendAgain(trip, detour);
    } else if (detour != null) {
      // A WATCH. Where the transaction goes is decided at MULTI.
      trip.detour = detour;
    }
  }

  private void takeSilence(Pipeline pipeline, Pipeline.Answer answer) {
    Trip trip = answer.trip;
    note(
        trip,
        answer.part,
        answer.wasSent ? PartOutcome.UNKNOWN : PartOutcome.NOT_SENT,
        pipeline.cause);
    if (trip.delivery.kind == Delivery.Kind.TRANSACTION) {
      return; // A WATCH, which is missed at MULTI.
    }
    settleOrSendAgain(trip, isSafe(trip.delivery.parts.get(answer.part)) ? samePlace(trip) : null);
  }

  /** A transaction whose WATCH commands are not all in force does not start. */
  private void takeHeld(Pipeline.Answer held) {
    Trip trip = held.trip;
    Trip.Detour detour = trip.detour;
    if (detour == null && !held.isWatching) {
      detour = samePlace(trip);
    }
    if (detour == null) {
      noteBody(
          trip,
          PartOutcome.NOT_SENT,
          Status.FAILED_PRECONDITION.withDescription("The WATCH before it failed."));
    }
    settleOrSendAgain(trip, detour);
  }

  private void takeOfBody(Pipeline pipeline, Pipeline.Answer answer) {
    Trip trip = answer.trip;
    if (answer.reply != null) {
      trip.replies.add(answer.reply);
    }
    if (answer.part + 1 < trip.delivery.parts.size()) {
      return;
    }
    if (answer.reply != null) {
      takeTransaction(pipeline, trip);
      return;
    }
    // Before its EXEC is sent, a transaction is nothing.
    trip.replies.clear();
    noteBody(trip, answer.wasSent ? PartOutcome.UNKNOWN : PartOutcome.NOT_SENT, pipeline.cause);
    settleOrSendAgain(trip, answer.wasSent ? null : samePlace(trip));
  }

  /**
   * A redirection in a transaction comes when a command is queued, or at EXEC; either way nothing
   * was executed, and the whole is sent again.
   */
  private void takeTransaction(Pipeline pipeline, Trip trip) {
    List<Reply> replies = new ArrayList<>(trip.replies);
    trip.replies.clear();
    boolean mayHaveEffects = replies.get(0).isError() || replies.get(replies.size() - 1).isArray();
    Trip.Detour detour = null;
    for (Reply reply : replies) {
      if (!mayHaveEffects && detour == null && reply.isError()) {
        detour = detourAfter(pipeline, trip, reply.latin1());
      }
    }
    for (int i = 0; i < replies.size(); i++) {
      note(trip, trip.delivery.watchCount + i, replies.get(i));
    }
    settleOrSendAgain(trip, detour);
  }

  // Results.

  /** Rule E4. */
  private boolean isSafe(PlannedPart part) {
    return plan.getCommandPlans(part.commandIndex).getRetrySafety()
        == RetrySafety.RETRY_SAFETY_SAFE;
  }

  private void note(Trip trip, int part, Reply reply) {
    PlannedPart planned = trip.delivery.parts.get(part);
    PartResult[] parts = results.get(planned.commandIndex);
    parts[planned.partIndex] = parts[planned.partIndex].replied(trip.endpoint.toString(), reply);
  }

  private void note(Trip trip, int part, PartOutcome outcome, Status why) {
    PlannedPart planned = trip.delivery.parts.get(part);
    PartResult[] parts = results.get(planned.commandIndex);
    parts[planned.partIndex] =
        parts[planned.partIndex].silent(outcome, trip.endpoint.toString(), why);
  }

  private void note(Trip trip, int first, int end, PartOutcome outcome, Status why) {
    for (int part = first; part < end; part++) {
      note(trip, part, outcome, why);
    }
  }

  private void noteBody(Trip trip, PartOutcome outcome, Status why) {
    note(trip, trip.delivery.watchCount, trip.delivery.parts.size(), outcome, why);
  }
}
