// SPDX-License-Identifier: Apache-2.0
package io.slotplanner;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import slotplanner.v1.SlotPlannerServiceOuterClass;

/** Why a command is not in the plan, and what to do instead. Immutable. */
public final class Refusal {
  private final SlotPlannerServiceOuterClass.Refusal refusal;

  Refusal(SlotPlannerServiceOuterClass.Refusal refusal) {
    this.refusal = refusal;
  }

  /**
   * The cause, for programs.
   *
   * @return the reason
   */
  public RefusalReason reason() {
    return RefusalReason.ofNumber(refusal.getReasonValue());
  }

  /**
   * The cause and the way out, for people.
   *
   * @return text without any bytes of keys
   */
  public String message() {
    return refusal.getMessage();
  }

  /**
   * The slots of the keys that stand in the way.
   *
   * @return the slot by the index of the key in {@link Command#args()}
   */
  public Map<Integer, Integer> slotsByArgIndex() {
    Map<Integer, Integer> slots = new LinkedHashMap<>();
    refusal.getKeysList().forEach(key -> slots.put(key.getArgIndex(), key.getSlot()));
    return Collections.unmodifiableMap(slots);
  }

  /**
   * Ways out, the best first.
   *
   * @return an immutable list
   */
  public List<Remedy> remedies() {
    List<Remedy> remedies = new ArrayList<>();
    refusal
        .getRemediesList()
        .forEach(
            remedy ->
                remedies.add(
                    new Remedy(
                        RemedyKind.ofNumber(remedy.getKindValue()), remedy.getDescription())));
    return Collections.unmodifiableList(remedies);
  }

  SlotPlannerServiceOuterClass.Refusal proto() {
    return refusal;
  }

  @Override
  public String toString() {
    return reason() + ": " + message();
  }
}
