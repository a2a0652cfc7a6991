// SPDX-License-Identifier: Apache-2.0
// Rules E1 to E3: how the replies of the parts of a command become its reply.
import type { MergeOperation } from './messages.js';
import { ErrorReply, integerReply, isInteger, type Reply } from './reply.js';
import type { Cause } from './status.js';

/**
 * What became of a part (rule E3):
 * - `not_sent`: no node can have executed it.
 * - `applied`: a node replied, and not with an error.
 * - `failed`: a node replied with an error.
 * - `unknown`: sent, but no reply came: it may have been executed.
 */
export type PartOutcome = 'not_sent' | 'applied' | 'failed' | 'unknown';

/** What is known about one part after it ran. */
export interface PartResult {
  outcome: PartOutcome;
  /** `host:port` of the last node that the part was meant for. */
  node: string;
  /** The node's reply, with `applied` and `failed`. */
  reply?: Reply;
  /** Why there is no reply, with `not_sent` and `unknown`. */
  cause?: Cause;
  /**
   * Indexes of the command's arguments in this part, the command's name and
   * what the planner has added left out. Empty for a command that went out
   * unchanged.
   */
  argIndexes: readonly number[];
  /** Where each element of the reply belongs in the merged reply. */
  replyPositions: readonly number[];
}

/** Whether `mergeReplies` knows the operation. */
export function canMerge(operation: MergeOperation): boolean {
  return OPERATIONS.has(operation);
}

/**
 * The reply of a command from those of its parts, which are ordered by part
 * index.
 *
 * An error of a part is never dropped (rule E2): if any part was not applied,
 * the reply is an error, `PARTFAILED`, that names the first few parts of each
 * outcome with their nodes and argument indexes, and the error of each. Only an
 * error that all parts met, each in the same words, is passed on as the nodes
 * sent it: a single server would have answered that.
 * MERGE_OPERATION_ONE_SUCCEEDED asks for one success, so that any makes the
 * reply.
 *
 * With MERGE_OPERATION_BY_NODE, which has no meaning as one reply, it is an
 * array of pairs, each the `host:port` of a node and its reply, in part order.
 *
 * The error `UNMERGEABLE` when the replies do not have the shapes that the
 * operation needs: whatever happens, a command has a reply.
 */
export function mergeReplies(
  operation: MergeOperation,
  parts: readonly PartResult[],
): Reply {
  const merge = OPERATIONS.get(operation);
  if (merge === undefined) {
    return unmergeable(
      `Merge operation ${operationNumber(operation)} is not known to this ` +
        'client; update it.',
    );
  }
  const [first] = parts;
  if (first === undefined) return unmergeable('There is no part to merge.');
  if (failedAlike(parts)) return replyOf(first);
  if (operation === 'MERGE_OPERATION_ONE_SUCCEEDED') {
    const applied = parts.find(isApplied);
    return applied ? replyOf(applied) : failureOf(parts);
  }
  if (!parts.every(isApplied)) return failureOf(parts);
  return merge(parts);
}

/**
 * Whether every node sent one and the same error: then it is what a single
 * server would have answered.
 */
export function failedAlike(parts: readonly PartResult[]): boolean {
  const text = errorLine(parts[0]);
  return text !== undefined && parts.every((part) => errorLine(part) === text);
}

/** An operation as the number that a newer planner has sent. */
export function operationNumber(operation: MergeOperation): string {
  const isUnspecified =
    (operation as unknown) === 'MERGE_OPERATION_UNSPECIFIED';
  return isUnspecified ? '0' : String(operation);
}

// Beyond this many, an error line counts parts or arguments, no longer names
// them: a split of thousands of keys must still be readable.
const MAX_NAMED = 8;

const MAX_INT64 = 2n ** 63n - 1n;
const MIN_INT64 = -(2n ** 63n);

const OUTCOME_NAMES: Readonly<Record<PartOutcome, string>> = {
  not_sent: 'not sent',
  applied: 'applied',
  failed: 'failed',
  unknown: 'unknown',
};

// Gets at least one part, and only applied ones.
type Operation = (parts: readonly PartResult[]) => Reply;

const OPERATIONS: ReadonlyMap<MergeOperation, Operation> = new Map([
  ['MERGE_OPERATION_SINGLE', single],
  ['MERGE_OPERATION_GATHER', gather],
  ['MERGE_OPERATION_SUM', folding(0n, (a, b) => a + b)],
  ['MERGE_OPERATION_MIN', folding(MAX_INT64, (a, b) => (b < a ? b : a))],
  ['MERGE_OPERATION_MAX', folding(MIN_INT64, (a, b) => (b > a ? b : a))],
  ['MERGE_OPERATION_LOGICAL_AND', folding(1n, (a, b) => (a && b ? 1n : 0n))],
  ['MERGE_OPERATION_LOGICAL_OR', folding(0n, (a, b) => (a || b ? 1n : 0n))],
  ['MERGE_OPERATION_ALL_SUCCEEDED', replyOfFirst],
  ['MERGE_OPERATION_ONE_SUCCEEDED', replyOfFirst],
  ['MERGE_OPERATION_CONCATENATE', concatenate],
  ['MERGE_OPERATION_BY_NODE', byNode],
  ['MERGE_OPERATION_FIRST_NOT_NIL', firstNotNil],
] as const satisfies readonly (readonly [MergeOperation, Operation])[]);

function isApplied(part: PartResult): boolean {
  return part.outcome === 'applied';
}

function replyOf(part: PartResult): Reply {
  return part.reply ?? null;
}

