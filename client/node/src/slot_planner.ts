// SPDX-License-Identifier: Apache-2.0
import { type Argument, encodeCommand } from './arguments.js';
import { BatchRunner, DEFAULT_RUNNER_OPTIONS } from './batch_runner.js';
import { CallLimit } from './call_limit.js';
import { Deadline } from './deadline.js';
import type { Endpoint } from './endpoint.js';
import {
  CommandRefusedError,
  NodeReplyError,
  PartsFailedError,
} from './errors.js';
import type { CommandResult } from './execution_result.js';
import { MaskingPlanner } from './masking_planner.js';
import type { ReadPreference, SplitPolicy } from './messages.js';
import type { Driver, NodeOptions } from './node_connection.js';
import { NodeConnections } from './node_connections.js';
import { PlannerClient, type PlannerTlsOptions } from './planner_client.js';
import { ErrorReply, type Reply } from './reply.js';
import { failedAlike } from './reply_merge.js';
import { connectBySocket } from './socket_driver.js';

/** How one call is run. */
export interface CallOptions {
  /**
   * How long a call may take, all retries together. What is known then is the
   * result. Default: 5000.
   */
  readonly timeoutMs?: number;

  /**
   * Ends a call early, as the end of its time would: what was sent and has no
   * reply has an unknown outcome.
   */
  readonly signal?: AbortSignal;

  /**
   * Which node of a shard serves reads: the primary (the default), a replica,
   * or one in `clientZone`. Replicas may be behind.
   */
  readonly readPreference?: 'primary' | 'replica' | 'nearest';

  /** The caller's availability zone, for `nearest`. */
  readonly clientZone?: string;

  /**
   * What the planner may do to a command whose keys are in several slots:
   * refuse it (`atomic`), split it where that means the same but for atomicity
   * (`split`, the default), or also rewrite it into several commands
   * (`emulate`).
   */
  readonly splitPolicy?: 'atomic' | 'split' | 'emulate';
}

/** How to reach a slotplanner server and the nodes of a cluster. */
export interface SlotPlannerOptions extends CallOptions {
  /**
   * The server: `host:port`, whose addresses are all used in turn, or
   * `unix:PATH`, or any other target in gRPC's own notation with its scheme.
   */
  readonly planner: string;

  /** With these, or `true` for Node's roots, calls to the server use TLS. */
  readonly plannerTls?: true | PlannerTlsOptions;

  /** The bearer token that the server asks for. */
  readonly token?: string;

  /** Name of the cluster. Default: the server's default cluster. */
  readonly cluster?: string;

  /** Credentials, TLS and timeout of the connections to nodes. */
  readonly nodes?: NodeOptions;

  /**
   * For clusters behind address translation: where to connect to instead of the
   * endpoint that a node names in MOVED or ASK. What a plan names is found as
   * it stands. A redirection for which this throws is not followed.
   */
  readonly addressMap?: (announced: Endpoint) => Endpoint;

  /**
   * How many calls run at one time, and so how many connections there are to a
   * node; those beyond wait for their turn. Blocking commands hold their place
   * as long as they block. Default: 128.
   */
  readonly maxConcurrentCalls?: number;

  /**
   * Opens connections to nodes. Default: by Node's own sockets.
   * `slotplanner/ioredis` has another.
   */
  readonly driver?: Driver;
}

/**
 * Runs commands over all slots of a Redis or Valkey Cluster, as a slotplanner
 * server plans them. Values and replies travel between this process and the
 * nodes only: the server gets the names and keys of commands.
 *
 * Arguments are strings, sent as UTF-8, or bytes, or numbers, sent in decimal.
 * Replies are what `Reply` says: strings come as buffers.
 *
 * Calls may overlap. Commands of one batch on the same slot take effect in
 * their order; different calls are in no order. A call has its connections for
 * itself: there are as many to a node as calls that use it at one time.
 *
 * Rejections: `NotRunError` when nothing was sent; and of all methods but
 * `executeBatch`, which has them in its results, `CommandRefusedError`,
 * `NodeReplyError` and `PartsFailedError`.
 */
export class SlotPlanner {
  /**
   * Connects at the first call, not before. Throws a `TypeError` or a
   * `RangeError` that names the option when one makes no sense.
   */
  constructor(options: SlotPlannerOptions) {
    const { planner, maxConcurrentCalls = 1 } = options;
    if (typeof planner !== 'string' || planner === '') {
      throw new TypeError('Option planner must be a target such as host:port.');
    }
    if (!(maxConcurrentCalls >= 1)) {
      throw new RangeError('Option maxConcurrentCalls must be at least 1.');
    }
    checkCallOptions(options);
    this.options = options;
    this.shared = share(options);
  }

  /**
   * This client with other options for its calls, over the same connections:
   * `await slots.with({ readPreference: 'replica' }).mget('a', 'b')`.
   */
  with(options: CallOptions): SlotPlanner {
    checkCallOptions(options);
    const other: SlotPlanner = Object.create(SlotPlanner.prototype);
    other.options = { ...this.options, ...options };
    other.shared = this.shared;
    return other;
  }

  /** Runs one command: the name, then the arguments. */
  async execute(command: readonly Argument[]): Promise<Reply> {
    const [result] = await this.executeBatch([command]);
    return replyOrThrow(result as CommandResult);
  }

