// SPDX-License-Identifier: Apache-2.0
import { type Endpoint, endpointText } from './endpoint.js';
import { NotRunError } from './errors.js';
import type { Driver, NodeConnection, NodeOptions } from './node_connection.js';
import type { Command } from './planned_parts.js';
import { errorCode } from './redirection.js';
import { ErrorReply, type Reply } from './reply.js';
import type { Cause, StatusCode } from './status.js';

const DEFAULT_CONNECT_TIMEOUT_MS = 1000;

/**
 * Connections to the nodes of a cluster, kept open between uses: there are
 * never more of them than were in use at one time.
 */
export class NodeConnections {
  // By endpoint and mode. A connection keeps its mode for life: one in READONLY
  // mode would serve a stale read where the plan asks for the primary (D2).
  private readonly idle = new Map<string, NodeConnection[]>();
  private isClosed = false;

  constructor(
    private readonly driver: Driver,
    private readonly options: NodeOptions,
  ) {}

  /**
   * An idle connection to the node, for the caller alone, with no reply
   * pending. Nothing when there is none.
   */
  takeIdle(endpoint: Endpoint, readonly: boolean): NodeConnection | undefined {
    const kept = this.idle.get(keyOf(endpoint, readonly));
    for (let found = kept?.pop(); found; found = kept?.pop()) {
      if (found.isUsable) return found;
      found.close();
    }
    return undefined;
  }

  /**
   * A new connection to the node, for the caller alone, after AUTH, and
   * READONLY if `readonly`. Rejects with UNAVAILABLE when the node cannot be
   * reached in time, UNAUTHENTICATED when it refuses the password,
   * FAILED_PRECONDITION when it refuses READONLY, INVALID_ARGUMENT when the
   * password cannot be read.
   */
  async open(endpoint: Endpoint, readonly: boolean): Promise<NodeConnection> {
    const timeoutMs =
      this.options.connectTimeoutMs ?? DEFAULT_CONNECT_TIMEOUT_MS;
    const startMs = performance.now();
    const node = endpointText(endpoint);
    if (this.isClosed) throw unavailable(node, 'the client is closed');
    const requests = await this.ownRequests(readonly);
    const { tls } = this.options;
    let connection: NodeConnection;
    try {
      const tlsOptions = tls === true ? {} : tls;
      connection = await this.driver(endpoint, tlsOptions, timeoutMs);
    } catch (error) {
      throw unavailable(node, reasonOf(error as NodeJS.ErrnoException));
    }
    const leftMs = startMs + timeoutMs - performance.now();
    // Timers are not exact; a connection that just came about counts.
    const timer = setTimeout(
      () => {
        connection.listener?.onBroken({
          code: 'UNAVAILABLE',
          message: 'no answer in time while connecting',
        });
      },
      Math.max(leftMs, 1),
    );
    try {
      for (const request of requests)
        await makeReady(connection, node, request);
    } catch (error) {
      connection.close();
      throw error;
    } finally {
      clearTimeout(timer);
    }
    return connection;
  }

  /**
   * Keeps a connection for the next caller. Requires: it was taken or opened
   * here for the same endpoint and `readonly`, and no reply is pending.
   */
  giveBack(
    endpoint: Endpoint,
    readonly: boolean,
    connection: NodeConnection,
  ): void {
    connection.listener = undefined;
    if (this.isClosed || !connection.isUsable) {
      connection.close();
      return;
    }
    const key = keyOf(endpoint, readonly);
    const kept = this.idle.get(key);
    if (kept) kept.push(connection);
    else this.idle.set(key, [connection]);
  }

  /**
   * Closes the idle connections to a node, because its name may stand for
   * another address by now.
   */
  forget(endpoint: Endpoint): void {
    for (const readonly of [false, true]) {
      const key = keyOf(endpoint, readonly);
      for (const connection of this.idle.get(key) ?? []) connection.close();
      this.idle.delete(key);
    }
  }

  /** Closes those that are idle, and later those that are given back. */
  close(): void {
    this.isClosed = true;
    for (const kept of this.idle.values()) {
      for (const connection of kept) connection.close();
    }
    this.idle.clear();
  }

  private async ownRequests(readonly: boolean): Promise<OwnRequest[]> {
    const requests: OwnRequest[] = [];
    const password = await this.readPassword();
    if (password !== undefined) {
      const { username } = this.options;
      const args = username ? [username, password] : [password];
      requests.push(ownRequest('UNAUTHENTICATED', 'AUTH', ...args));
    }
    if (readonly) requests.push(ownRequest('FAILED_PRECONDITION', 'READONLY'));
    return requests;
  }

  private async readPassword(): Promise<string | undefined> {
    const { password } = this.options;
    if (typeof password !== 'function') return password;
    try {
      return await password();
    } catch {
      // Its words may quote the password.
      throw new NotRunError({
        code: 'INVALID_ARGUMENT',
        message: 'The password of the nodes cannot be read.',
      });
    }
  }
}

/** Why `open` has failed. */
export function causeOf(error: unknown): Cause {
  return error instanceof NotRunError
    ? { code: error.code, message: error.message }
    : { code: 'INTERNAL', message: (error as Error).message };
}

// A request that belongs to the connection itself.
interface OwnRequest {
  readonly args: Command;
  readonly refusalCode: StatusCode;
}

function ownRequest(refusalCode: StatusCode, ...args: string[]): OwnRequest {
  return { refusalCode, args: args.map((arg) => Buffer.from(arg)) };
}

function keyOf(endpoint: Endpoint, readonly: boolean): string {
  return `${readonly ? 'r' : 'w'} ${endpointText(endpoint)}`;
}

function unavailable(node: string, reason: string): NotRunError {
  const message = `Node ${node}: ${reason}.`;
  return new NotRunError({ code: 'UNAVAILABLE', message });
}

// Where several addresses were tried, the message is empty.
function reasonOf({ message, code }: NodeJS.ErrnoException): string {
  return message || code || 'it cannot be reached';
}

// Nothing may leave behind AUTH before its reply has come: the node would
// execute it after an error too, as another user.
async function makeReady(
  connection: NodeConnection,
  node: string,
  { args, refusalCode }: OwnRequest,
): Promise<void> {
  const reply = await new Promise<Reply>((resolve, reject) => {
    connection.listener = {
      onReply: resolve,
      onBroken: (cause) => reject(unavailable(node, cause.message)),
    };
    if (connection.isUsable) connection.send([args]);
    else reject(unavailable(node, 'the connection is gone'));
  });
  connection.listener = undefined;
  if (reply instanceof ErrorReply) {
    // No more of the error than its code, for it may quote the password.
    throw new NotRunError({
      code: refusalCode,
      message: `Node ${node}: it refuses ${args[0]} with ${errorCode(reply.text)}.`,
    });
  }
}
