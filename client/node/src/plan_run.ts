// SPDX-License-Identifier: Apache-2.0
// Takes the deliveries of a plan to their nodes.
import { type BackoffOptions, backoffDelayMs } from './backoff.js';
import { type Deadline, Wake } from './deadline.js';
import type { Deliveries, Delivery, DeliveryStep } from './deliveries.js';
import { type Endpoint, endpointText } from './endpoint.js';
import type { PlanBatchResponse } from './messages.js';
import type { NodeConnection } from './node_connection.js';
import { causeOf, type NodeConnections } from './node_connections.js';
import type { Command, PlannedPart } from './planned_parts.js';
import {
  meansTryLater,
  parseRedirection,
  tellsOfTopology,
} from './redirection.js';
import { ErrorReply, type Reply } from './reply.js';
import type { PartOutcome, PartResult } from './reply_merge.js';
import type { Cause } from './status.js';

/** How a plan is run. */
export interface PlanRunOptions {
  readonly backoff: BackoffOptions;
  /**
   * How long after the beginning of the run commands still go out again; after
   * that, what a node answered last stands.
   */
  readonly giveUpAfterMs: number;
  /** Where to find the nodes that MOVED and ASK name. */
  readonly addressMap: (announced: Endpoint) => Endpoint;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

/** What the parts of a plan came to. */
export interface PlanRunResult {
  /** By command index and part index. */
  readonly parts: readonly (readonly PartResult[])[];
  /**
   * The first MOVED that was met, or the first other redirection that stood to
   * the end, such as CLUSTERDOWN: what to report to the planner.
   */
  readonly redirection: string | undefined;
}

/**
 * Runs a plan: takes its deliveries to their nodes, stage by stage, and again
 * where a node or a lost connection calls for it, until each part has an
 * outcome or the deadline is over. In a stage, each node gets its commands in
 * one pipeline, in the plan's order, and all nodes are written to before any is
 * waited for; so the time is that of the slowest node.
 *
 * What a node answers is followed as the cluster specification says:
 * - MOVED and ASK to the node that they name, a bounded number of times (rules
 *   F2, F3). A read that a replica sends away goes to the primary.
 * - TRYAGAIN, CLUSTERDOWN, LOADING and MASTERDOWN by asking again, with
 *   exponential backoff and jitter (rule F4).
 * - A connection that breaks leaves the outcome of what it carried unknown;
 *   only commands that the plan calls safe to retry are sent again (rule E4).
 *
 * A transaction goes over one connection in one piece, and goes out again as a
 * whole, from its first WATCH or MULTI. It starts only when its WATCH commands
 * have succeeded. A connection on which a WATCH is still in force is not used
 * again. Commands of one slot that are sent again keep their order among
 * themselves (rule D1). Never rejects: what goes wrong is in the result.
 */
export async function runPlan(
  plan: PlanBatchResponse,
  deliveries: Deliveries,
  connections: NodeConnections,
  options: PlanRunOptions,
  deadline: Deadline,
): Promise<PlanRunResult> {
  // One turn of the event loop: it notices idle connections that nodes have
  // closed meanwhile, before a command is sent rather than after.
  await new Promise(setImmediate);
  const run = new PlanRun(plan, deliveries, connections, options, deadline);
  try {
    for (const steps of deliveries.stages) await run.runStage(steps);
  } finally {
    run.giveBackConnections();
  }
  return run.result;
}

// How often a delivery is redirected or loses its connection at most, and how
// many of these times it goes out again at once. One redirection is common, a
// second one happens when a slot moves twice or a failover follows a migration.
// Nodes that still disagree need a moment to hear of each other; after some
// more tries they send the delivery in circles.
const MAX_DETOURS = 5;
const MAX_DETOURS_AT_ONCE = 2;

const ASKING: Command = [Buffer.from('ASKING')];

// Where and when a delivery is to be sent again.
interface Detour {
  readonly endpoint: Endpoint;
  readonly readonly: boolean;
  readonly asking: boolean;
  readonly dueMs: number;
}

// A delivery on its way.
class Trip {
  endpoint: Endpoint;
  readonly: boolean;
  asking = false; // Each of its steps needs an ASKING before it.
  detours = 0;
  delays = 0; // How often it was told to try later.
  // Where it waits or is in flight, while it does either.
  pipeline: Pipeline | undefined;
  // Of a transaction: its WATCH commands in flight, what became of them, and
  // the replies since MULTI.
  openWatches = 0;
  detour: Detour | undefined;
  replies: Reply[] = [];

