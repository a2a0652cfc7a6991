// SPDX-License-Identifier: Apache-2.0
// Batches whose plan has run, written by hand.
import type { PlanRequest } from '../src/batch_planner.js';
import type { CommandResult } from '../src/execution_result.js';
import type {
  CommandPlan,
  MergeOperation,
  NodePlan,
  PlanBatchResponse,
  PlannedCommand,
  Refusal,
} from '../src/messages.js';
import type { Command } from '../src/planned_parts.js';
import { ErrorReply, type Reply } from '../src/reply.js';
import { mergeReplies, type PartResult } from '../src/reply_merge.js';
import type { StatusCode } from '../src/status.js';

/** What became of a part: some of its fields. */
export type Outcome = Pick<PartResult, 'outcome' | 'reply' | 'cause'>;

export function applied(reply: Reply = Buffer.from('OK')): Outcome {
  return { outcome: 'applied', reply };
}

export function failed(text: string): Outcome {
  return { outcome: 'failed', reply: new ErrorReply(text) };
}

export function notSent(code: StatusCode = 'UNAVAILABLE'): Outcome {
  return { outcome: 'not_sent', cause: { code, message: 'refused' } };
}

export function unknown(): Outcome {
  return {
    outcome: 'unknown',
    cause: { code: 'UNAVAILABLE', message: 'closed' },
  };
}

export function words(text: string): Command {
  return text.split(' ').map((word) => Buffer.from(word));
}

export function commandPlan(more: Partial<CommandPlan> = {}): CommandPlan {
  return {
    verdict: 'VERDICT_SINGLE_SLOT',
    partCount: 0,
    merge: { operation: 'MERGE_OPERATION_SINGLE' },
    lostGuarantees: [],
    retrySafety: 'RETRY_SAFETY_UNSAFE',
    refusal: null,
    ...more,
  };
}

export function planOf(
  commandPlans: CommandPlan[],
  stages: NodePlan[][],
): PlanBatchResponse {
  return {
    stages: stages.map((nodePlans) => ({ nodePlans })),
    commandPlans,
    literals: [],
    migrations: [],
    topology: { version: 'v1', confirmTime: null },
  };
}

export function nodePlan(
  host: string,
  commands: PlannedCommand[],
  port = 7000,
): NodePlan {
  const role = 'NODE_ROLE_PRIMARY';
  const node = { nodeId: '', host, port, role, zone: '' } as const;
  return { node, commands, requiresReadonly: false };
}

export function planned(
  commandIndex: number,
  partIndex = 0,
  more: Partial<PlannedCommand> = {},
): PlannedCommand {
  return {
    commandIndex,
    partIndex,
    argIndexes: [],
    replyPositions: [],
    ...more,
  };
}

/** Commands, a plan for them in one stage, and what they came to. */
export class RanBatch {
  readonly commands: Command[] = [];
  readonly results: CommandResult[] = [];
  readonly plan: PlanBatchResponse = planOf([], [[]]);

  /** Adds a command, its words with spaces between; `part` adds its parts. */
  command(
    text: string,
    retrySafety: CommandPlan['retrySafety'] = 'RETRY_SAFETY_UNSAFE',
    verdict: CommandPlan['verdict'] = 'VERDICT_SINGLE_SLOT',
    operation: MergeOperation = 'MERGE_OPERATION_SINGLE',
  ): this {
    this.commands.push(words(text));
    this.plan.commandPlans.push(
      commandPlan({ verdict, retrySafety, merge: { operation } }),
    );
    this.results.push({ reply: null, parts: [] });
    return this;
  }

  refused(text: string, message: string): this {
    const refusal: Refusal = {
      reason: 'REFUSAL_REASON_SLOT_UNASSIGNED',
      message,
      keys: [],
      remedies: [],
    };
    this.commands.push(words(text));
    this.plan.commandPlans.push(
      commandPlan({ verdict: 'VERDICT_REFUSED', refusal }),
    );
    const reply = new ErrorReply(`REFUSED ${message}`);
    this.results.push({ reply, parts: [], refusal });
    return this;
  }

  /** Adds a part of the last command. */
  part(
    slot: number | undefined,
    outcome: Outcome,
    argIndexes: number[] = [],
    replyPositions: number[] = [],
    host = 'n',
  ): this {
    const index = this.commands.length - 1;
    const ownPlan = this.plan.commandPlans[index] as CommandPlan;
    const more = { slot, argIndexes, replyPositions };
    this.nodePlanOf(host).commands.push(
      planned(index, ownPlan.partCount++, more),
    );
    const parts: PartResult[] = [
      ...(this.results[index]?.parts ?? []),
      {
        ...outcome,
        node: `${host}:7000`,
        argIndexes: argIndexes.filter((i) => i > 0),
        replyPositions,
      },
    ];
    const operation = ownPlan.merge?.operation ?? 'MERGE_OPERATION_SINGLE';
    this.results[index] = { reply: mergeReplies(operation, parts), parts };
    return this;
  }

  request(more: Partial<PlanRequest> = {}): PlanRequest {
    return {
      cluster: '',
      commands: this.commands,
      readPreference: 'READ_PREFERENCE_PRIMARY',
      clientZone: '',
      splitPolicy: 'SPLIT_POLICY_SPLIT',
      outdatedTopologyVersion: '',
      ...more,
    };
  }

  private nodePlanOf(host: string): NodePlan {
    const [stage] = this.plan.stages;
    const found = stage?.nodePlans.find(({ node }) => node?.host === host);
    if (found) return found;
    const made = nodePlan(host, []);
    stage?.nodePlans.push(made);
    return made;
  }
}
