// SPDX-License-Identifier: Apache-2.0
// The client of the planner against a server of the same protocol.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { Deadline } from '../src/deadline.js';
import { MaskingPlanner } from '../src/masking_planner.js';
import { PlannerClient, type PlannerOptions } from '../src/planner_client.js';
import { RanBatch } from './ran_batch.js';

type Handler = grpc.handleUnaryCall<Record<string, unknown>, object>;

const DEFINITIONS = loadSync(
  [
    'slotplanner/v1/slot_planner_service.proto',
    'slotplanner/v1/topology_service.proto',
  ],
  { includeDirs: [join(__dirname, '..', '..', 'proto')] },
);

// A server with these methods, for as long as `run` takes.
async function withServer(
  handlers: Record<string, Handler>,
  run: (target: string) => Promise<void>,
  credentials = grpc.ServerCredentials.createInsecure(),
): Promise<void> {
  const server = new grpc.Server();
  for (const name of ['SlotPlannerService', 'TopologyService']) {
    const service = DEFINITIONS[`slotplanner.v1.${name}`];
    server.addService(service as grpc.ServiceDefinition, handlers);
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  try {
    await run(`127.0.0.1:${port}`);
  } finally {
    server.forceShutdown();
  }
}

async function withClient(
  options: PlannerOptions,
  run: (client: PlannerClient) => Promise<void>,
): Promise<void> {
  const client = new PlannerClient(options);
  try {
    await run(client);
  } finally {
    client.close();
  }
}

const REQUEST = new RanBatch().command('SET k secret').request();

function soon(): Deadline {
  return Deadline.after(10_000);
}

test('values do not leave for the planner; the token does', async () => {
  let lists = 0;
  const seen: unknown[] = [];
  const handlers: Record<string, Handler> = {
    getKeyPositions: (_, done) => {
      ++lists;
      done(null, {
        commands: [
          { command: 'set', ranges: [{ first: 1, last: 1, step: 1 }] },
        ],
      });
    },
    planBatch: (call, done) => {
      seen.push(call.metadata.get('authorization'), call.request.commands);
      done(null, { topology: { version: 'v7' } });
    },
  };
  await withServer(handlers, (target) =>
    withClient({ target, token: 't' }, async (client) => {
      const planner = new MaskingPlanner(client);
      const plan = await planner.planBatch(REQUEST, soon());
      assert.equal(plan.topology?.version, 'v7');
      assert.deepEqual(plan.stages, []);
      const args = ['SET', 'k', ''].map((arg) => Buffer.from(arg));
      assert.deepEqual(seen, [['Bearer t'], [{ args }]]);
      await planner.planBatch(REQUEST, soon());
      // Not at once for a command that it does not have: see `MIN_AGE_MS`.
      const unknown = new RanBatch().command('NOSUCH secret').request();
      await planner.planBatch(unknown, soon());
      assert.equal(lists, 1);
      const name = [Buffer.from('NOSUCH'), Buffer.alloc(0)];
      assert.deepEqual(seen.at(-1), [{ args: name }]);
    }),
  );
});

test('a planner that is unavailable is asked again', async () => {
  let calls = 0;
  const planBatch: Handler = (_, done) => {
    if (++calls < 3) done({ code: grpc.status.UNAVAILABLE, details: 'busy' });
    else done(null, {});
  };
  await withServer({ planBatch }, (target) =>
    withClient({ target }, async (client) => {
      await client.planBatch(REQUEST, soon());
      assert.equal(calls, 3);
    }),
  );
});

test('a failed call has its code, message and reason', async () => {
  // google.rpc.Status with one ErrorInfo: CLUSTER_NOT_FOUND of slotplanner.
  const info = field(1, 'CLUSTER_NOT_FOUND') + field(2, 'slotplanner');
  const type = 'type.googleapis.com/google.rpc.ErrorInfo';
  const status = field(3, field(1, type) + field(2, info));
  const metadata = new grpc.Metadata();
  metadata.set('grpc-status-details-bin', Buffer.from(status, 'latin1'));
  const planBatch: Handler = (_, done) => {
    const code = grpc.status.NOT_FOUND;
    done({ code, details: 'There is no such cluster.', metadata });
  };
  await withServer({ planBatch }, (target) =>
    withClient({ target }, async (client) => {
      await assert.rejects(client.planBatch(REQUEST, soon()), {
        name: 'NotRunError',
        code: 'NOT_FOUND',
        message: 'There is no such cluster.',
        reason: 'CLUSTER_NOT_FOUND',
      });
    }),
  );
});

// A field of bytes in protobuf's wire format; shorter than 128 bytes.
function field(number: number, value: string): string {
  return String.fromCharCode((number << 3) | 2, value.length) + value;
}

test('a call ends at its deadline, or when the caller aborts it', async () => {
  let arrived = () => {};
  const planBatch: Handler = () => arrived(); // Never answers.
  await withServer({ planBatch }, (target) =>
    withClient({ target }, async (client) => {
      await assert.rejects(client.planBatch(REQUEST, Deadline.after(50)), {
        code: 'DEADLINE_EXCEEDED',
      });
      const abort = new AbortController();
      const reason = new Error('enough');
      arrived = () => abort.abort(reason);
      const deadline = Deadline.after(10_000, abort.signal);
      await assert.rejects(client.planBatch(REQUEST, deadline), {
        code: 'CANCELLED',
        cause: reason,
      });
    }),
  );
});

const tlsFiles = process.env.TLS_FILES;
const skip = tlsFiles === undefined && 'TLS_FILES is not set';

test('TLS, both sides with certificates', { skip }, async () => {
  const read = (file: string) => readFileSync(join(tlsFiles ?? '', file));
  const ca = read('ca.crt');
  const pair = {
    private_key: read('server.key'),
    cert_chain: read('server.crt'),
  };
  const planBatch: Handler = (_, done) => done(null, {});
  const own = { cert: read('client.crt'), key: read('client.key') };
  await withServer(
    { planBatch },
    async (target) => {
      for (const serverName of [undefined, 'localhost']) {
        const tls = { ca, ...own, ...(serverName && { serverName }) };
        await withClient({ target, tls }, async (client) => {
          await client.planBatch(REQUEST, soon());
        });
      }
      // Whom the client does not trust is not told anything.
      for (const tls of [
        true,
        { ca: own.cert },
        { ca, ...own, serverName: 'elsewhere' },
      ] as const) {
        await withClient({ target, tls }, async (client) => {
          await assert.rejects(client.planBatch(REQUEST, Deadline.after(500)), {
            name: 'NotRunError',
          });
        });
      }
    },
    grpc.ServerCredentials.createSsl(ca, [pair], true),
  );
});
