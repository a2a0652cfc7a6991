// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import slotplanner.v1.SlotPlannerServiceOuterClass.CommandPlan;
import slotplanner.v1.SlotPlannerServiceOuterClass.PlanBatchResponse;
import slotplanner.v1.SlotPlannerServiceOuterClass.RetrySafety;
import slotplanner.v1.SlotPlannerServiceOuterClass.Verdict;

/**
 * Which commands, or parts of them, did not run and may be planned again.
 *
 * <p>A part may be planned again when no node can have executed it: it was not sent, for want of a
 * connection, or a node said that it belongs elsewhere (MOVED, ASK, READONLY) or comes too early.
 * One whose outcome is unknown may be only if its command just reads (rule E4): of a write that
 * leaves the same state when it is sent twice, the reply may differ, and newer writes of others
 * would be lost.
 *
 * <ul>
 *   <li>A command in one part is planned again as a whole; of a split one, each part for itself.
 *   <li>A command that goes to many nodes is planned again as a whole, since its nodes may be
 *       others by then: if it just reads, or if no node has or may have executed it.
 *   <li>A transaction is planned again as a whole, from its first WATCH to its EXEC, if EXEC is
 *       known to have had no effect (rule D3).
 *   <li>What speaks of the connection that it was sent on is never planned again: WAIT, WAITAOF,
 *       UNWATCH, and a WATCH that no transaction follows.
 *   <li>What would run out of its order is not planned again (rules D1, D4): a write behind which
 *       the batch has read or written the same slot, a read behind which it has written that slot.
 *       Commands without keys for which any node does are together like one slot; a command for
 *       many nodes has all slots.
 *   <li>No write is planned again behind which a WAIT has spoken for its node: it did not speak of
 *       this one.
 * </ul>
 */
final class WhatToPlanAgain {
  /** The slot, for our purposes, of commands that any node may answer. */
  private static final OptionalInt NO_SLOT = OptionalInt.of(-1);

  /** What the outcome of a part means for what comes after. */
  private enum Fate {
    /** A node has executed it, or may have. */
    DONE,
    /** No node has, and another try would end likewise. */
    LOST,
    /** It may be tried again. */
    AGAIN
  }

  /** What is planned again together or not at all. */
  private static final class Unit {
    int commandIndex; // Of a transaction, that of its EXEC.
    int partIndex; // 0 for what is planned again as a whole.
    final List<PlanAgain> items = new ArrayList<>();
    OptionalInt slot = OptionalInt.empty(); // Nothing means all of them.
    Endpoint node; // That it was planned for; null means many.
    boolean onlyReads;
    boolean mayRunAgain;
    boolean wasExecuted; // Or may have been.
    boolean isWait; // It speaks of writes before it that its node got.
  }

  /** What a batch has done to the slots from some point on to its end. */
  private static final class LaterEffects {
    private static final class Effects {
      boolean hasRead;
      boolean hasWritten;

      void add(Unit unit) {
        hasRead = hasRead || unit.onlyReads;
        hasWritten = hasWritten || !unit.onlyReads;
      }

      boolean conflictWith(Unit unit) {
        return hasWritten || (hasRead && !unit.onlyReads);
      }
    }

    private final Effects anywhere = new Effects();
    private final Effects everywhere = new Effects(); // By what has all slots.
    private final Map<Integer, Effects> ofSlot = new HashMap<>();
    private final Set<Endpoint> nodesWaitedFor = new HashSet<>();

    void add(Unit unit) {
      if (unit.isWait) {
        nodesWaitedFor.add(unit.node);
        return;
      }
      anywhere.add(unit);
      Effects own =
          unit.slot.isPresent()
              ? ofSlot.computeIfAbsent(unit.slot.getAsInt(), any -> new Effects())
              : everywhere;
      own.add(unit);
    }

    /** Whether the unit, run now, would run out of its order. */
    boolean forbid(Unit unit) {
      boolean isWaitedFor =
          unit.node == null ? !nodesWaitedFor.isEmpty() : nodesWaitedFor.contains(unit.node);
      if (isWaitedFor && !unit.onlyReads) {
        return true;
      }
      if (unit.slot.isEmpty()) {
        return anywhere.conflictWith(unit);
      }
      Effects own = ofSlot.get(unit.slot.getAsInt());
      return everywhere.conflictWith(unit) || (own != null && own.conflictWith(unit));
    }
  }

  private final List<Command> commands;
  private final PlanBatchResponse plan;
  private final List<CommandResult> results;

  private WhatToPlanAgain(
      List<Command> commands, PlanBatchResponse plan, List<CommandResult> results) {
    this.commands = commands;
    this.plan = plan;
    this.results = results;
  }

  /**
   * What to plan again after a plan has run, in ascending order. `results` is what the run of
   * `plan` for `commands` came to.
   */
  static List<PlanAgain> find(
      List<Command> commands, PlanBatchResponse plan, List<CommandResult> results) {
    boolean allApplied =
        results.stream()
            .flatMap(result -> result.parts().stream())
            .allMatch(part -> part.outcome() == PartOutcome.APPLIED);
    if (allApplied) {
      return List.of();
    }
    return new WhatToPlanAgain(commands, plan, results).find();
  }

