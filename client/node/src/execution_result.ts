// SPDX-License-Identifier: Apache-2.0
import type { PlanBatchResponse, Refusal } from './messages.js';
import { ErrorReply, type Reply } from './reply.js';
import { mergeReplies, type PartResult } from './reply_merge.js';

/** What one command of a batch came to. */
export interface CommandResult {
  /**
   * The reply that a single server would have given, or an error that says
   * which parts were applied and which were not (`PARTFAILED`); for a refused
   * command the error `REFUSED`.
   */
  readonly reply: Reply;

  /**
   * Every part, by part index. Empty for a refused command. Where a part was
   * planned again, that plan's parts stand in its place.
   */
  readonly parts: readonly PartResult[];

  /** Why nothing was sent, for a command that the planner refuses. */
  readonly refusal?: Refusal;
}

/** What the commands of a plan came to, from what its parts came to. */
export function conclude(
  plan: PlanBatchResponse,
  parts: readonly (readonly PartResult[])[],
): CommandResult[] {
  return plan.commandPlans.map(({ verdict, refusal, merge }, i) => {
    const ownParts = parts[i] ?? [];
    if (verdict === 'VERDICT_REFUSED' && refusal) {
      const reply = new ErrorReply(`REFUSED ${refusal.message}`);
      return { reply, parts: ownParts, refusal };
    }
    const operation = merge?.operation ?? 'MERGE_OPERATION_UNSPECIFIED';
    return { reply: mergeReplies(operation, ownParts), parts: ownParts };
  });
}
