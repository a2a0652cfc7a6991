// SPDX-License-Identifier: Apache-2.0
// A plan, checked against its commands and turned into what is to be sent.
import type { Endpoint } from './endpoint.js';
import { NotRunError } from './errors.js';
import type {
  NodePlan,
  PlanBatchResponse,
  PlannedCommand,
} from './messages.js';
import { canMerge, operationNumber } from './reply_merge.js';

/** A command as the caller would send it: the name, then the arguments. */
export type Command = readonly Buffer[];

/** One command to send. */
export interface PlannedPart {
  readonly endpoint: Endpoint;
  readonly requiresReadonly: boolean;
  readonly commandIndex: number;
  readonly partIndex: number;
  /** The slot that its keys share; nothing without keys. */
  readonly slot: number | undefined;
  /** The name, then the arguments; never empty. */
  readonly args: Command;
  /**
   * Indexes of the request's arguments in `args`, the name left out; empty for
   * a command that goes out unchanged.
   */
  readonly argIndexes: readonly number[];
  readonly replyPositions: readonly number[];
}

/**
 * The parts of each stage, in the order in which they must be sent. Throws
 * INVALID_ARGUMENT when the plan is not one of these commands: an index that
 * points nowhere, a part that is missing or there twice; UNIMPLEMENTED when it
 * needs a merge operation that this client does not know, so that nothing is
 * sent whose replies cannot be merged.
 */
export function resolvePlan(
  commands: readonly Command[],
  plan: PlanBatchResponse,
): PlannedPart[][] {
  if (plan.commandPlans.length !== commands.length) {
    throw misfit('their numbers differ', plan.commandPlans.length);
  }
  const seen = commands.map(() => new Set<number>());
  const stages = plan.stages.map((stage) =>
    stage.nodePlans.flatMap((nodePlan) =>
      nodePlan.commands.map((planned) => {
        const part = resolvePart(commands, plan, nodePlan, planned);
        const index = part.commandIndex;
        const partCount = plan.commandPlans[index]?.partCount ?? 0;
        const hasPlace = part.partIndex >= 0 && part.partIndex < partCount;
        if (!hasPlace || seen[index]?.has(part.partIndex)) {
          throw misfit('a part is there twice or has no place', index);
        }
        seen[index]?.add(part.partIndex);
        return part;
      }),
    ),
  );
  plan.commandPlans.forEach((commandPlan, i) => {
    // No part is there twice, so equal numbers mean that none is missing.
    if (seen[i]?.size !== commandPlan.partCount) {
      throw misfit('parts are missing', i);
    }
    const isRefused = commandPlan.verdict === 'VERDICT_REFUSED';
    if (isRefused !== (commandPlan.partCount === 0)) {
      throw misfit('a command has no part and no refusal, or both', i);
    }
    const operation =
      commandPlan.merge?.operation ?? 'MERGE_OPERATION_UNSPECIFIED';
    if (!isRefused && !canMerge(operation)) {
      throw new NotRunError({
        code: 'UNIMPLEMENTED',
        message:
          `Merge operation ${operationNumber(operation)} is not known to this ` +
          'client; nothing was sent.',
      });
    }
  });
  return stages;
}

function resolvePart(
  commands: readonly Command[],
  plan: PlanBatchResponse,
  nodePlan: NodePlan,
  planned: PlannedCommand,
): PlannedPart {
  const { commandIndex } = planned;
  const command = commands[commandIndex];
  if (command === undefined) {
    throw misfit('there is no such command', commandIndex);
  }
  const { host = '', port = 0 } = nodePlan.node ?? {};
  if (host === '' || port < 1 || port > 65535) {
    throw misfit('a node has no endpoint', commandIndex);
  }
  const args =
    planned.argIndexes.length === 0
      ? command
      : argsAt(planned.argIndexes, command, plan.literals);
  if (args === undefined) {
    throw misfit('there is no such argument', commandIndex);
  }
  if (args.length === 0) throw misfit('a part is empty', commandIndex);
  return {
    endpoint: { host, port },
    requiresReadonly: nodePlan.requiresReadonly,
    commandIndex,
    partIndex: planned.partIndex,
    slot: planned.slot,
    args,
    argIndexes: planned.argIndexes.filter((index) => index > 0),
    replyPositions: planned.replyPositions,
  };
}

/**
 * The arguments that `PlannedCommand.argIndexes` names; nothing when one of
 * them is not there.
 */
export function argsAt(
  indexes: readonly number[],
  command: Command,
  literals: readonly Buffer[],
): Buffer[] | undefined {
  const args: Buffer[] = [];
  for (const index of indexes) {
    const arg = index >= 0 ? command[index] : literals[-1 - index];
    if (arg === undefined) return undefined;
    args.push(arg);
  }
  return args;
}

function misfit(what: string, commandIndex: number): NotRunError {
  return new NotRunError({
    code: 'INVALID_ARGUMENT',
    message:
      `The plan is not one of these commands: ${what} ` +
      `(command ${commandIndex}).`,
  });
}
