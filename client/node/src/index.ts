// SPDX-License-Identifier: Apache-2.0
export type { Argument } from './arguments.js';
export type { Endpoint } from './endpoint.js';
export {
  CommandRefusedError,
  NodeReplyError,
  NotRunError,
  PartsFailedError,
  SlotPlannerError,
} from './errors.js';
export type { CommandResult } from './execution_result.js';
export {
  type ByteRange,
  hashTagRange,
  keySlot,
  SLOT_COUNT,
} from './hash_slot.js';
export type { KeyLocation, Refusal, Remedy } from './messages.js';
export type {
  ConnectionListener,
  Driver,
  NodeConnection,
  NodeOptions,
} from './node_connection.js';
export type { PlannerTlsOptions } from './planner_client.js';
export { ErrorReply, type Reply } from './reply.js';
export type { PartOutcome, PartResult } from './reply_merge.js';
export {
  type CallOptions,
  SlotPlanner,
  type SlotPlannerOptions,
} from './slot_planner.js';
export type { Cause, StatusCode } from './status.js';
