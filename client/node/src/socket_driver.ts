// SPDX-License-Identifier: Apache-2.0
// Connections by Node's own sockets.
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Endpoint } from './endpoint.js';
import type { ConnectionListener, NodeConnection } from './node_connection.js';
import type { Command } from './planned_parts.js';
import { RespParser } from './resp_parser.js';
import { encodeRequest } from './resp_request.js';

/** Opens a connection, as `Driver` says. */
export async function connectBySocket(
  { host, port }: Endpoint,
  tlsOptions: tls.ConnectionOptions | undefined,
  timeoutMs: number,
): Promise<NodeConnection> {
  const socket = tlsOptions
    ? tls.connect({ ...serverName(host), ...tlsOptions, host, port })
    : net.connect({ host, port });
  let timer: NodeJS.Timeout | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once(tlsOptions ? 'secureConnect' : 'connect', resolve);
      socket.once('error', reject);
      socket.once('close', () => reject(new Error(CLOSED)));
      const late = new Error('no answer in time while connecting');
      timer = setTimeout(() => reject(late), timeoutMs);
    });
  } catch (error) {
    socket.destroy();
    // What comes of a socket that was given up on is nobody's.
    socket.on('error', () => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_MS);
  return new SocketConnection(socket);
}

const CLOSED = 'the node closed the connection';

// As redis-server does it: a host that is gone is noticed in minutes, not hours.
const KEEP_ALIVE_MS = 300_000;

// SNI allows names only.
function serverName(host: string): tls.ConnectionOptions {
  return net.isIP(host) ? {} : { servername: host };
}

class SocketConnection implements NodeConnection {
  listener: ConnectionListener | undefined;
  private readonly parser = new RespParser();
  private owed = 0; // Replies.
  private failure: Error | undefined;

  constructor(private readonly socket: net.Socket) {
    socket.on('data', (bytes) => this.take(bytes));
    socket.on('error', (error) => this.break(error));
    // The node sends no more, so that whatever is written now gets no reply.
    socket.on('end', () => this.break(new Error(CLOSED)));
    socket.on('close', () => this.break(new Error(CLOSED)));
  }

  get isUsable(): boolean {
    return this.failure === undefined && this.socket.writable;
  }

  send(requests: readonly Command[]): void {
    this.owed += requests.length;
    this.socket.write(Buffer.concat(requests.map(encodeRequest)));
  }

  close(): void {
    this.listener = undefined;
    this.failure ??= new Error('it was closed here');
    this.socket.destroy();
  }

  private take(bytes: Buffer): void {
    if (this.failure) return;
    try {
      for (const reply of this.parser.push(bytes)) {
        if (--this.owed < 0) throw new Error('a reply answers no request');
        this.listener?.onReply(reply);
      }
    } catch (error) {
      this.break(error as Error);
    }
  }

  private break(failure: Error): void {
    if (this.failure) return;
    this.failure = failure;
    const { listener } = this;
    this.close();
    listener?.onBroken({ code: 'UNAVAILABLE', message: failure.message });
  }
}
