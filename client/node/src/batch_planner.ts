// SPDX-License-Identifier: Apache-2.0
import type { Deadline } from './deadline.js';
import type {
  PlanBatchResponse,
  ReadPreference,
  SplitPolicy,
} from './messages.js';
import type { Command } from './planned_parts.js';

/** A batch, and how it is to be planned: see `slotplanner.v1.PlanBatchRequest`. */
export interface PlanRequest {
  readonly cluster: string;
  readonly commands: readonly Command[];
  readonly readPreference: ReadPreference;
  readonly clientZone: string;
  readonly splitPolicy: SplitPolicy;
  readonly outdatedTopologyVersion: string;
}

/** What to report to the planner of a node that redirected a command. */
export interface RedirectionReport {
  readonly cluster: string;
  /** The error line as the node sent it. */
  readonly error: string;
  readonly topologyVersion: string;
}

/** Makes the plans that a `BatchRunner` runs. */
export interface BatchPlanner {
  /**
   * The plan for a batch. Rejects with a `NotRunError`, whose UNAVAILABLE means
   * that the same call may succeed in a moment.
   */
  planBatch(
    request: PlanRequest,
    deadline: Deadline,
  ): Promise<PlanBatchResponse>;

  /** Passes on that a node redirected a command (rule F3). */
  reportRedirection(
    report: RedirectionReport,
    deadline: Deadline,
  ): Promise<void>;
}