  constructor(readonly delivery: Delivery) {
    const first = delivery.parts[0] as PlannedPart;
    this.endpoint = first.endpoint;
    this.readonly = first.requiresReadonly;
  }

  get isTransaction(): boolean {
    return this.delivery.kind === 'transaction';
  }

  // Whether a part is one of MULTI to EXEC.
  isInBody(part: number): boolean {
    return this.isTransaction && part >= this.delivery.watchCount;
  }

  partAt(index: number): PlannedPart {
    return this.delivery.parts[index] as PlannedPart;
  }
}

// Parts [first, end) of a delivery, to be sent.
interface Step {
  readonly trip: Trip;
  readonly first: number;
  readonly end: number;
}

// A part in flight; no trip for an ASKING: the reply to what is behind it
// tells.
interface Request {
  readonly trip: Trip | undefined;
  readonly part: number;
}

// A connection and what goes over it. It is kept for the whole run, because
// WATCH and WAIT speak of what was sent on the same connection before.
class Pipeline {
  connection: NodeConnection | undefined;
  isOpening = false;
  failure: Cause | undefined; // Of the connection, or of opening it.
  queue: Step[] = [];
  requests: Request[] = [];
  replies: Reply[] = []; // To the first of `requests`, not yet looked at.
  watcher: Trip | undefined; // Whose WATCH is in force.
  retryTimeMs = 0;
  isRetired = false; // Another one takes what comes from now on.

  constructor(
    readonly endpoint: Endpoint,
    readonly readonly: boolean,
  ) {}

  get key(): string {
    return pipelineKey(this.endpoint, this.readonly);
  }

  get isBusy(): boolean {
    return this.isOpening || this.requests.length > 0;
  }
}

function pipelineKey(endpoint: Endpoint, readonly: boolean): string {
  return `${readonly ? 'r' : 'w'} ${endpointText(endpoint)}`;
}

// One run of a plan. Everything in flight is waited for at once, so that what
// one node makes wait holds up no other.
//
// Each answer is noted when it comes, also if the delivery goes out again: so
// whatever ends the run, the last that is known is the result.
class PlanRun {
  private readonly parts: PartResult[][];
  private readonly trips: readonly Trip[];
  private readonly pipelines: Pipeline[] = [];
  // Those that are not retired, by endpoint and mode.
  private readonly pipelineTo = new Map<string, Pipeline>();
  // In the order in which they came to wait.
  private pending: { trip: Trip; dueMs: number }[] = [];
  // By slot: what was sent again and is not settled, in the plan's order.
  private readonly sentAgain = new Map<number, Trip[]>();
  private readonly giveUpTimeMs: number;
  private readonly wake = new Wake();
  private readonly stopListening: () => void;
  private redirection: string | undefined;

  constructor(
    private readonly plan: PlanBatchResponse,
    deliveries: Deliveries,
    private readonly connections: NodeConnections,
    private readonly options: PlanRunOptions,
    private readonly deadline: Deadline,
  ) {
    this.giveUpTimeMs = Math.min(
      deadline.timeMs,
      performance.now() + options.giveUpAfterMs,
    );
    this.stopListening = deadline.onAbort(() => this.wake.notify());
    this.parts = plan.commandPlans.map(() => []);
    this.trips = deliveries.deliveries.map((delivery) => new Trip(delivery));
    for (const { delivery } of this.trips) {
      for (const part of delivery.parts) this.placeFor(part);
    }
  }

  async runStage(steps: readonly DeliveryStep[]): Promise<void> {
    for (const { delivery, first, end } of steps) {
      this.enqueue({ trip: this.trips[delivery] as Trip, first, end });
    }
    do {
      this.sendPending();
      // More of them may come about meanwhile.
      for (const pipeline of this.pipelines) this.sendQueued(pipeline);
    } while (await this.wait());
  }

  get result(): PlanRunResult {
    return { parts: this.parts, redirection: this.redirection };
  }

