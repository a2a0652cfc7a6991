// SPDX-License-Identifier: Apache-2.0
// Which commands, or parts of them, did not run and may be planned again.
import { type Delivery, groupIntoDeliveries, isNamed } from './deliveries.js';
import { endpointText } from './endpoint.js';
import type { CommandResult } from './execution_result.js';
import type { CommandPlan, PlanBatchResponse } from './messages.js';
import {
  type Command,
  type PlannedPart,
  resolvePlan,
} from './planned_parts.js';
import { errorCode, meansNotPrimary, meansTryLater } from './redirection.js';
import { ErrorReply } from './reply.js';
import type { PartResult } from './reply_merge.js';
import type { Cause } from './status.js';

/** A command of a batch, or one part of one. */
export interface PlanAgain {
  readonly commandIndex: number;
  /** Nothing means the whole command. */
  readonly partIndex: number | undefined;
}

/**
 * What to plan again after a plan has run, in ascending order.
 *
 * A part may be planned again when no node can have executed it: it was not
 * sent, for want of a connection, or a node said that it belongs elsewhere
 * (MOVED, ASK, READONLY) or comes too early (`meansTryLater`). One whose
 * outcome is unknown may be only if its command just reads (rule E4): of a
 * write that leaves the same state when it is sent twice, the reply may differ,
 * and newer writes of others would be lost.
 *
 * - A command in one part is planned again as a whole; of a split one, each
 *   part for itself.
 * - A command that goes to many nodes is planned again as a whole, since its
 *   nodes may be others by then: if it just reads, or if no node has or may
 *   have executed it.
 * - A transaction is planned again as a whole, from its first WATCH to its
 *   EXEC, if EXEC is known to have had no effect (rule D3).
 * - What speaks of the connection that it was sent on is never planned again:
 *   WAIT, WAITAOF, UNWATCH, and a WATCH that no transaction follows.
 * - What would run out of its order is not planned again (rules D1, D4): a
 *   write behind which the batch has read or written the same slot, a read
 *   behind which it has written that slot. Commands without keys for which any
 *   node does are together like one slot; a command for many nodes has all
 *   slots.
 * - No write is planned again behind which a WAIT has spoken for its node: it
 *   did not speak of this one.
 */
export function whatToPlanAgain(
  commands: readonly Command[],
  plan: PlanBatchResponse,
  results: readonly CommandResult[],
): PlanAgain[] {
  const allApplied = results.every(({ parts }) =>
    parts.every((part) => part.outcome === 'applied'),
  );
  if (allApplied) return [];
  // The plan has run, so it is one of these commands.
  const { deliveries } = groupIntoDeliveries(resolvePlan(commands, plan));
  const units = unitsOf(deliveries, plan, results);
  // From the end, so that what comes later is known.
  units.sort(byPlace).reverse();
  const later = new LaterEffects();
  const again: PlanAgain[] = [];
  for (const unit of units) {
    if (unit.mayRunAgain && !later.forbid(unit)) again.push(...unit.items);
    else if (unit.wasExecuted) later.add(unit);
  }
  return again.sort(byPlace);
}

// The slot, for our purposes, of commands that any node may answer.
const NO_SLOT = -1;

// What the outcome of a part means for what comes after:
// - done: a node has executed it, or may have.
// - lost: no node has, and another try would end likewise.
// - again: it may be tried again.
type Fate = 'done' | 'lost' | 'again';

function fateOf(part: PartResult, onlyReads: boolean): Fate {
  switch (part.outcome) {
    case 'applied':
      return 'done';
    case 'failed':
      return isAboutThePlan(part) ? 'again' : 'done';
    case 'not_sent':
      return mayPass(part.cause) ? 'again' : 'lost';
    case 'unknown':
      return onlyReads && mayPass(part.cause) ? 'again' : 'done';
  }
}

// Whether an error line says that the node has executed nothing because the
// command belongs elsewhere or comes too early.
function isAboutThePlan({ reply }: PartResult): boolean {
  if (!(reply instanceof ErrorReply)) return false;
  return (
    meansTryLater(reply.text) ||
    meansNotPrimary(reply.text) ||
    ['MOVED', 'ASK'].includes(errorCode(reply.text))
  );
}

function mayPass(cause: Cause | undefined): boolean {
  return cause?.code === 'UNAVAILABLE' || cause?.code === 'DEADLINE_EXCEEDED';
}

// What is planned again together or not at all.
interface Unit {
  readonly commandIndex: number; // Of a transaction, that of its EXEC.
  readonly partIndex: number; // 0 for what is planned again as a whole.
  readonly items: readonly PlanAgain[];
  readonly slot: number | undefined; // Nothing means all of them.
  readonly node: string | undefined; // Planned for; nothing means many.
  readonly onlyReads: boolean;
  readonly mayRunAgain: boolean;
  readonly wasExecuted: boolean; // Or may have been.
  // A WAIT or WAITAOF: it speaks of writes before it that its node got.
  readonly isWait: boolean;
}

function byPlace(
  a: { commandIndex: number; partIndex: number | undefined },
  b: { commandIndex: number; partIndex: number | undefined },
): number {
  return (
    a.commandIndex - b.commandIndex || (a.partIndex ?? -1) - (b.partIndex ?? -1)
  );
}

interface Effects {
  hasRead: boolean;
  hasWritten: boolean;
}