  private List<PlanAgain> find() {
    List<Unit> units = makeUnits(Deliveries.group(PlanResolver.resolve(commands, plan)));
    // From the end, so that what comes later is known.
    units.sort(
        Comparator.<Unit>comparingInt(unit -> unit.commandIndex)
            .thenComparingInt(unit -> unit.partIndex)
            .reversed());
    LaterEffects later = new LaterEffects();
    List<PlanAgain> again = new ArrayList<>();
    for (Unit unit : units) {
      if (unit.mayRunAgain && !later.forbid(unit)) {
        again.addAll(unit.items);
      } else if (unit.wasExecuted) {
        later.add(unit);
      }
    }
    again.sort(
        Comparator.<PlanAgain>comparingInt(item -> item.commandIndex)
            .thenComparingInt(item -> item.partIndex.orElse(-1)));
    return again;
  }

  private List<Unit> makeUnits(Deliveries deliveries) {
    List<Unit> units = new ArrayList<>();
    for (Delivery delivery : deliveries.deliveries) {
      PlannedPart part = delivery.first();
      switch (delivery.kind) {
        case TRANSACTION:
          units.add(ofTransaction(delivery));
          break;
        case COMMAND:
          if (!goesToManyNodes(part.commandIndex) || isWait(part.commandIndex)) {
            units.add(ofPart(part));
          } else if (part.partIndex == 0) {
            units.add(ofManyNodes(part.commandIndex));
          }
          break;
        default:
          break;
      }
    }
    return units;
  }

  private Unit ofPart(PlannedPart part) {
    Unit unit = new Unit();
    int index = part.commandIndex;
    unit.commandIndex = index;
    unit.partIndex = part.partIndex;
    unit.items.add(
        planOf(index).getPartCount() > 1
            ? new PlanAgain(index, OptionalInt.of(part.partIndex))
            : PlanAgain.whole(index));
    unit.slot = part.slot.isPresent() ? part.slot : NO_SLOT;
    unit.node = part.endpoint;
    unit.onlyReads = onlyReads(index);
    Fate fate = fateOf(resultOf(part), unit.onlyReads);
    unit.isWait = isWait(index);
    unit.mayRunAgain = fate == Fate.AGAIN && !unit.isWait;
    unit.wasExecuted = fate == Fate.DONE;
    return unit;
  }

  private Unit ofManyNodes(int commandIndex) {
    Unit unit = new Unit();
    unit.commandIndex = commandIndex;
    unit.items.add(PlanAgain.whole(commandIndex));
    unit.onlyReads = onlyReads(commandIndex);
    boolean hasAgain = false;
    for (PartResult part : results.get(commandIndex).parts()) {
      Fate fate = fateOf(part, unit.onlyReads);
      hasAgain = hasAgain || fate == Fate.AGAIN;
      unit.wasExecuted = unit.wasExecuted || fate == Fate.DONE;
    }
    unit.mayRunAgain = hasAgain && (unit.onlyReads || !unit.wasExecuted);
    return unit;
  }

  private Unit ofTransaction(Delivery delivery) {
    Unit unit = new Unit();
    PlannedPart exec = delivery.last();
    unit.commandIndex = exec.commandIndex;
    unit.slot = delivery.slot().isPresent() ? delivery.slot() : NO_SLOT;
    unit.node = exec.endpoint;
    boolean hasAgain = false;
    for (PlannedPart part : delivery.parts) {
      unit.items.add(PlanAgain.whole(part.commandIndex));
      hasAgain = hasAgain || fateOf(resultOf(part), false) == Fate.AGAIN;
    }
    // Where MULTI fails, the node executes each command as it comes.
    PlannedPart multi = delivery.parts.get(delivery.watchCount);
    PartOutcome outcome = resultOf(exec).outcome();
    unit.wasExecuted =
        outcome == PartOutcome.APPLIED
            || outcome == PartOutcome.UNKNOWN
            || resultOf(multi).outcome() == PartOutcome.FAILED;
    unit.mayRunAgain = hasAgain && !unit.wasExecuted;
    return unit;
  }

  private static Fate fateOf(PartResult part, boolean onlyReads) {
    switch (part.outcome()) {
      case FAILED:
        return Redirection.isAboutThePlan(part.reply().orElseThrow().latin1())
            ? Fate.AGAIN
            : Fate.DONE;
      case NOT_SENT:
        return mayPass(part.cause()) ? Fate.AGAIN : Fate.LOST;
      case UNKNOWN:
        return onlyReads && mayPass(part.cause()) ? Fate.AGAIN : Fate.DONE;
      default:
        return Fate.DONE;
    }
  }

  private static boolean mayPass(Status cause) {
    return cause.getCode() == Status.Code.UNAVAILABLE
        || cause.getCode() == Status.Code.DEADLINE_EXCEEDED;
  }

  private CommandPlan planOf(int commandIndex) {
    return plan.getCommandPlans(commandIndex);
  }

  private PartResult resultOf(PlannedPart part) {
    return results.get(part.commandIndex).parts().get(part.partIndex);
  }

  private boolean onlyReads(int commandIndex) {
    return planOf(commandIndex).getRetrySafety() == RetrySafety.RETRY_SAFETY_SAFE;
  }

  /** Whether its parts mean nothing without each other. */
  private boolean goesToManyNodes(int commandIndex) {
    return planOf(commandIndex).getPartCount() > 1
        && planOf(commandIndex).getVerdict() != Verdict.VERDICT_SPLIT;
  }

  private boolean isWait(int commandIndex) {
    byte[] name = commands.get(commandIndex).args().get(0);
    return Bytes.equalsIgnoreCase(name, "WAIT") || Bytes.equalsIgnoreCase(name, "WAITAOF");
  }
}
