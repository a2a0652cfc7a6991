// SPDX-License-Identifier: Apache-2.0
// Connections by ioredis, 5 and 6. Errors that are not UTF-8 lose bytes: ioredis
// makes strings of them.
import type { ConnectionOptions } from 'node:tls';
import { Command as DriverCommand, Redis, type RedisOptions } from 'ioredis';
import type { Endpoint } from './endpoint.js';
import type { ConnectionListener, NodeConnection } from './node_connection.js';
import type { Command } from './planned_parts.js';
import { ErrorReply, integerReply, type Reply } from './reply.js';
import { encodeRequest } from './resp_request.js';
import type { Cause } from './status.js';

/** Opens a connection, as `Driver` says. */
export async function connectByIoredis(
  endpoint: Endpoint,
  tls: ConnectionOptions | undefined,
  timeoutMs: number,
): Promise<NodeConnection> {
  // Options that only one of the majors knows do no harm to the other.
  const options: RedisOptions & { protocol?: 2 | 3 } = {
    host: endpoint.host,
    port: endpoint.port,
    connectTimeout: Math.max(timeoutMs, 1),
    protocol: 2,
    lazyConnect: true,
    // What is in flight when a connection breaks is never sent again.
    retryStrategy: () => null,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableOfflineQueue: false,
    enableAutoPipelining: false,
    // Nothing is sent that this package does not send.
    enableReadyCheck: false,
    disableClientInfo: true,
    stringNumbers: true,
    ...(tls && { tls }),
  };
  const redis = new Redis(options);
  const connection = new IoredisConnection(redis);
  try {
    await redis.connect();
  } catch (error) {
    connection.close();
    throw connection.failure ?? error;
  }
  return connection;
}

class IoredisConnection implements NodeConnection {
  listener: ConnectionListener | undefined;

  // What went wrong on the way, in the driver's words.
  failure: Error | undefined;
  private isBroken = false;

  constructor(private readonly redis: Redis) {
    redis.on('error', (error) => {
      this.failure ??= error;
    });
    redis.on('end', () => this.break());
  }

  get isUsable(): boolean {
    return (
      !this.isBroken &&
      this.failure === undefined &&
      this.redis.status === 'ready' &&
      this.redis.stream.writable
    );
  }

  send(requests: readonly Command[]): void {
    const { stream } = this.redis;
    stream.cork();
    for (const request of requests) {
      const reply = this.redis.sendCommand(new OpaqueCommand(request));
      (reply as Promise<unknown>).then(
        (value) => this.listener?.onReply(toReply(value)),
        (error) => this.takeError(error),
      );
    }
    stream.uncork();
  }

  close(): void {
    this.listener = undefined;
    this.isBroken = true;
    this.redis.disconnect();
    // `disconnect` only ends the stream: what is unread would be waited for.
    this.redis.stream?.destroy();
  }

  private takeError(error: Error): void {
    if (isReplyError(error)) {
      this.listener?.onReply(new ErrorReply(error.message));
    } else {
      this.failure ??= error;
      this.break();
    }
  }

  private break(): void {
    if (this.isBroken) return;
    const { listener, failure } = this;
    this.close();
    const cause: Cause = {
      code: 'UNAVAILABLE',
      message: failure?.message ?? 'the node closed the connection',
    };
    listener?.onBroken(cause);
  }
}

// A request that the driver sends as it is and whose reply it hands back as it
// came. Commands that it knows by name it would treat in its own ways: turn
// replies into objects, enter modes, keep arguments in errors and logs.
class OpaqueCommand extends DriverCommand {
  constructor(private readonly request: Command) {
    super('slotplanner', []);
  }

  override toWritable(): Buffer {
    return encodeRequest(this.request);
  }
}

// The errors of both majors, and of their parsers: told apart from those of the
// connection by name, for the driver exports the class of one kind only.
function isReplyError(error: Error): boolean {
  return REPLY_ERRORS.has(error.constructor.name);
}

const REPLY_ERRORS = new Set(['ReplyError', 'SimpleError', 'BlobError']);

// With `stringNumbers` and no encoding, strings are integers and what nodes
// call strings are buffers.
function toReply(value: unknown): Reply {
  if (value === null || value === undefined) return null;
  if (Buffer.isBuffer(value)) return value;
  if (Array.isArray(value)) return value.map(toReply);
  if (value instanceof Error) return new ErrorReply(value.message);
  return integerReply(BigInt(value as string));
}
