// SPDX-License-Identifier: Apache-2.0
// The runner of this client for tests/conformance: answers one JSON object a
// line. Bytes are strings of the characters U+0000 to U+00FF.
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import {
  type CallOptions,
  type CommandResult,
  type Driver,
  ErrorReply,
  hashTagRange,
  keySlot,
  NotRunError,
  type PartResult,
  type Refusal,
  type Reply,
  SlotPlanner,
} from '../src/index.js';

interface Request {
  readonly id: number;
  readonly op: string;
  readonly keys?: readonly string[];
  readonly commands?: readonly (readonly string[])[];
  readonly options?: RequestOptions;
}

interface RequestOptions {
  readonly timeout_ms?: number;
  readonly read_preference?: string;
  readonly split_policy?: string;
  readonly client_zone?: string;
  readonly cluster?: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      planner: { type: 'string', default: '127.0.0.1:50051' },
      password: { type: 'string' },
      user: { type: 'string' },
      token: { type: 'string' },
      driver: { type: 'string', default: 'socket' },
    },
  });
  const { planner = '', password, user, token } = values;
  const driver = values.driver === 'ioredis' ? ioredisDriver() : undefined;
  const makeClient = (cluster: string) =>
    new SlotPlanner({
      planner,
      cluster,
      ...(token !== undefined && { token }),
      ...(driver && { driver }),
      nodes: {
        ...(user !== undefined && { username: user }),
        ...(password !== undefined && { password }),
      },
    });
  const clients = new Map<string, SlotPlanner>();
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line) as Request;
    const cluster = request.options?.cluster ?? '';
    const client = clients.get(cluster) ?? makeClient(cluster);
    clients.set(cluster, client);
    const answer = { id: request.id, ...(await answerTo(request, client)) };
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
  for (const client of clients.values()) client.close();
}

// Loaded only where it is asked for, as by those who use it.
function ioredisDriver(): Driver {
  const { connectByIoredis } =
    require('../src/ioredis_driver.js') as typeof import('../src/ioredis_driver.js');
  return connectByIoredis;
}

async function answerTo(
  { op, keys = [], commands = [], options = {} }: Request,
  client: SlotPlanner,
): Promise<object> {
  switch (op) {
    case 'key_slot':
      return keySlots(keys.map(toBytes));
    case 'execute':
      try {
        const results = await client
          .with(callOptions(options))
          .executeBatch(commands.map((command) => command.map(toBytes)));
        return { results: results.map(resultJson) };
      } catch (error) {
        if (!(error instanceof NotRunError)) throw error;
        return { error: { code: error.code, message: error.message } };
      }
    default:
      return { error: { code: 'UNIMPLEMENTED', message: `No op "${op}".` } };
  }
}

function keySlots(keys: readonly Buffer[]): object {
  return {
    slots: keys.map(keySlot),
    hash_tags: keys.map((key) => {
      const tag = hashTagRange(key);
      return tag ? [tag.offset, tag.length] : null;
    }),
  };
}

function callOptions(options: RequestOptions): CallOptions {
  const { timeout_ms, client_zone } = options;
  const readPreference = options.read_preference
    ?.replace(/READ_PREFERENCE_(UNSPECIFIED)?/, '')
    .toLowerCase() as CallOptions['readPreference'];
  const splitPolicy = options.split_policy
    ?.replace(/SPLIT_POLICY_(UNSPECIFIED)?/, '')
    .toLowerCase() as CallOptions['splitPolicy'];
  return {
    ...(timeout_ms !== undefined && { timeoutMs: timeout_ms }),
    ...(client_zone !== undefined && { clientZone: client_zone }),
    ...(readPreference && { readPreference }),
    ...(splitPolicy && { splitPolicy }),
  };
}

function toBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

function resultJson({ reply, parts, refusal }: CommandResult): object {
  return {
    reply: replyJson(reply),
    ...(parts.length > 0 && { parts: parts.map(partJson) }),
    ...(refusal && { refusal: refusalJson(refusal) }),
  };
}

function partJson(part: PartResult): object {
  const { outcome, node, reply, cause, argIndexes } = part;
  return {
    outcome,
    node,
    ...(reply !== undefined && { reply: replyJson(reply) }),
    ...(cause && { cause: cause.code }),
    ...(argIndexes.length > 0 && { arg_indexes: argIndexes }),
  };
}

function replyJson(reply: Reply): unknown {
  if (reply === null) return null;
  if (Buffer.isBuffer(reply)) return { string: reply.toString('latin1') };
  if (reply instanceof ErrorReply) {
    return { error: reply.bytes.toString('latin1') };
  }
  if (Array.isArray(reply)) return { array: reply.map(replyJson) };
  return { integer: String(reply) };
}

// Protobuf's JSON form leaves out what has its default.
function refusalJson({ reason, message, keys, remedies }: Refusal): object {
  return withoutDefaults({
    reason,
    message,
    keys: keys.map(({ argIndex, slot }) => withoutDefaults({ argIndex, slot })),
    remedies: remedies.map(({ kind, description }) =>
      withoutDefaults({ kind, description }),
    ),
  });
}

function withoutDefaults(message: Readonly<Record<string, unknown>>): object {
  const isDefault = (value: unknown) =>
    value === 0 || value === '' || (Array.isArray(value) && value.length === 0);
  return Object.fromEntries(
    Object.entries(message).filter(([, value]) => !isDefault(value)),
  );
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exitCode = 1;
});
