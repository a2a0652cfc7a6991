// SPDX-License-Identifier: Apache-2.0
import { type BackoffOptions, backoffDelayMs } from './backoff.js';
import type { BatchPlanner, PlanRequest } from './batch_planner.js';
import { BatchProgress } from './batch_progress.js';
import type { Deadline } from './deadline.js';
import { groupIntoDeliveries } from './deliveries.js';
import type { Endpoint } from './endpoint.js';
import { NotRunError } from './errors.js';
import { type CommandResult, conclude } from './execution_result.js';
import type { PlanBatchResponse } from './messages.js';
import type { NodeConnections } from './node_connections.js';
import { type PlanRunOptions, runPlan } from './plan_run.js';
import { resolvePlan } from './planned_parts.js';

/** How a `BatchRunner` tries again. */
export interface BatchRunnerOptions {
  /**
   * Between two plans of a batch. A failover is over within some seconds; to
   * hear of it late by less than those is worth a few calls more.
   */
  readonly planning: BackoffOptions;
  /** Within one plan. */
  readonly executing: BackoffOptions;
  /**
   * How long within one plan. A slot that moves is over with its keys after
   * some milliseconds; what takes longer wants a new plan.
   */
  readonly giveUpAfterMs: number;
  /** How long `run` may stay to report a redirection. */
  readonly reportTimeoutMs: number;
  /** Where to find the nodes that MOVED and ASK name. */
  readonly addressMap: (announced: Endpoint) => Endpoint;
  /** In [0, 1), for jitter. */
  readonly random: () => number;
}

export const DEFAULT_RUNNER_OPTIONS: BatchRunnerOptions = {
  planning: { firstMs: 10, maxMs: 250 },
  executing: { firstMs: 10, maxMs: 500 },
  giveUpAfterMs: 250,
  reportTimeoutMs: 100,
  addressMap: (announced) => announced,
  random: Math.random,
};

/**
 * Plans batches and runs the plans, again until all is done: so a batch
 * survives failovers, slots that move and nodes that come and go, if they are
 * over before its deadline.
 *
 * What a first plan did not get done is planned again, after a short backoff
 * with jitter, as far as nothing is applied twice (see `whatToPlanAgain`) and
 * with the first plan as outdated, so that the planner looks at the cluster
 * first (rule F3). A part of a split command is planned again without the parts
 * that were applied. Refusals and errors of the commands themselves are final.
 */
export class BatchRunner {
  constructor(
    private readonly planner: BatchPlanner,
    private readonly connections: NodeConnections,
    private readonly options: BatchRunnerOptions,
  ) {}

  /**
   * Runs the commands of `request`. What is known at the deadline is the
   * result, in which nothing is dropped or made up (rules E2, E3).
   *
   * Rejects with a `NotRunError` when nothing was sent: with the planner's own,
   * UNAVAILABLE only after trying until the deadline, or when the plan cannot
   * be run.
   */
  async run(
    request: PlanRequest,
    deadline: Deadline,
  ): Promise<CommandResult[]> {
    const progress = new BatchProgress(request);
    for (let retry = 0; ; ++retry) {
      let plan: PlanBatchResponse;
      let redirection: string | undefined;
      try {
        plan = await this.plan(progress.request, deadline);
        redirection = await this.runOne(progress, plan, deadline);
      } catch (error) {
        if (retry === 0 || !(error instanceof NotRunError)) throw error;
        return progress.finish();
      }
      if (progress.isDone || !(await this.wait(retry, deadline))) {
        await this.report(request, plan, redirection, deadline);
        return progress.finish();
      }
    }
  }

  // Runs a plan of `progress.request`. Resolves to a redirection to report.
  private async runOne(
    progress: BatchProgress,
    plan: PlanBatchResponse,
    deadline: Deadline,
  ): Promise<string | undefined> {
    const stages = resolvePlan(progress.request.commands, plan);
    const options: PlanRunOptions = {
      ...this.options,
      backoff: this.options.executing,
    };
    const { parts, redirection } = await runPlan(
      plan,
      groupIntoDeliveries(stages),
      this.connections,
      options,
      deadline,
    );
    progress.take(plan, conclude(plan, parts));
    return redirection;
  }

  // Asks the planner until it is available.
  private async plan(
    request: PlanRequest,
    deadline: Deadline,
  ): Promise<PlanBatchResponse> {
    for (let retry = 0; ; ++retry) {
      try {
        return await this.planner.planBatch(request, deadline);
      } catch (error) {
        const mayPass =
          error instanceof NotRunError && error.code === 'UNAVAILABLE';
        if (!mayPass || !(await this.wait(retry, deadline))) throw error;
      }
    }
  }

  // A plan that is made again says the same in `outdatedTopologyVersion`; so
  // this is for those that got done in spite of it. No error of it matters: the
  // next plan that is outdated is reported, too.
  private async report(
    { cluster }: PlanRequest,
    plan: PlanBatchResponse,
    error: string | undefined,
    deadline: Deadline,
  ): Promise<void> {
    if (error === undefined || deadline.isOver) return;
    const topologyVersion = plan.topology?.version ?? '';
    const report = { cluster, error, topologyVersion };
    const soon = deadline.within(this.options.reportTimeoutMs);
    await this.planner.reportRedirection(report, soon).catch(() => {});
  }

  // Waits before the try with this number, from 0. False, at once, when the
  // deadline would be over by then.
  private async wait(retry: number, deadline: Deadline): Promise<boolean> {
    const { planning, random } = this.options;
    const delayMs = backoffDelayMs(planning, retry, random());
    if (delayMs >= deadline.remainingMs) return false;
    await deadline.sleepUntil(performance.now() + delayMs);
    return !deadline.isOver;
  }
}
