// SPDX-License-Identifier: Apache-2.0
import type { PlanRequest } from './batch_planner.js';
import type { CommandResult } from './execution_result.js';
import type {
  CommandPlan,
  MergeOperation,
  PlanBatchResponse,
  PlannedCommand,
} from './messages.js';
import { argsAt, type Command } from './planned_parts.js';
import { mergeReplies, type PartResult } from './reply_merge.js';
import { whatToPlanAgain } from './what_to_plan_again.js';

/**
 * A batch on its way: what has come of it so far, and what of it is to be
 * planned and run again.
 *
 * A part that is planned again is a command of its own, which may fall into
 * parts once more: those of a slot that began to move carry one key each. They
 * take the place of the part they were made from, with their indexes counted in
 * the caller's command; so the command is merged once, from all of its parts,
 * and an error names what a caller can find in the request (rules E1, E2).
 */
export class BatchProgress {
  private next: PlanRequest;
  private origins: Origin[]; // Parallel to the commands of `next`.
  private readonly results: MutableResult[] = [];
  // Of each of the caller's commands.
  private readonly operations: (MergeOperation | undefined)[] = [];
  // Those of which a part was planned again.
  private readonly inPieces = new Set<number>();

  constructor(request: PlanRequest) {
    this.next = request;
    this.origins = request.commands.map((_, commandIndex) => ({
      commandIndex,
      part: undefined,
      argIndexes: [],
    }));
  }

  /**
   * What to plan and run next: the caller's request; later, those commands and
   * parts of it that have not run and may (see `whatToPlanAgain`), in their
   * order, with the plan that did not do as outdated. These ask for primaries
   * only: a replica may be behind what the batch has written already (rule D2),
   * and one that failed may stay in the topology for a while.
   */
  get request(): PlanRequest {
    return this.next;
  }

  /** Whether nothing is left to be run. */
  get isDone(): boolean {
    return this.next.commands.length === 0;
  }

  /**
   * Takes what a plan of `request` came to. Then `request` is the next one.
   */
  take(plan: PlanBatchResponse, results: readonly CommandResult[]): void {
    const { commands } = this.next;
    const again = whatToPlanAgain(commands, plan, results);
    const planned = again.length === 0 ? [] : plannedCommandsOf(plan);
    const nextCommands: Command[] = [];
    const nextOrigins: Origin[] = [];
    let grown = 0; // How many parts its command has gained before a part.
    let nextAgain = 0;
    this.origins.forEach((origin, i) => {
      const command = commands[i] as Command;
      const commandPlan = plan.commandPlans[i] as CommandPlan;
      const result = results[i] as CommandResult;
      if (this.origins[i - 1]?.commandIndex !== origin.commandIndex) grown = 0;
      if (origin.part === undefined) {
        this.operations[origin.commandIndex] = commandPlan.merge?.operation;
        this.results[origin.commandIndex] = {
          ...result,
          parts: [...result.parts],
        };
      } else {
        origin.part += grown;
        grown += this.replacePart(origin.part, origin, commandPlan, result) - 1;
      }
      for (; again[nextAgain]?.commandIndex === i; ++nextAgain) {
        const part = again[nextAgain]?.partIndex;
        if (part === undefined) {
          nextOrigins.push(origin);
          nextCommands.push(command);
          continue;
        }
        const indexes = argIndexesOf(planned[i]?.[part], command);
        // The plan was resolved, so every argument is there.
        nextCommands.push(argsAt(indexes, command, plan.literals) as Command);
        nextOrigins.push({
          commandIndex: origin.commandIndex,
          part: (origin.part ?? 0) + part,
          argIndexes:
            origin.part === undefined
              ? indexes
              : compose(indexes, origin.argIndexes),
        });
      }
    });
    this.origins = nextOrigins;
    this.next = {
      ...this.next,
      commands: nextCommands,
      readPreference: 'READ_PREFERENCE_PRIMARY',
      outdatedTopologyVersion: plan.topology?.version ?? '',
    };
  }

  /** What is known of the caller's batch. Requires: `take` was called. */
  finish(): CommandResult[] {
    for (const i of this.inPieces) {
      const result = this.results[i] as MutableResult;
      const operation = this.operations[i] ?? 'MERGE_OPERATION_UNSPECIFIED';
      result.reply = mergeReplies(operation, result.parts);
    }
    return this.results;
  }

  // Puts what the parts of `result` came to in the place of a part. Returns how
  // many there are.
  private replacePart(
    place: number,
    origin: Origin,
    { verdict }: CommandPlan,
    result: CommandResult,
  ): number {
    const { parts } = this.results[origin.commandIndex] as MutableResult;
    const replaced = parts[place] as PartResult;
    this.inPieces.add(origin.commandIndex);
    if (verdict !== 'VERDICT_SPLIT') {
      parts[place] = asOnePart(replaced, result);
      return 1;
    }
    // The planner merges the parts of a part as it merges those of the whole.
    const pieces = result.parts.map((part) => ({
      ...part,
      argIndexes: compose(part.argIndexes, origin.argIndexes).filter(
        (index) => index >= 0,
      ),
      replyPositions: compose(part.replyPositions, replaced.replyPositions),
    }));
    parts.splice(place, 1, ...pieces);
    return pieces.length;
  }
}

// What a command of the request stands for.
interface Origin {
  readonly commandIndex: number; // In the caller's request.

  // The part of it, as a position among the parts of its result; nothing means
  // the whole command.
  part: number | undefined;

  // Of a part: for each argument, its index in the caller's command, or a
  // negative number for a literal.
  readonly argIndexes: readonly number[];
}

interface MutableResult extends CommandResult {
  reply: CommandResult['reply'];
  parts: PartResult[];
}

// The parts of each command, by part index.
function plannedCommandsOf(plan: PlanBatchResponse): PlannedCommand[][] {
  const commands: PlannedCommand[][] = plan.commandPlans.map(() => []);
  for (const { nodePlans } of plan.stages) {
    for (const planned of nodePlans.flatMap((node) => node.commands)) {
      const parts = commands[planned.commandIndex] as PlannedCommand[];
      parts[planned.partIndex] = planned;
    }
  }
  return commands;
}

// What `PlannedCommand.argIndexes` means, the short form spelled out.
function argIndexesOf(
  planned: PlannedCommand | undefined,
  command: Command,
): readonly number[] {
  const indexes = planned?.argIndexes ?? [];
  return indexes.length > 0 ? indexes : command.map((_, i) => i);
}

// `indexes` into `outer`, as what `outer` has there. -1 where it has nothing,
// which no merge accepts.
function compose(
  indexes: readonly number[],
  outer: readonly number[],
): number[] {
  return indexes.map((index) => outer[index] ?? -1);
}

// What a part came to that was planned again and did not fall apart.
function asOnePart(replaced: PartResult, result: CommandResult): PartResult {
  const { argIndexes, replyPositions } = replaced;
  if (result.refusal) {
    return {
      outcome: 'not_sent',
      node: replaced.node,
      cause: {
        code: 'FAILED_PRECONDITION',
        message: result.refusal.message,
      },
      argIndexes,
      replyPositions,
    };
  }
  const [part = replaced] = result.parts;
  return { ...part, argIndexes, replyPositions };
}