  giveBackConnections(): void {
    this.stopListening();
    for (const pipeline of this.pipelines) {
      const { connection, endpoint, readonly } = pipeline;
      if (connection === undefined) continue;
      // One in which a WATCH is in force would make others' EXEC fail.
      const isClean = !pipeline.isBusy && pipeline.watcher === undefined;
      if (pipeline.isRetired || pipeline.failure || !isClean) {
        connection.close();
      } else {
        this.connections.giveBack(endpoint, readonly, connection);
      }
    }
  }

  // Sending.

  private enqueue(step: Step): void {
    const { trip } = step;
    trip.pipeline = this.pipelineFor(trip);
    trip.pipeline.queue.push(step);
  }

  private pipelineFor({ endpoint, readonly }: Trip): Pipeline {
    const key = pipelineKey(endpoint, readonly);
    const found = this.pipelineTo.get(key);
    if (found) return found;
    const pipeline = new Pipeline(endpoint, readonly);
    this.pipelines.push(pipeline);
    this.pipelineTo.set(key, pipeline);
    return pipeline;
  }

  // Sends what may go, in one write.
  private sendQueued(pipeline: Pipeline): void {
    const steps = pipeline.queue;
    const requests: Command[] = [];
    let isOpen = false;
    let i = 0;
    for (; i < steps.length; ++i) {
      const step = steps[i] as Step;
      const { trip } = step;
      if (trip.isInBody(step.first)) {
        if (trip.openWatches > 0) break;
        if (!this.mayStart(pipeline, trip)) continue;
      }
      if (!isOpen) {
        // What has been seen to is not in the queue when opening fails.
        pipeline.queue = steps.slice(i);
        if (!this.open(pipeline)) return;
        isOpen = true;
      }
      this.addRequests(pipeline, step, requests);
    }
    pipeline.queue = steps.slice(i);
    if (requests.length > 0) pipeline.connection?.send(requests);
  }

  // Whether the WATCH commands of a transaction, all answered, are in force on
  // this connection. If not, sees to the transaction.
  private mayStart(pipeline: Pipeline, trip: Trip): boolean {
    const { watchCount, parts } = trip.delivery;
    if (watchCount === 0) return true;
    const isWatching = pipeline.watcher === trip;
    if (!trip.detour && !isWatching) trip.detour = this.samePlace(trip);
    if (trip.detour) {
      this.sendAgain(trip, trip.detour);
      return false;
    }
    const allSucceeded = parts
      .slice(0, watchCount)
      .every((part) => this.resultOf(part).outcome === 'applied');
    if (isWatching && allSucceeded) return true;
    this.noteSilence(trip, watchCount, parts.length, 'not_sent', {
      code: 'FAILED_PRECONDITION',
      message: 'The WATCH before it failed.',
    });
    this.settle(trip);
    return false;
  }

  // Begins to connect if need be; false while there is no connection. When it
  // fails, nothing in the queue is sent.
  private open(pipeline: Pipeline): boolean {
    if (this.deadline.isOver) {
      this.dropQueue(pipeline, this.deadline.cause);
      return false;
    }
    if (pipeline.isOpening) return false;
    if (pipeline.connection?.isUsable) return true;
    if (pipeline.connection) {
      // It broke while nothing was in flight: another one takes the queue.
      this.retire(pipeline);
      this.wake.notify();
      return false;
    }
    const { endpoint, readonly } = pipeline;
    const idle = this.connections.takeIdle(endpoint, readonly);
    if (idle) {
      this.attach(pipeline, idle);
      return true;
    }
    pipeline.isOpening = true;
    this.connections.open(endpoint, readonly).then(
      (connection) => {
        if (pipeline.isOpening) this.attach(pipeline, connection);
        else this.connections.giveBack(endpoint, readonly, connection);
        this.wake.notify();
      },
      (error) => {
        pipeline.failure = causeOf(error);
        this.wake.notify();
      },
    );
    return false;
  }

  private attach(pipeline: Pipeline, connection: NodeConnection): void {
    pipeline.isOpening = false;
    pipeline.connection = connection;
    connection.listener = {
      onReply: (reply) => {
        pipeline.replies.push(reply);
        this.wake.notify();
      },
      onBroken: (cause) => {
        const message = `Node ${endpointText(pipeline.endpoint)}: ${cause.message}.`;
        pipeline.failure = { code: cause.code, message };
        this.wake.notify();
      },
    };
  }

