// SPDX-License-Identifier: Apache-2.0
// The parts of a plan, grouped into what cannot be sent by halves.
import { lowerCaseName } from './command_name.js';
import { endpointText } from './endpoint.js';
import { NotRunError } from './errors.js';
import type { PlannedPart } from './planned_parts.js';

/**
 * What a delivery is:
 * - `command`: one part.
 * - `watch`: one part, a WATCH that no transaction follows.
 * - `unwatch`: one part, an UNWATCH.
 * - `transaction`: the WATCH commands, if any; then MULTI to EXEC or DISCARD.
 */
export type DeliveryKind = 'command' | 'watch' | 'unwatch' | 'transaction';

/**
 * Parts that go over one connection, and are sent again together or not at all:
 * one part, or a transaction with the WATCH commands before it (rule D3).
 */
export interface Delivery {
  readonly kind: DeliveryKind;
  /** In the order of the plan; never empty. */
  readonly parts: readonly PlannedPart[];
  /** How many of them, from the first, are WATCH commands of a transaction. */
  readonly watchCount: number;
  /** The slot of its keys, if it has any. */
  readonly slot: number | undefined;
}

/**
 * Parts [first, end) of a delivery: what the plan sends of it in one place. The
 * WATCH commands of a transaction are steps of their own, because other
 * commands may stand between them and MULTI.
 */
export interface DeliveryStep {
  /** Index into `Deliveries.deliveries`. */
  readonly delivery: number;
  readonly first: number;
  readonly end: number;
}

export interface Deliveries {
  readonly deliveries: readonly Delivery[];
  /** The steps of each stage, in the order in which they must be sent. */
  readonly stages: readonly (readonly DeliveryStep[])[];
}

/**
 * Groups the parts of a plan, which `resolvePlan` gave. Throws INVALID_ARGUMENT
 * when a transaction is not one contiguous piece of one pipeline, so that no
 * connection is ever left inside of one.
 */
export function groupIntoDeliveries(
  stages: readonly (readonly PlannedPart[])[],
): Deliveries {
  return new Grouping().group(stages);
}

/** Whether the part's command has this name, given in lower case. */
export function isNamed(part: PlannedPart, ...names: string[]): boolean {
  const given = part.args[0] as Buffer;
  // Most are told apart by their length: plans have thousands of parts.
  return names.some(
    (name) => name.length === given.length && name === lowerCaseName(given),
  );
}

// A WATCH whose transaction has not come yet.
interface Watch {
  readonly part: PlannedPart;
  // Its place in its stage, kept for it.
  readonly steps: (DeliveryStep | undefined)[];
  readonly place: number;
}

class Grouping {
  private readonly deliveries: Delivery[] = [];
  // A place is empty only until its WATCH finds its transaction or has none.
  private readonly stages: (DeliveryStep | undefined)[][] = [];
  private readonly watchesOf = new Map<string, Watch[]>(); // By endpoint.

  group(stages: readonly (readonly PlannedPart[])[]): Deliveries {
    for (const parts of stages) {
      const steps: (DeliveryStep | undefined)[] = [];
      this.stages.push(steps);
      for (let i = 0; i < parts.length; ) {
        const end = endOfStep(parts, i);
        this.add(steps, parts.slice(i, end));
        i = end;
      }
    }
    for (const watches of this.watchesOf.values()) {
      for (const watch of watches) this.keepAlone(watch);
    }
    return {
      deliveries: this.deliveries,
      stages: this.stages as DeliveryStep[][],
    };
  }

  private add(
    steps: (DeliveryStep | undefined)[],
    parts: readonly PlannedPart[],
  ): void {
    const part = parts[0] as PlannedPart;
    const node = endpointText(part.endpoint);
    const watches = this.watchesOf.get(node) ?? [];
    if (isNamed(part, 'watch')) {
      watches.push({ part, steps, place: steps.push(undefined) - 1 });
      this.watchesOf.set(node, watches);
      return;
    }
    if (parts.length > 1) {
      this.watchesOf.delete(node);
      this.addTransaction(steps, watches, parts);
      return;
    }
    const isUnwatch = isNamed(part, 'unwatch');
    if (isUnwatch) {
      this.watchesOf.delete(node);
      for (const watch of watches) this.keepAlone(watch);
    }
    steps.push({ delivery: this.deliveries.length, first: 0, end: 1 });
    this.deliveries.push(deliver(isUnwatch ? 'unwatch' : 'command', [part]));
  }

  private addTransaction(
    steps: (DeliveryStep | undefined)[],
    watches: readonly Watch[],
    body: readonly PlannedPart[],
  ): void {
    const delivery = this.deliveries.length;
    watches.forEach((watch, i) => {
      watch.steps[watch.place] = { delivery, first: i, end: i + 1 };
    });
    const parts = [...watches.map((watch) => watch.part), ...body];
    steps.push({ delivery, first: watches.length, end: parts.length });
    this.deliveries.push(deliver('transaction', parts, watches.length));
  }

  private keepAlone(watch: Watch): void {
    watch.steps[watch.place] = {
      delivery: this.deliveries.length,
      first: 0,
      end: 1,
    };
    this.deliveries.push(deliver('watch', [watch.part]));
  }
}

function deliver(
  kind: DeliveryKind,
  parts: readonly PlannedPart[],
  watchCount = 0,
): Delivery {
  const slot = parts.find((part) => part.slot !== undefined)?.slot;
  return { kind, parts, watchCount, slot };
}

// Where what begins at `begin` ends: behind the part itself, or behind the EXEC
// of a MULTI.
function endOfStep(parts: readonly PlannedPart[], begin: number): number {
  const first = parts[begin] as PlannedPart;
  if (endsTransaction(first)) throw notWhole(first);
  if (!isNamed(first, 'multi')) return begin + 1;
  const node = endpointText(first.endpoint);
  for (let i = begin + 1; i < parts.length; ++i) {
    const part = parts[i] as PlannedPart;
    if (endpointText(part.endpoint) !== node) break;
    if (endsTransaction(part)) return i + 1;
  }
  throw notWhole(first);
}

function endsTransaction(part: PlannedPart): boolean {
  return isNamed(part, 'exec', 'discard');
}

function notWhole(part: PlannedPart): NotRunError {
  return new NotRunError({
    code: 'INVALID_ARGUMENT',
    message:
      'The plan is not one of these commands: a transaction is not in one ' +
      `piece (command ${part.commandIndex}).`,
  });
}