  /**
   * Runs commands that are planned together: one round trip per node where
   * nothing goes wrong, however many commands there are. `MULTI` to `EXEC`
   * within them is one transaction, in one slot. Resolves to one result per
   * command, also where some failed.
   */
  async executeBatch(
    commands: readonly (readonly Argument[])[],
  ): Promise<CommandResult[]> {
    const { timeoutMs = 5000, signal } = this.options;
    const request = {
      cluster: this.options.cluster ?? '',
      commands: commands.map(encodeCommand),
      readPreference:
        READ_PREFERENCES[this.options.readPreference ?? 'primary'],
      clientZone: this.options.clientZone ?? '',
      splitPolicy: SPLIT_POLICIES[this.options.splitPolicy ?? 'split'],
      outdatedTopologyVersion: '',
    };
    const deadline = Deadline.after(timeoutMs, signal);
    const { limit, runner } = this.shared;
    return limit.run(deadline, () => runner.run(request, deadline));
  }

  /** The values of the keys, in their order; null where there is none. */
  async mget(...keys: Argument[]): Promise<(Buffer | null)[]> {
    return (await this.execute(['MGET', ...keys])) as (Buffer | null)[];
  }

  /**
   * Sets keys to values. Not atomic over several slots. A `Map` or pairs keep
   * their order and may have binary keys; an object's keys are strings.
   */
  async mset(
    values:
      | Iterable<readonly [Argument, Argument]>
      | Readonly<Record<string, Argument>>,
  ): Promise<void> {
    const pairs =
      Symbol.iterator in values
        ? [...(values as Iterable<readonly [Argument, Argument]>)]
        : Object.entries(values);
    await this.execute(['MSET', ...pairs.flat()]);
  }

  /** Deletes keys. Resolves to how many there were. */
  del(...keys: Argument[]): Promise<number> {
    return this.count('DEL', keys);
  }

  /** Resolves to how many of the keys exist; one given twice counts twice. */
  exists(...keys: Argument[]): Promise<number> {
    return this.count('EXISTS', keys);
  }

  /** Marks keys as used. Resolves to how many exist. */
  touch(...keys: Argument[]): Promise<number> {
    return this.count('TOUCH', keys);
  }

  /** Deletes keys; nodes free the memory later. Resolves to how many there were. */
  unlink(...keys: Argument[]): Promise<number> {
    return this.count('UNLINK', keys);
  }

  /**
   * Closes all connections: those in use when their calls are done. No call may
   * begin afterwards, on this or on what `with` made of it.
   */
  close(): void {
    this.shared.connections.close();
    this.shared.client.close();
  }

  private options: SlotPlannerOptions;
  private shared: Shared;

  private async count(
    name: string,
    keys: readonly Argument[],
  ): Promise<number> {
    return Number(await this.execute([name, ...keys]));
  }
}

// `await using`, where the runtime knows it (Node 20 and later).
const { asyncDispose } = Symbol as { readonly asyncDispose?: symbol };
if (asyncDispose) {
  Object.defineProperty(SlotPlanner.prototype, asyncDispose, {
    async value(this: SlotPlanner) {
      this.close();
    },
  });
}

const READ_PREFERENCES = {
  primary: 'READ_PREFERENCE_PRIMARY',
  replica: 'READ_PREFERENCE_REPLICA',
  nearest: 'READ_PREFERENCE_NEAREST',
} as const satisfies Record<string, ReadPreference>;

const SPLIT_POLICIES = {
  atomic: 'SPLIT_POLICY_ATOMIC',
  split: 'SPLIT_POLICY_SPLIT',
  emulate: 'SPLIT_POLICY_EMULATE',
} as const satisfies Record<string, SplitPolicy>;

function checkCallOptions(options: CallOptions): void {
  const { timeoutMs = 0, readPreference, splitPolicy } = options;
  if (!(timeoutMs >= 0)) {
    throw new RangeError('Option timeoutMs must not be negative.');
  }
  checkChoice('readPreference', readPreference, READ_PREFERENCES);
  checkChoice('splitPolicy', splitPolicy, SPLIT_POLICIES);
}

function checkChoice(name: string, given: unknown, choices: object): void {
  const names = Object.keys(choices);
  if (given !== undefined && !names.includes(given as string)) {
    throw new TypeError(`Option ${name} must be one of ${names.join(', ')}.`);
  }
}

// What a client and all that `with` makes of it have in common.
interface Shared {
  readonly limit: CallLimit;
  readonly client: PlannerClient;
  readonly connections: NodeConnections;
  readonly runner: BatchRunner;
}

function share(options: SlotPlannerOptions): Shared {
  const { planner, plannerTls, token, addressMap } = options;
  const client = new PlannerClient({
    target: planner,
    ...(plannerTls && { tls: plannerTls }),
    ...(token && { token }),
  });
  const driver = options.driver ?? connectBySocket;
  const connections = new NodeConnections(driver, options.nodes ?? {});
  const runner = new BatchRunner(new MaskingPlanner(client), connections, {
    ...DEFAULT_RUNNER_OPTIONS,
    ...(addressMap && { addressMap }),
  });
  const limit = new CallLimit(options.maxConcurrentCalls ?? 128);
  return { limit, client, connections, runner };
}

function replyOrThrow({ reply, parts, refusal }: CommandResult): Reply {
  if (!(reply instanceof ErrorReply)) return reply;
  if (refusal) throw new CommandRefusedError(refusal);
  if (failedAlike(parts)) {
    throw new NodeReplyError(reply.text, parts[0]?.node ?? '');
  }
  throw new PartsFailedError(reply.text, parts);
}