  private dropQueue(pipeline: Pipeline, cause: Cause): void {
    for (const { trip, first, end } of pipeline.queue.splice(0)) {
      this.noteSilence(trip, first, end, 'not_sent', cause);
      this.settle(trip);
    }
  }

  private addRequests(
    pipeline: Pipeline,
    { trip, first, end }: Step,
    requests: Command[],
  ): void {
    if (trip.asking) {
      requests.push(ASKING);
      pipeline.requests.push({ trip: undefined, part: 0 });
    }
    for (let part = first; part < end; ++part) {
      requests.push(trip.partAt(part).args);
      pipeline.requests.push({ trip, part });
    }
    switch (trip.delivery.kind) {
      case 'command':
        break;
      case 'watch':
        pipeline.watcher = trip;
        break;
      case 'unwatch':
        pipeline.watcher = undefined;
        break;
      case 'transaction':
        if (trip.isInBody(first)) {
          pipeline.watcher = undefined;
          trip.replies = [];
        } else {
          pipeline.watcher = trip;
          ++trip.openWatches;
        }
        break;
    }
  }

  // Sending again.

  private sendAgain(trip: Trip, detour: Detour): void {
    this.pending.push({ trip, dueMs: detour.dueMs });
    const { slot } = trip.delivery;
    if (slot !== undefined) {
      const lane = this.sentAgain.get(slot) ?? [];
      this.sentAgain.set(slot, lane);
      if (!lane.includes(trip)) lane.push(trip);
    }
    trip.endpoint = detour.endpoint;
    trip.readonly = detour.readonly;
    trip.asking = detour.asking;
    trip.pipeline = undefined;
    trip.detour = undefined;
  }

  private sendPending(): void {
    const nowMs = performance.now();
    const waiting: typeof this.pending = [];
    for (const entry of this.pending) {
      const { trip } = entry;
      if (entry.dueMs > nowMs || !this.isNextOfItsSlot(trip)) {
        waiting.push(entry);
        continue;
      }
      const { watchCount, parts } = trip.delivery;
      for (let i = 0; i < watchCount; ++i) {
        this.enqueue({ trip, first: i, end: i + 1 });
      }
      this.enqueue({ trip, first: watchCount, end: parts.length });
    }
    this.pending = waiting;
  }

  // Whether all that must be executed before is settled, or is in flight on the
  // connection that this will take (rule D1).
  private isNextOfItsSlot(trip: Trip): boolean {
    const { slot } = trip.delivery;
    if (slot === undefined) return true;
    const pipeline = this.pipelineFor(trip);
    for (const earlier of this.sentAgain.get(slot) ?? []) {
      if (earlier === trip) break;
      if (earlier.pipeline !== pipeline) return false;
    }
    return true;
  }

  // What `trip` came to is final.
  private settle(trip: Trip): void {
    trip.pipeline = undefined;
    const { slot } = trip.delivery;
    const lane = slot === undefined ? undefined : this.sentAgain.get(slot);
    const place = lane?.indexOf(trip) ?? -1;
    if (place >= 0) lane?.splice(place, 1);
  }

  // The way back to where it was sent before, if it may be sent again.
  private samePlace(trip: Trip): Detour | undefined {
    if (trip.detours >= MAX_DETOURS || this.deadline.isOver) return undefined;
    ++trip.detours;
    const { endpoint, readonly, asking } = trip;
    return { endpoint, readonly, asking, dueMs: performance.now() };
  }

  // What an error that `trip` met calls for; nothing if it stands.
  private detourAfter(
    pipeline: Pipeline,
    trip: Trip,
    { text }: ErrorReply,
  ): Detour | undefined {
    const detour = meansTryLater(text)
      ? this.laterAtTheSamePlace(pipeline, trip)
      : this.redirected(pipeline, trip, text);
    if (detour && detour.dueMs >= this.giveUpTimeMs) {
      // A command that stays behind a WAIT is not planned again: then only a
      // report makes the planner look at the cluster.
      this.noteRedirection(text);
      return undefined;
    }
    return detour;
  }

  private laterAtTheSamePlace(pipeline: Pipeline, trip: Trip): Detour {
    const { endpoint, readonly, asking } = trip;
    const dueMs = this.retryTimeMs(pipeline, trip.delays++);
    return { endpoint, readonly, asking, dueMs };
  }