// The error that a part met, byte for byte.
function errorLine(part: PartResult | undefined): BinaryString | undefined {
  const isError =
    part?.outcome === 'failed' && part.reply instanceof ErrorReply;
  return isError
    ? (part.reply as ErrorReply).bytes.toString('latin1')
    : undefined;
}

// One character for each byte: errors need not be UTF-8, and none of their bytes
// is to be lost when they are put together.
type BinaryString = string;

function toBinary(text: string): BinaryString {
  return Buffer.from(text).toString('latin1');
}

function unmergeable(message: string): ErrorReply {
  return new ErrorReply(`UNMERGEABLE ${message}`);
}

// Naming parts.

// As in "part 1 on 127.0.0.1:7001 (arguments 2, 5)".
function nameOf(partIndex: number, part: PartResult): string {
  const name = `part ${partIndex} on ${part.node}`;
  const count = part.argIndexes.length;
  if (count === 0) return name;
  const named = part.argIndexes.slice(0, MAX_NAMED).join(', ');
  const more = count > MAX_NAMED ? ` and ${count - MAX_NAMED} more` : '';
  return `${name} (arguments ${named}${more})`;
}

// As in "; failed: part 0 on ...: WRONGTYPE ..., part 1 on ...". Empty when no
// part has that outcome.
function listParts(outcome: PartOutcome, parts: readonly PartResult[]): string {
  const named: string[] = [];
  let count = 0;
  parts.forEach((part, index) => {
    if (part.outcome !== outcome || ++count > MAX_NAMED) return;
    const detail = errorLine(part) ?? toBinary(part.cause?.message ?? '');
    const name = toBinary(nameOf(index, part));
    named.push(detail === '' ? name : `${name}: ${detail}`);
  });
  if (count === 0) return '';
  const more = count > MAX_NAMED ? ` and ${count - MAX_NAMED} more` : '';
  return `; ${OUTCOME_NAMES[outcome]}: ${named.join(', ')}${more}`;
}

function failureOf(parts: readonly PartResult[]): ErrorReply {
  const applied = parts.filter(isApplied).length;
  const line =
    `PARTFAILED ${applied} of ${parts.length} parts were applied` +
    listParts('failed', parts) +
    listParts('unknown', parts) +
    listParts('not_sent', parts) +
    listParts('applied', parts);
  return new ErrorReply(Buffer.from(line, 'latin1'));
}

function wrongShape(
  partIndex: number,
  part: PartResult,
  expected: string,
): ErrorReply {
  return unmergeable(
    `The reply of ${nameOf(partIndex, part)} is not ${expected}.`,
  );
}

// The operations.

function single(parts: readonly PartResult[]): Reply {
  if (parts.length !== 1) {
    return unmergeable(`One part was expected, there are ${parts.length}.`);
  }
  return replyOfFirst(parts);
}

function replyOfFirst(parts: readonly PartResult[]): Reply {
  return replyOf(parts[0] as PartResult);
}

function gather(parts: readonly PartResult[]): Reply {
  const count = parts.reduce((sum, p) => sum + p.replyPositions.length, 0);
  const elements: Reply[] = new Array(count).fill(null);
  const filled = new Uint8Array(count);
  for (const [i, part] of parts.entries()) {
    const { reply, replyPositions } = part;
    const size = replyPositions.length;
    if (!Array.isArray(reply) || reply.length !== size) {
      return wrongShape(i, part, `an array of length ${size}`);
    }
    for (const [j, position] of replyPositions.entries()) {
      // Not 0 either where there is no such position.
      if (filled[position] !== 0) {
        return unmergeable(
          `The reply positions of ${nameOf(i, part)} do not fit those of the ` +
            'other parts.',
        );
      }
      filled[position] = 1;
      elements[position] = reply[j] as Reply;
    }
  }
  return elements;
}

// Combines integers, or arrays of them element by element (rule C7). `initial`
// is what no integer at all comes to.
function folding(
  initial: bigint,
  combine: (total: bigint, term: bigint) => bigint,
): Operation {
  return (parts) => {
    const first = replyOfFirst(parts);
    const areArrays = Array.isArray(first);
    const totals = new Array<bigint>(areArrays ? first.length : 1);
    totals.fill(initial);
    for (const [i, part] of parts.entries()) {
      const reply = replyOf(part);
      const terms = Array.isArray(reply) ? reply : [reply];
      let fits =
        Array.isArray(reply) === areArrays && terms.length === totals.length;
      for (let j = 0; fits && j < terms.length; ++j) {
        const term = terms[j] as Reply;
        fits = isInteger(term);
        if (!isInteger(term)) break;
        const total = combine(totals[j] as bigint, BigInt(term));
        fits = total >= MIN_INT64 && total <= MAX_INT64;
        totals[j] = total;
      }
      if (!fits) {
        return wrongShape(i, part, 'of the shape of the others, or too large');
      }
    }
    const integers = totals.map(integerReply);
    return areArrays ? integers : (integers[0] as number | bigint);
  };
}

function concatenate(parts: readonly PartResult[]): Reply {
  const elements: Reply[] = [];
  for (const [i, part] of parts.entries()) {
    if (!Array.isArray(part.reply)) return wrongShape(i, part, 'an array');
    for (const element of part.reply) elements.push(element);
  }
  return elements;
}

function byNode(parts: readonly PartResult[]): Reply {
  return parts.map((part) => [Buffer.from(part.node), replyOf(part)]);
}

function firstNotNil(parts: readonly PartResult[]): Reply {
  return replyOf(parts.find((part) => replyOf(part) !== null) ?? NO_PART);
}

const NO_PART: PartResult = {
  outcome: 'applied',
  node: '',
  argIndexes: [],
  replyPositions: [],
};
