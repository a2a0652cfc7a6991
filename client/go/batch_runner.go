// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"math/rand/v2"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How long a batch may stay to report a redirection, whose reply it has
// already.
const reportTimeout = 100 * time.Millisecond

// A batchRunner plans batches and runs the plans, again until all is done: so a
// batch survives failovers, slots that move and nodes that come and go, if they
// are over before its deadline.
//
// What a first plan did not get done is planned again, after a short backoff
// with jitter, as far as nothing is applied twice (see whatToPlanAgain) and
// with the first plan as outdated, so that the planner looks at the cluster
// first (rule F3). A part of a split command is planned again without the parts
// that were applied. Refusals and errors of the commands themselves are final.
//
// Commands of one slot take effect in their order, as planRun says of one plan,
// also over several plans: none is planned again behind which another of its
// slot has run that could tell the difference. Commands of different slots are
// in no order once some of them are planned again, even where one node has
// both. Safe for concurrent use.
type batchRunner struct {
	planner      planner
	keyPositions *keyPositionsCache
	nodes        *nodePool
	mapAddress   func(Endpoint) Endpoint
}

// run runs the commands of request. What is known when ctx is done is the
// result, in which nothing is dropped or made up (rules E2, E3).
//
// An error means that nothing was sent: the planner's own, UNAVAILABLE only
// after trying until the deadline, or that of resolvePlan.
func (b *batchRunner) run(ctx context.Context, request *v1.PlanBatchRequest) ([]commandResult, error) {
	progress := newBatchProgress(request)
	for retry := 0; ; retry++ {
		plan, err := b.plan(ctx, progress.request)
		var result executionResult
		if err == nil {
			result, err = b.execute(ctx, progress.request.GetCommands(), plan)
		}
		if err != nil {
			if retry == 0 {
				return nil, err
			}
			return progress.finish(), nil
		}
		redirection := result.redirection
		progress.take(plan, result)
		if progress.isDone() || !wait(ctx, retry) {
			b.report(ctx, request.GetCluster(), plan, redirection)
			return progress.finish(), nil
		}
	}
}

// plan asks the planner until it is available. Only what the planner reads of
// the commands leaves the process.
func (b *batchRunner) plan(ctx context.Context, request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	for retry := 0; ; retry++ {
		plan, err := b.planOnce(ctx, request)
		if status.Code(err) != codes.Unavailable || !wait(ctx, retry) {
			return plan, err
		}
	}
}

func (b *batchRunner) planOnce(ctx context.Context, request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	table, err := b.keyPositions.tableFor(ctx, request)
	if err != nil {
		return nil, err
	}
	masked := &v1.PlanBatchRequest{
		Cluster:                 request.GetCluster(),
		Commands:                make([]*v1.Command, len(request.GetCommands())),
		ReadPreference:          request.GetReadPreference(),
		ClientZone:              request.GetClientZone(),
		SplitPolicy:             request.GetSplitPolicy(),
		OutdatedTopologyVersion: request.GetOutdatedTopologyVersion(),
	}
	for i, command := range request.GetCommands() {
		masked.Commands[i] = &v1.Command{Args: table.withoutValues(command.GetArgs())}
	}
	return b.planner.PlanBatch(ctx, masked)
}

// execute runs one plan. What goes wrong on the way to a node or on a node is
// in the result of each command. An error means that nothing was sent.
func (b *batchRunner) execute(ctx context.Context, commands []*v1.Command, plan *v1.PlanBatchResponse) (executionResult, error) {
	stages, err := resolvePlan(commands, plan)
	if err != nil {
		return executionResult{}, err
	}
	grouped, err := groupIntoDeliveries(stages)
	if err != nil {
		return executionResult{}, err
	}
	parts, redirection := runPlan(ctx, plan, grouped, b.nodes, b.mapAddress)
	result := executionResult{commands: make([]commandResult, len(parts)), redirection: redirection}
	for i, commandPlan := range plan.GetCommandPlans() {
		result.commands[i] = conclude(commandPlan, parts[i])
	}
	return result, nil
}

func conclude(plan *v1.CommandPlan, parts []Part) commandResult {
	if plan.GetVerdict() != v1.Verdict_VERDICT_REFUSED {
		return commandResult{reply: replyOf(plan.GetMerge().GetOperation(), parts), parts: parts}
	}
	refusal := plan.GetRefusal()
	if refusal == nil {
		refusal = &v1.Refusal{}
	}
	return commandResult{reply: ReplyError("REFUSED " + refusal.GetMessage()), refusal: refusal}
}

// report passes a redirection on to the planner. A plan that is made again says
// the same in outdated_topology_version; so this is for those that got done in
// spite of it. No error of it matters: the next plan that is outdated is
// reported, too.
func (b *batchRunner) report(ctx context.Context, cluster string, plan *v1.PlanBatchResponse, redirection string) {
	if redirection == "" {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, reportTimeout)
	defer cancel()
	_, _ = b.planner.ReportRedirection(ctx, &v1.ReportRedirectionRequest{
		Cluster:         cluster,
		Error:           redirection,
		TopologyVersion: plan.GetTopology().GetVersion(),
	})
}

// wait waits before the try with this number, from 0. False, at once, when the
// deadline would be over by then, and as soon as ctx is done.
func wait(ctx context.Context, retry int) bool {
	delay := planningBackoff.delay(retry, rand.Float64())
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= delay {
		return false
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