  private redirected(
    pipeline: Pipeline,
    trip: Trip,
    error: string,
  ): Detour | undefined {
    const redirection = parseRedirection(error, trip.endpoint);
    if (redirection === undefined) return undefined;
    const endpoint = this.mapped(redirection.target);
    if (endpoint === undefined) return undefined;
    const asking = redirection.kind === 'ask';
    if (!asking) this.noteMoved(pipeline, endpoint, error);
    if (trip.detours >= MAX_DETOURS) return undefined;
    const late = ++trip.detours - MAX_DETOURS_AT_ONCE;
    const dueMs =
      late > 0 ? this.retryTimeMs(pipeline, late - 1) : performance.now();
    // Both kinds name the primary that owns the slot, or will own it.
    return { endpoint, readonly: false, asking, dueMs };
  }

  // Nothing when the caller's function fails: the rest of the batch is not to
  // suffer from it, and the redirection stands.
  private mapped(announced: Endpoint): Endpoint | undefined {
    try {
      return this.options.addressMap(announced);
    } catch {
      return undefined;
    }
  }

  private noteMoved(pipeline: Pipeline, target: Endpoint, error: string): void {
    this.noteRedirection(error);
    if (endpointText(target) !== endpointText(pipeline.endpoint)) return;
    // The name leads to another node by now: reconnect (rule F3).
    this.retire(pipeline);
    this.connections.forget(target);
  }

  private noteRedirection(error: string): void {
    if (tellsOfTopology(error)) this.redirection ??= error;
  }

  // When to ask a node again. All that it turns away in the meantime waits for
  // the same moment, so that it is asked once and in order.
  private retryTimeMs(pipeline: Pipeline, retry: number): number {
    const nowMs = performance.now();
    if (pipeline.retryTimeMs <= nowMs) {
      const { backoff, random } = this.options;
      pipeline.retryTimeMs = nowMs + backoffDelayMs(backoff, retry, random());
    }
    return pipeline.retryTimeMs;
  }

  // Waiting.

  // Waits for what comes first: a reply, the time to send again, the deadline.
  // False when there is nothing to wait for.
  private async wait(): Promise<boolean> {
    const isBusy = this.pipelines.some(
      (pipeline) => pipeline.isBusy || pipeline.queue.length > 0,
    );
    if (!isBusy && this.pending.length === 0) return false;
    let wakeMs = this.deadline.timeMs;
    for (const { trip, dueMs } of this.pending) {
      if (dueMs < wakeMs && this.isNextOfItsSlot(trip)) wakeMs = dueMs;
    }
    if (!this.deadline.isOver) await this.wake.waitUntil(wakeMs);
    const isOver = this.deadline.isOver;
    if (isOver) {
      this.pending = [];
      this.sentAgain.clear();
    }
    for (const pipeline of [...this.pipelines]) {
      this.takeReplies(pipeline);
      const cause = pipeline.failure ?? (isOver ? this.noAnswer : undefined);
      if (cause && pipeline.isOpening) this.dropUnready(pipeline, cause);
      else if (cause && pipeline.isBusy) this.abandon(pipeline, cause);
    }
    return true;
  }

  // What is said at the deadline of all that is still under way.
  private get noAnswer(): Cause {
    const { cause } = this.deadline;
    return cause.code === 'DEADLINE_EXCEEDED'
      ? { ...cause, message: 'No node answered in time.' }
      : cause;
  }

  private takeReplies(pipeline: Pipeline): void {
    const replies = pipeline.replies;
    pipeline.replies = [];
    const requests = pipeline.requests.splice(0, replies.length);
    requests.forEach(({ trip, part }, i) => {
      if (trip === undefined) return;
      const reply = replies[i] as Reply;
      if (!trip.isInBody(part)) {
        this.takeReply(pipeline, trip, part, reply);
        return;
      }
      trip.replies.push(reply);
      if (part + 1 === trip.delivery.parts.length) {
        this.takeTransaction(pipeline, trip);
      }
    });
  }

