// SPDX-License-Identifier: Apache-2.0
// A node on loopback that answers as a test says.
import * as net from 'node:net';
import * as tls from 'node:tls';
import type { Endpoint } from '../src/endpoint.js';
import { RespParser } from '../src/resp_parser.js';

/** What a node answers to a request, in RESP; null: it hangs up. */
export type Answer = (request: string) => string | null;

export class FakeNode {
  /** What came over all connections, with spaces between the words. */
  readonly received: string[] = [];

  private readonly sockets = new Set<net.Socket>();
  private readonly server: net.Server;

  private constructor(
    private readonly answer: Answer,
    tlsOptions: tls.TlsOptions | undefined,
  ) {
    const serve = (socket: net.Socket) => this.serve(socket);
    this.server = tlsOptions
      ? tls.createServer(tlsOptions, serve)
      : net.createServer(serve);
    // A client that does not trust it ends the connection.
    this.server.on('tlsClientError', () => {});
  }

  static async start(
    answer: Answer,
    tlsOptions?: tls.TlsOptions,
  ): Promise<FakeNode> {
    const node = new FakeNode(answer, tlsOptions);
    await new Promise<void>((resolve) => {
      node.server.listen(0, '127.0.0.1', resolve);
    });
    return node;
  }

  get endpoint(): Endpoint {
    const { port } = this.server.address() as net.AddressInfo;
    return { host: '127.0.0.1', port };
  }

  get connectionCount(): number {
    return this.sockets.size;
  }

  /** Ends all connections and waits until they are gone. */
  async hangUp(): Promise<void> {
    await Promise.all(
      [...this.sockets].map((socket) => {
        const gone = new Promise((resolve) => socket.once('close', resolve));
        socket.end();
        return gone;
      }),
    );
  }

  async stop(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private serve(socket: net.Socket): void {
    // A request is an array of strings, like some replies.
    const parser = new RespParser();
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('error', () => {});
    socket.on('data', (bytes: Buffer) => {
      for (const request of parser.push(bytes)) {
        const words = (request as Buffer[]).join(' ');
        this.received.push(words);
        const reply = this.answer(words);
        if (reply === null) socket.destroy();
        else socket.write(reply, 'latin1');
      }
    });
  }
}
