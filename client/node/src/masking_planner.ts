// SPDX-License-Identifier: Apache-2.0
import type {
  BatchPlanner,
  PlanRequest,
  RedirectionReport,
} from './batch_planner.js';
import type { Deadline } from './deadline.js';
import { notInTime } from './errors.js';
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
  // By cluster.
  private readonly tables = new Map<string, Fetched>();
  private readonly firstFetches = new Map<string, Promise<KeyPositionsTable>>();

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
    if (known === undefined) return this.firstTable(cluster, deadline);
    const { table } = known;
    const isRecent = performance.now() - known.timeMs < MIN_AGE_MS;
    if (isRecent || commands.every((command) => table.lists(command))) {
      return table;
    }
    // Others who come meanwhile leave it to this one.
    this.tables.set(cluster, { table, timeMs: performance.now() });
    try {
      return await this.fetch(cluster, deadline);
    } catch (error) {
      // The next one asks anew.
      this.tables.set(cluster, { table, timeMs: Number.NEGATIVE_INFINITY });
      throw error;
    }
  }

  // Many calls may come before there is a table: one of them fetches it. Where
  // that one fails, which may be for want of its own time, the next one does.
  private async firstTable(
    cluster: string,
    deadline: Deadline,
  ): Promise<KeyPositionsTable> {
    for (;;) {
      const others = this.firstFetches.get(cluster);
      if (others === undefined) break;
      await deadline.settled(others);
      const known = this.tables.get(cluster);
      if (known) return known.table;
      if (deadline.isOver) throw notInTime(deadline);
    }
    const own = this.fetch(cluster, deadline);
    this.firstFetches.set(cluster, own);
    try {
      return await own;
    } finally {
      this.firstFetches.delete(cluster);
    }
  }

  private async fetch(
    cluster: string,
    deadline: Deadline,
  ): Promise<KeyPositionsTable> {
    const positions = await this.planner.getKeyPositions(cluster, deadline);
    const table = new KeyPositionsTable(positions);
    this.tables.set(cluster, { table, timeMs: performance.now() });
    return table;
  }
}

interface Fetched {
  readonly table: KeyPositionsTable;
  readonly timeMs: number;
}