  private takeReply(
    pipeline: Pipeline,
    trip: Trip,
    part: number,
    reply: Reply,
  ): void {
    const detour =
      reply instanceof ErrorReply && !trip.detour
        ? this.detourAfter(pipeline, trip, reply)
        : undefined;
    this.noteReply(trip, part, reply);
    if (trip.isTransaction) {
      // A WATCH. Whether the transaction starts is decided at MULTI.
      --trip.openWatches;
      trip.detour ??= detour;
    } else if (detour) {
      this.sendAgain(trip, detour);
    } else {
      this.settle(trip);
    }
  }

  // A redirection in a transaction comes when a command is queued, or at EXEC;
  // either way nothing was executed, and the whole is sent again.
  private takeTransaction(pipeline: Pipeline, trip: Trip): void {
    const { replies } = trip;
    trip.replies = [];
    const mayHaveEffects =
      replies[0] instanceof ErrorReply || Array.isArray(replies.at(-1));
    let detour: Detour | undefined;
    for (const reply of replies) {
      if (mayHaveEffects || detour) break;
      if (reply instanceof ErrorReply) {
        detour = this.detourAfter(pipeline, trip, reply);
      }
    }
    const { watchCount } = trip.delivery;
    replies.forEach((reply, i) => {
      this.noteReply(trip, watchCount + i, reply);
    });
    if (detour) this.sendAgain(trip, detour);
    else this.settle(trip);
  }

  // Connections that end.

  // Gives up on a connection and notes what it leaves unanswered: all of it was
  // sent, as far as anybody knows.
  private abandon(pipeline: Pipeline, cause: Cause): void {
    this.retire(pipeline);
    for (const { trip, part } of pipeline.requests.splice(0)) {
      if (trip === undefined) continue;
      const inBody = trip.isInBody(part);
      // What counts of a transaction is whether its EXEC was sent.
      if (inBody && part + 1 < trip.delivery.parts.length) continue;
      const first = inBody ? trip.delivery.watchCount : part;
      this.noteSilence(trip, first, part + 1, 'unknown', cause);
      if (trip.isTransaction && !inBody) {
        --trip.openWatches; // What was watched is noticed at MULTI.
        continue;
      }
      const isSafe = !inBody && this.isSafe(trip.partAt(part));
      const detour = isSafe ? this.samePlace(trip) : undefined;
      if (detour) this.sendAgain(trip, detour);
      else this.settle(trip);
    }
    pipeline.connection?.close();
    pipeline.connection = undefined;
  }

  // Gives up on a connection that never was ready: nothing has left over it,
  // and another one would fare no better for now.
  private dropUnready(pipeline: Pipeline, cause: Cause): void {
    pipeline.isOpening = false;
    pipeline.failure = undefined;
    pipeline.watcher = undefined;
    this.dropQueue(pipeline, cause);
  }

  // Lets another connection take what comes from now on.
  private retire(pipeline: Pipeline): void {
    if (pipeline.isRetired) return;
    pipeline.isRetired = true;
    this.pipelineTo.delete(pipeline.key);
    for (const step of pipeline.queue.splice(0)) this.enqueue(step);
  }

  // Results.

  private placeFor(part: PlannedPart): void {
    const results = this.parts[part.commandIndex] as PartResult[];
    results[part.partIndex] = {
      outcome: 'not_sent',
      node: '',
      argIndexes: part.argIndexes,
      replyPositions: part.replyPositions,
    };
  }

  private resultOf(part: PlannedPart): PartResult {
    return this.parts[part.commandIndex]?.[part.partIndex] as PartResult;
  }

  // Rule E4.
  private isSafe({ commandIndex }: PlannedPart): boolean {
    const plan = this.plan.commandPlans[commandIndex];
    return plan?.retrySafety === 'RETRY_SAFETY_SAFE';
  }

  private noteReply(trip: Trip, part: number, reply: Reply): void {
    const result = this.resultOf(trip.partAt(part));
    result.outcome = reply instanceof ErrorReply ? 'failed' : 'applied';
    result.node = endpointText(trip.endpoint);
    result.reply = reply;
    delete result.cause;
  }

  // Notes for parts [first, end) why there is no reply.
  private noteSilence(
    trip: Trip,
    first: number,
    end: number,
    outcome: PartOutcome,
    cause: Cause,
  ): void {
    for (let i = first; i < end; ++i) {
      const result = this.resultOf(trip.partAt(i));
      result.outcome = outcome;
      result.node = endpointText(trip.endpoint);
      result.cause = cause;
      delete result.reply;
    }
  }
}
