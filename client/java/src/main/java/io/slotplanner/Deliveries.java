// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import io.grpc.Status;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The parts of a plan, grouped into what cannot be sent by halves. */
final class Deliveries {
  /**
   * Parts [first, end) of a delivery: what the plan sends of it in one place. The WATCH commands of
   * a transaction are steps of their own, because other commands may stand between them and MULTI.
   */
  static final class Step {
    final int delivery; // Index into `deliveries`.
    final int first;
    final int end;

    Step(int delivery, int first, int end) {
      this.delivery = delivery;
      this.first = first;
      this.end = end;
    }
  }

  /** A WATCH whose transaction has not come yet. */
  private static final class Watch {
    final PlannedPart part;
    final List<Step> stage;
    final int step; // Its place in the stage, kept for it.

    Watch(PlannedPart part, List<Step> stage) {
      this.part = part;
      this.stage = stage;
      this.step = stage.size();
    }
  }

  final List<Delivery> deliveries = new ArrayList<>();

  /** The steps of each stage, in the order in which they must be sent. */
  final List<List<Step>> stages = new ArrayList<>();

  private final Map<Endpoint, List<Watch>> watches = new HashMap<>();

  private Deliveries() {}

  /**
   * Groups the parts of a plan, which {@link PlanResolver} gave.
   *
   * @throws SlotPlannerException INVALID_ARGUMENT when a transaction is not one contiguous piece of
   *     one pipeline, so that no connection is ever left inside of one
   */
  static Deliveries group(List<List<PlannedPart>> stages) {
    Deliveries grouped = new Deliveries();
    for (List<PlannedPart> parts : stages) {
      grouped.stages.add(new ArrayList<>());
      for (int i = 0; i < parts.size(); ) {
        int end = endOfStep(parts, i);
        if (end == i) {
          throw new SlotPlannerException(
              Status.Code.INVALID_ARGUMENT,
              "The plan is not one of these commands: a transaction is not in one piece (command "
                  + parts.get(i).commandIndex
                  + ").");
        }
        grouped.add(parts.subList(i, end));
        i = end;
      }
    }
    grouped.watches.values().forEach(list -> list.forEach(grouped::keepAlone));
    return grouped;
  }

  /**
   * Where what begins at `begin` ends: behind the part itself, or behind the EXEC of a MULTI.
   * `begin` itself when there is no such EXEC.
   */
  private static int endOfStep(List<PlannedPart> parts, int begin) {
    PlannedPart first = parts.get(begin);
    if (first.endsTransaction()) {
      return begin;
    }
    if (!first.isNamed("MULTI")) {
      return begin + 1;
    }
    for (int i = begin + 1; i < parts.size(); i++) {
      if (!parts.get(i).endpoint.equals(first.endpoint)) {
        break;
      }
      if (parts.get(i).endsTransaction()) {
        return i + 1;
      }
    }
    return begin;
  }

  private void add(List<PlannedPart> parts) {
    PlannedPart first = parts.get(0);
    List<Step> stage = stages.get(stages.size() - 1);
    List<Watch> open = watches.computeIfAbsent(first.endpoint, any -> new ArrayList<>());
    if (first.isNamed("WATCH")) {
      open.add(new Watch(first, stage));
      stage.add(null);
      return;
    }
    Delivery.Kind kind = Delivery.Kind.COMMAND;
    List<PlannedPart> delivered = new ArrayList<>();
    int watchCount = 0;
    if (first.isNamed("UNWATCH")) {
      kind = Delivery.Kind.UNWATCH;
      open.forEach(this::keepAlone);
      open.clear();
    } else if (parts.size() > 1) {
      kind = Delivery.Kind.TRANSACTION;
      for (Watch watch : open) {
        delivered.add(watch.part);
        watch.stage.set(watch.step, new Step(deliveries.size(), watchCount, watchCount + 1));
        watchCount++;
      }
      open.clear();
    }
    delivered.addAll(parts);
    stage.add(new Step(deliveries.size(), watchCount, delivered.size()));
    deliveries.add(new Delivery(kind, delivered, watchCount));
  }

  private void keepAlone(Watch watch) {
    watch.stage.set(watch.step, new Step(deliveries.size(), 0, 1));
    deliveries.add(new Delivery(Delivery.Kind.WATCH, List.of(watch.part), 0));
  }
}
