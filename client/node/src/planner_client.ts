// SPDX-License-Identifier: Apache-2.0
// Calls a slotplanner server.
import { join } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import * as grpc from '@grpc/grpc-js';
import { loadSync, type MessageTypeDefinition } from '@grpc/proto-loader';
import type { PlanRequest, RedirectionReport } from './batch_planner.js';
import type { Deadline } from './deadline.js';
import { NotRunError, notInTime } from './errors.js';
import type { ProtoGrpcType as PlannerTypes } from './generated/slot_planner_service.js';
import type { ProtoGrpcType as TopologyTypes } from './generated/topology_service.js';
import type { KeyPositionsPlanner } from './masking_planner.js';
import type {
  GetKeyPositionsResponse,
  KeyPositions,
  PlanBatchResponse,
} from './messages.js';
import type { StatusCode } from './status.js';

/** How to reach a slotplanner server. */
export interface PlannerOptions {
  /**
   * `host:port`, whose addresses are all used in turn, or `unix:PATH`, or any
   * other target in gRPC's own notation with its scheme.
   */
  readonly target: string;
  /** With these, or `true` for Node's roots, calls use TLS. */
  readonly tls?: true | PlannerTlsOptions;
  /**
   * Sent with each call as `authorization: Bearer ...`. Over plain text it can
   * be read on the way.
   */
  readonly token?: string;
}

/** PEM texts, as `tls.createSecureContext` takes them. */
export interface PlannerTlsOptions
  extends Pick<SecureContextOptions, 'ca' | 'cert' | 'key'> {
  /** The name that the certificate must have, if not the target's host. */
  readonly serverName?: string;
}

/**
 * A client of the server. A call that finds it UNAVAILABLE is made again, four
 * times in all, after 0.1 s to 1 s. Connects at the first call, not before.
 */
export class PlannerClient implements KeyPositionsPlanner {
  private readonly planner;
  private readonly topology;
  private readonly metadata = new grpc.Metadata();

  constructor({ target, tls, token }: PlannerOptions) {
    const { SlotPlannerService, TopologyService } = SERVICES.slotplanner.v1;
    const credentials = credentialsOf(tls);
    const address = dnsTarget(target);
    const serverName = tls === true ? undefined : tls?.serverName;
    const options: grpc.ChannelOptions = {
      ...CHANNEL_OPTIONS,
      ...(serverName && { 'grpc.ssl_target_name_override': serverName }),
    };
    this.planner = new SlotPlannerService(address, credentials, options);
    // Both share one channel.
    this.topology = new TopologyService(address, credentials, {
      ...options,
      channelOverride: this.planner.getChannel(),
    });
    if (token) this.metadata.set('authorization', `Bearer ${token}`);
  }

  async planBatch(
    request: PlanRequest,
    deadline: Deadline,
  ): Promise<PlanBatchResponse> {
    const commands = request.commands.map((args) => ({ args: [...args] }));
    return call(deadline, (options, done) =>
      this.planner.planBatch(
        { ...request, commands },
        this.metadata,
        options,
        done,
      ),
    );
  }

  async reportRedirection(
    report: RedirectionReport,
    deadline: Deadline,
  ): Promise<void> {
    await call(deadline, (options, done) =>
      this.topology.reportRedirection(report, this.metadata, options, done),
    );
  }

  async getKeyPositions(
    cluster: string,
    deadline: Deadline,
  ): Promise<KeyPositions[]> {
    const { commands } = await call<GetKeyPositionsResponse>(
      deadline,
      (options, done) =>
        this.topology.getKeyPositions(
          { cluster },
          this.metadata,
          options,
          done,
        ),
    );
    return commands;
  }

  close(): void {
    this.planner.close();
  }
}

// Room for a plan of a million keys.
const MAX_MESSAGE_BYTES = 64 << 20;

const SERVICE_CONFIG = {
  loadBalancingConfig: [{ round_robin: {} }],
  methodConfig: [
    {
      name: [
        { service: 'slotplanner.v1.SlotPlannerService' },
        { service: 'slotplanner.v1.TopologyService' },
      ],
      retryPolicy: {
        maxAttempts: 4,
        initialBackoff: '0.1s',
        maxBackoff: '1s',
        backoffMultiplier: 2,
        retryableStatusCodes: ['UNAVAILABLE'],
      },
    },
  ],
};

