// SPDX-License-Identifier: Apache-2.0
import type {
  BatchPlanner,
  PlanRequest,
  RedirectionReport,
} from './batch_planner.js';
import type { Deadline } from './deadline.js';
import { KeyPositionsTable } from './key_positions.js';
import type { KeyPositions, PlanBatchResponse } from './messages.js';

/** A planner that tells what it reads of commands. */
export interface KeyPositionsPlanner extends BatchPlanner {
  /** The answer of `TopologyService.GetKeyPositions`. */
  getKeyPositions(cluster: string, deadline: Deadline): Promise<KeyPositions[]>;
}

// How soon the list is fetched again for a command that it does not have.
const MIN_AGE_MS = 1000;

/**
 * Sends a planner nothing of a command but what it reads: no value ever leaves
 * for it. What it reads is asked at first use and kept; it is asked again for a
 * command that is not known, at most once a second.
 */
export class MaskingPlanner implements BatchPlanner {
  private readonly tables = new Map<string, Fetched>(); // By cluster.

  constructor(private readonly planner: KeyPositionsPlanner) {}

  async planBatch(
    request: PlanRequest,
    deadline: Deadline,
  ): Promise<PlanBatchResponse> {
    const table = await this.tableFor(request, deadline);
    const commands = request.commands.map((command) =>
      table.withoutValues(command),
    );
    return this.planner.planBatch({ ...request, commands }, deadline);
  }

  reportRedirection(
    report: RedirectionReport,
    deadline: Deadline,
  ): Promise<void> {
    return this.planner.reportRedirection(report, deadline);
  }

  private async tableFor(
    { cluster, commands }: PlanRequest,
    deadline: Deadline,
  ): Promise<KeyPositionsTable> {
    const known = this.tables.get(cluster);
    if (known) {
      const isRecent = performance.now() - known.timeMs < MIN_AGE_MS;
      const { table } = known;
      if (isRecent || commands.every((command) => table.lists(command))) {
        return table;
      }
      // Others who come meanwhile need not ask, too.
      this.tables.set(cluster, { table, timeMs: performance.now() });
    }
    let positions: KeyPositions[];
    try {
      positions = await this.planner.getKeyPositions(cluster, deadline);
    } catch (error) {
      // The next one asks anew.
      if (known) this.tables.set(cluster, { ...known, timeMs: -Infinity });
      throw error;
    }
    const table = new KeyPositionsTable(positions);
    this.tables.set(cluster, { table, timeMs: performance.now() });
    return table;
  }
}

interface Fetched {
  readonly table: KeyPositionsTable;
  readonly timeMs: number;
}