// What a batch has done to the slots from some point on to its end.
class LaterEffects {
  private readonly anywhere: Effects = { hasRead: false, hasWritten: false };
  // By what has all slots.
  private readonly everywhere: Effects = { hasRead: false, hasWritten: false };
  private readonly ofSlot = new Map<number, Effects>();
  private readonly nodesWaitedFor = new Set<string>();

  add(unit: Unit): void {
    if (unit.isWait) {
      this.nodesWaitedFor.add(unit.node ?? '');
      return;
    }
    for (const effects of [this.anywhere, this.effectsOn(unit.slot)]) {
      if (unit.onlyReads) effects.hasRead = true;
      else effects.hasWritten = true;
    }
  }

  // Whether the unit, run now, would run out of its order.
  forbid(unit: Unit): boolean {
    const isWaitedFor =
      unit.node === undefined
        ? this.nodesWaitedFor.size > 0
        : this.nodesWaitedFor.has(unit.node);
    if (isWaitedFor && !unit.onlyReads) return true;
    if (unit.slot === undefined) return conflicts(unit, this.anywhere);
    const ofSlot = this.ofSlot.get(unit.slot);
    return (
      conflicts(unit, this.everywhere) ||
      (ofSlot !== undefined && conflicts(unit, ofSlot))
    );
  }

  private effectsOn(slot: number | undefined): Effects {
    if (slot === undefined) return this.everywhere;
    const effects = this.ofSlot.get(slot) ?? {
      hasRead: false,
      hasWritten: false,
    };
    this.ofSlot.set(slot, effects);
    return effects;
  }
}

function conflicts(unit: Unit, later: Effects): boolean {
  return later.hasWritten || (later.hasRead && !unit.onlyReads);
}

function unitsOf(
  deliveries: readonly Delivery[],
  plan: PlanBatchResponse,
  results: readonly CommandResult[],
): Unit[] {
  const units: Unit[] = [];
  const planOf = (index: number) => plan.commandPlans[index] as CommandPlan;
  const resultOf = (part: PlannedPart) =>
    results[part.commandIndex]?.parts[part.partIndex] as PartResult;
  for (const { kind, parts, watchCount, slot } of deliveries) {
    const part = parts[0] as PlannedPart;
    const commandPlan = planOf(part.commandIndex);
    const isWait = isNamed(part, 'wait', 'waitaof');
    if (kind === 'transaction') {
      const outcomes = parts.map(resultOf);
      units.push(unitOfTransaction(parts, outcomes, watchCount, slot));
    } else if (kind !== 'command') {
      // It speaks of its connection.
    } else if (!goesToManyNodes(commandPlan) || isWait) {
      units.push(unitOfPart(part, resultOf(part), commandPlan, isWait));
    } else if (part.partIndex === 0) {
      const outcomes = results[part.commandIndex]?.parts ?? [];
      units.push(unitOfManyNodes(part.commandIndex, outcomes, commandPlan));
    }
  }
  return units;
}

// Whether the parts of a command mean nothing without each other.
function goesToManyNodes(plan: CommandPlan): boolean {
  return plan.partCount > 1 && plan.verdict !== 'VERDICT_SPLIT';
}

function onlyReads(plan: CommandPlan): boolean {
  return plan.retrySafety === 'RETRY_SAFETY_SAFE';
}

function unitOfPart(
  part: PlannedPart,
  outcome: PartResult,
  plan: CommandPlan,
  isWait: boolean,
): Unit {
  const { commandIndex } = part;
  const partIndex = plan.partCount > 1 ? part.partIndex : undefined;
  const fate = fateOf(outcome, onlyReads(plan));
  return {
    commandIndex,
    partIndex: part.partIndex,
    items: [{ commandIndex, partIndex }],
    slot: part.slot ?? NO_SLOT,
    node: endpointText(part.endpoint),
    onlyReads: onlyReads(plan),
    mayRunAgain: fate === 'again' && !isWait,
    wasExecuted: fate === 'done',
    isWait,
  };
}

function unitOfManyNodes(
  commandIndex: number,
  outcomes: readonly PartResult[],
  plan: CommandPlan,
): Unit {
  const fates = outcomes.map((part) => fateOf(part, onlyReads(plan)));
  const wasExecuted = fates.includes('done');
  return {
    commandIndex,
    partIndex: 0,
    items: [{ commandIndex, partIndex: undefined }],
    slot: undefined,
    node: undefined,
    onlyReads: onlyReads(plan),
    mayRunAgain: fates.includes('again') && (onlyReads(plan) || !wasExecuted),
    wasExecuted,
    isWait: false,
  };
}

function unitOfTransaction(
  parts: readonly PlannedPart[],
  outcomes: readonly PartResult[],
  watchCount: number,
  slot: number | undefined,
): Unit {
  const exec = parts[parts.length - 1] as PlannedPart;
  const execOutcome = outcomes[parts.length - 1]?.outcome;
  // Where MULTI fails, the node executes each command as it comes.
  const multiFailed = outcomes[watchCount]?.outcome === 'failed';
  const wasExecuted =
    execOutcome === 'applied' || execOutcome === 'unknown' || multiFailed;
  const hasAgain = outcomes.some((part) => fateOf(part, false) === 'again');
  return {
    commandIndex: exec.commandIndex,
    partIndex: 0,
    items: parts.map(({ commandIndex }) => ({
      commandIndex,
      partIndex: undefined,
    })),
    slot: slot ?? NO_SLOT,
    node: endpointText(exec.endpoint),
    onlyReads: false,
    mayRunAgain: hasAgain && !wasExecuted,
    wasExecuted,
    isWait: false,
  };
}