const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  'grpc.service_config': JSON.stringify(SERVICE_CONFIG),
  'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
  'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  // A request that outgrows this buffer is never retried.
  'grpc.per_rpc_retry_buffer_size': MAX_MESSAGE_BYTES,
};

const DEFINITIONS = loadSync(
  [
    'slotplanner/v1/slot_planner_service.proto',
    'slotplanner/v1/topology_service.proto',
    'slotplanner/rpc/v1/error_details.proto',
  ],
  {
    includeDirs: [join(__dirname, '..', '..', 'proto')],
    longs: String,
    enums: String,
    defaults: true,
    oneofs: true,
  },
);

const SERVICES = grpc.loadPackageDefinition(
  DEFINITIONS,
) as unknown as PlannerTypes & TopologyTypes;

interface AnyMessage {
  readonly type_url: string;
  readonly value: Buffer;
}

const STATUS = DEFINITIONS[
  'slotplanner.rpc.v1.Status'
] as MessageTypeDefinition<object, { readonly details: AnyMessage[] }>;

const ERROR_INFO = DEFINITIONS[
  'slotplanner.rpc.v1.ErrorInfo'
] as MessageTypeDefinition<
  object,
  { readonly reason: string; readonly domain: string }
>;

const ERROR_INFO_URL = 'type.googleapis.com/google.rpc.ErrorInfo';

function credentialsOf(tls: PlannerOptions['tls']): grpc.ChannelCredentials {
  if (tls === undefined) return grpc.credentials.createInsecure();
  if (tls === true) return grpc.credentials.createSsl();
  const { ca, cert, key } = tls;
  const context = createSecureContext({ ca, cert, key });
  return grpc.credentials.createFromSecureContext(context);
}

// `host:port` as a DNS name, so that every address behind it gets its share of
// the calls. Targets that have a scheme stay as they are.
function dnsTarget(target: string): string {
  const hasScheme = /:\/\/|^(dns|unix|unix-abstract|ipv4|ipv6):/.test(target);
  return hasScheme ? target : `dns:///${target}`;
}

type Done<Response> = grpc.requestCallback<Response>;

async function call<Response>(
  deadline: Deadline,
  start: (
    options: grpc.CallOptions,
    done: Done<Response>,
  ) => grpc.ClientUnaryCall,
): Promise<Response> {
  if (deadline.isOver) throw notInTime(deadline);
  const options = { deadline: Date.now() + deadline.remainingMs };
  let stop: (() => void) | undefined;
  try {
    return await new Promise<Response>((resolve, reject) => {
      const unary = start(options, (error, response) => {
        if (error) reject(error);
        else resolve(response as Response);
      });
      stop = deadline.onAbort(() => unary.cancel());
    });
  } catch (error) {
    throw deadline.abortReason === undefined
      ? toNotRunError(error as grpc.ServiceError)
      : notInTime(deadline);
  } finally {
    stop?.();
  }
}

function toNotRunError(error: grpc.ServiceError): NotRunError {
  const code = (grpc.status[error.code] ?? 'UNKNOWN') as StatusCode;
  const message = error.details || error.message;
  return new NotRunError({ code, message }, reasonOf(error.metadata));
}

// The reason in the `google.rpc.ErrorInfo` of a failed call.
function reasonOf(metadata: grpc.Metadata | undefined): string | undefined {
  const [bytes] = metadata?.get('grpc-status-details-bin') ?? [];
  if (!Buffer.isBuffer(bytes)) return undefined;
  try {
    const { details } = STATUS.deserialize(bytes);
    const detail = details.find(({ type_url }) => type_url === ERROR_INFO_URL);
    if (detail === undefined) return undefined;
    const { reason, domain } = ERROR_INFO.deserialize(detail.value);
    return domain === 'slotplanner' ? reason : undefined;
  } catch {
    return undefined; // Not from a slotplanner server.
  }
}
