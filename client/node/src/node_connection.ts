// SPDX-License-Identifier: Apache-2.0
// What the package needs of a Redis driver.
import type { ConnectionOptions } from 'node:tls';
import type { Endpoint } from './endpoint.js';
import type { Command } from './planned_parts.js';
import type { Reply } from './reply.js';
import type { Cause } from './status.js';

/** What a `NodeConnection` tells its holder. */
export interface ConnectionListener {
  /** A reply came: that of the oldest request that has none yet. */
  onReply(reply: Reply): void;
  /** The connection is of no further use; no reply will come. Called once. */
  onBroken(cause: Cause): void;
}

/**
 * A connection to one node that speaks RESP2 and sends nothing of its own
 * accord: no request twice, none after a reconnect.
 */
export interface NodeConnection {
  /** Whether requests can be sent: it stands, and nothing failed on it. */
  readonly isUsable: boolean;

  /** Who hears of what comes; undefined while nobody holds it. */
  listener: ConnectionListener | undefined;

  /**
   * Sends the requests in their order, in one write. Requires: `isUsable`, and
   * none is empty.
   */
  send(requests: readonly Command[]): void;

  /** Drops it at once. Nothing is heard of it any more. */
  close(): void;
}

/** How to connect to the nodes of a cluster. */
export interface NodeOptions {
  /** The ACL user; none means the default user. */
  readonly username?: string;
  /**
   * Looked up for each new connection. None means that the nodes ask for none:
   * AUTH is not sent.
   */
  readonly password?: string | (() => string | Promise<string>);
  /** With these, or `true` for Node's defaults, connections use TLS. */
  readonly tls?: true | ConnectionOptions;
  /**
   * How long one node may take to accept a connection, AUTH and READONLY
   * included, so that what a node that is down was to be sent fails early.
   * Default: 1000.
   */
  readonly connectTimeoutMs?: number;
}

/**
 * Opens a plain connection: no AUTH, no READONLY, nothing sent. Rejects when it
 * does not stand within `timeoutMs`.
 */
export type Driver = (
  endpoint: Endpoint,
  tls: ConnectionOptions | undefined,
  timeoutMs: number,
) => Promise<NodeConnection>;
