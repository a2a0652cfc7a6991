// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// How often a delivery is redirected or loses its connection at most, and how
// many of these times it goes out again at once. One redirection is common, a
// second one happens when a slot moves twice or a failover follows a migration.
// Nodes that still disagree need a moment to hear of each other; after some
// more tries they send the delivery in circles.
const (
	maxDetours       = 5
	maxDetoursAtOnce = 2
)

// How long after the beginning of a plan's run commands still go out again;
// after that, what a node answered last stands. A slot that moves is over with
// its keys after some milliseconds; what takes longer wants a new plan.
const giveUpAfter = 250 * time.Millisecond

// A detour is where and when a delivery is to be sent again.
type detour struct {
	to     poolKey
	asking bool
	due    time.Time
}

// A trip is a delivery on its way.
type trip struct {
	delivery *delivery
	to       poolKey
	asking   bool // Each of its steps needs an ASKING before it.
	detours  int
	delays   int  // How often it was told to try later.
	isInLane bool // Whether it is in planRun.sentAgain.
	// Where it waits or is in flight; nil while it does neither.
	pipeline *pipeline

	// Of a transaction: its WATCH commands in flight, what became of them, and
	// the replies since MULTI.
	openWatches int
	detour      *detour
	replies     []any
}

// isInBody tells whether a part is one of MULTI to EXEC.
func (t *trip) isInBody(part int) bool {
	return t.delivery.kind == transaction && part >= t.delivery.watchCount
}

// A step is parts [first, end) of a delivery, to be sent.
type step struct {
	trip       *trip
	first, end int
}

// A request is a part in flight. No trip means an ASKING: the reply to what is
// behind it tells.
type request struct {
	trip *trip
	part int
}

// A pipeline is a connection and what goes over it. It is kept for the whole
// run, because WATCH and WAIT speak of what was sent on the same connection
// before. What comes while it is busy waits for its replies.
type pipeline struct {
	to        poolKey
	conn      Conn
	queue     []step
	inFlight  []request
	watcher   *trip // Whose WATCH is in force.
	retryTime time.Time
	isRetired bool // Another one takes what comes from now on.
}

func (p *pipeline) isBusy() bool { return len(p.inFlight) > 0 }

// An arrival is what came back from a pipeline.
type arrival struct {
	pipeline   *pipeline
	conn       Conn
	connectErr error
	replies    []any
	sent       int
	err        error
}

type pendingTrip struct {
	trip *trip
	due  time.Time
}

// A planRun takes the deliveries of a plan to their nodes, stage by stage, and
// again where a node or a lost connection calls for it, until each part has an
// outcome or the context is done. In a stage, each node gets its commands in
// one pipeline, in the plan's order, and all nodes work in parallel; no node
// waits for another.
//
// What a node answers is followed as the cluster specification says, each time
// for the command that met it:
//   - MOVED and ASK to the node that they name, a bounded number of times (rules
//     F2, F3). A read that a replica sends away goes to the primary.
//   - TRYAGAIN, CLUSTERDOWN, LOADING and MASTERDOWN by asking again, with
//     exponential backoff and jitter (rule F4).
//   - A connection that breaks leaves the outcome of what it carried unknown;
//     only commands that the plan calls safe to retry are sent again (rule E4).
//
// A transaction goes over one connection in one piece, and goes out again as a
// whole, from its first WATCH or MULTI. It starts only when its WATCH commands
// have succeeded. If the connection breaks before EXEC was sent, nothing was
// executed; after that, the outcome of the whole transaction is unknown. A
// connection on which a WATCH is still in force is not used again.
//
// Commands of one slot that are sent again keep their order among themselves
// (rule D1). What cannot be kept is their order towards later commands of the
// slot that were in the same pipeline and have been executed meanwhile.
//
// Each answer is noted when it comes, also if the delivery goes out again: so
// whatever ends the run, the last that is known is the result. All state is
// touched by the goroutine that runs it only; others just wait for nodes.
type planRun struct {
	ctx        context.Context
	plan       *v1.PlanBatchResponse
	nodes      *nodePool
	mapAddress func(Endpoint) Endpoint
	giveUpTime time.Time

	parts       [][]Part // By command index and part index.
	redirection string
	trips       map[*delivery]*trip
	pipelines   []*pipeline
	// Those that are not retired.
	pipelineTo map[poolKey]*pipeline
	pending    []pendingTrip // In the order in which they came to wait.
	// By slot: what was sent again and is not settled, in the order of the plan.
	sentAgain map[int32][]*trip
	arrivals  chan arrival
}

// runPlan runs a plan, which resolvePlan took, until ctx is done at the latest.
// The results are by command index and part index; redirection is as in
// executionResult.
func runPlan(ctx context.Context, plan *v1.PlanBatchResponse, grouped *deliveries, nodes *nodePool,
	mapAddress func(Endpoint) Endpoint) (parts [][]Part, redirection string) {
	r := &planRun{
		ctx:        ctx,
		plan:       plan,
		nodes:      nodes,
		mapAddress: mapAddress,
		giveUpTime: time.Now().Add(giveUpAfter),
		parts:      make([][]Part, len(plan.GetCommandPlans())),
		trips:      make(map[*delivery]*trip, len(grouped.all)),
		pipelineTo: map[poolKey]*pipeline{},
		sentAgain:  map[int32][]*trip{},
		arrivals:   make(chan arrival),
	}
	if deadline, ok := ctx.Deadline(); ok && deadline.Before(r.giveUpTime) {
		r.giveUpTime = deadline
	}
	for i, commandPlan := range plan.GetCommandPlans() {
		r.parts[i] = make([]Part, commandPlan.GetPartCount())
	}
	for _, d := range grouped.all {
		for _, part := range d.parts {
			result := r.resultOf(part)
			result.ArgIndexes = part.argIndexes
			result.replyPositions = part.replyPositions
		}
		r.trips[d] = &trip{delivery: d, to: poolKey{d.parts[0].endpoint, d.parts[0].readonly}}
	}
	for _, steps := range grouped.stages {
		r.runStage(steps)
	}
	r.finish()
	return r.parts, r.redirection
}

func (r *planRun) runStage(steps []deliveryStep) {
	for _, s := range steps {
		r.enqueue(r.trips[s.delivery], s.first, s.end)
	}
	for {
		r.sendPending()
		// Sending may add pipelines.
		for i := 0; i < len(r.pipelines); i++ {
			r.sendQueued(r.pipelines[i])
		}
		if !r.wait() {
			return
		}
	}
}

func (r *planRun) finish() {
	for _, p := range r.pipelines {
		if p.conn == nil {
			continue
		}
		// One in which a WATCH is in force would make others' EXEC fail.
		if p.isRetired || p.watcher != nil {
			p.conn.Close()
		} else {
			r.nodes.put(p.to, p.conn)
		}
	}
}

// Sending.

func (r *planRun) enqueue(t *trip, first, end int) {
	p := r.pipelineFor(t.to)
	t.pipeline = p
	p.queue = append(p.queue, step{t, first, end})
}

func (r *planRun) pipelineFor(to poolKey) *pipeline {
	p := r.pipelineTo[to]
	if p == nil {
		p = &pipeline{to: to}
		r.pipelineTo[to] = p
		r.pipelines = append(r.pipelines, p)
	}
	return p
}

// sendQueued sends what waits for a pipeline, up to a MULTI that must wait for
// the replies to its WATCH commands.
func (r *planRun) sendQueued(p *pipeline) {
	if p.isBusy() || len(p.queue) == 0 {
		return
	}
	if r.ctx.Err() != nil {
		r.dropQueue(p, r.overError())
		return
	}
	if p.conn != nil && !p.conn.Quiet() {
		p.conn.Close()
		p.conn, p.watcher = nil, nil
	}
	if p.conn == nil {
		p.conn = r.nodes.takeIdle(p.to)
	}
	var commands [][][]byte
	for len(p.queue) > 0 {
		s := p.queue[0]
		if s.trip.isInBody(s.first) {
			if s.trip.openWatches > 0 {
				break
			}
			if !r.mayStart(p, s.trip) {
				p.queue = p.queue[1:]
				continue
			}
		}
		p.queue = p.queue[1:]
		commands = r.send(p, s, commands)
	}
	if len(commands) > 0 {
		go r.carry(p, p.conn, commands)
	}
}

// carry sends commands over a connection, a new one if there is none, and
// brings back what came of them.
func (r *planRun) carry(p *pipeline, conn Conn, commands [][][]byte) {
	a := arrival{pipeline: p, conn: conn}
	if a.conn == nil {
		a.conn, a.connectErr = r.nodes.connect(r.ctx, p.to)
	}
	if a.connectErr == nil {
		a.replies, a.sent, a.err = a.conn.Pipeline(r.ctx, commands)
		if a.err == nil && len(a.replies) != len(commands) {
			a.sent, a.err = len(commands), errors.New("the number of replies is wrong")
		}
	}
	r.arrivals <- a
}

// mayStart tells whether the WATCH commands of a transaction, all answered, are
// in force on this connection. If not, it sees to the transaction.
func (r *planRun) mayStart(p *pipeline, t *trip) bool {
	watchCount := t.delivery.watchCount
	if watchCount == 0 {
		return true
	}
	isWatching := p.watcher == t
	if t.detour == nil && !isWatching {
		t.detour = r.samePlace(t)
	}
	if t.detour != nil {
		r.sendAgain(t, *t.detour)
		return false
	}
	allSucceeded := isWatching
	for _, part := range t.delivery.parts[:watchCount] {
		allSucceeded = allSucceeded && r.resultOf(part).Outcome == Applied
	}
	if allSucceeded {
		return true
	}
	r.noteSilence(t, watchCount, len(t.delivery.parts), NotSent,
		status.Error(codes.FailedPrecondition, "The WATCH before it failed."))
	r.settle(t)
	return false
}

func (r *planRun) dropQueue(p *pipeline, cause error) {
	queue := p.queue
	p.queue = nil
	for _, s := range queue {
		r.noteSilence(s.trip, s.first, s.end, NotSent, cause)
		r.settle(s.trip)
	}
}

// send adds a step to what goes out next.
func (r *planRun) send(p *pipeline, s step, commands [][][]byte) [][][]byte {
	t := s.trip
	if t.asking {
		commands = append(commands, [][]byte{[]byte("ASKING")})
		p.inFlight = append(p.inFlight, request{})
	}
	for i := s.first; i < s.end; i++ {
		commands = append(commands, t.delivery.parts[i].args)
		p.inFlight = append(p.inFlight, request{t, i})
	}
	switch t.delivery.kind {
	case watchAlone:
		p.watcher = t
	case unwatch:
		p.watcher = nil
	case transaction:
		if t.isInBody(s.first) {
			p.watcher = nil
			t.replies = nil
		} else {
			p.watcher = t
			t.openWatches++
		}
	}
	return commands
}

// Sending again.

func (r *planRun) sendAgain(t *trip, d detour) {
	r.pending = append(r.pending, pendingTrip{t, d.due})
	if slot := t.delivery.slot(); slot != nil && !t.isInLane {
		t.isInLane = true
		r.sentAgain[*slot] = append(r.sentAgain[*slot], t)
	}
	t.to = d.to
	t.asking = d.asking
	t.pipeline = nil
	t.detour = nil
}

func (r *planRun) sendPending() {
	now := time.Now()
	pending := r.pending
	r.pending = nil
	for _, waiting := range pending {
		t := waiting.trip
		if waiting.due.After(now) || !r.isNextOfItsSlot(t) {
			r.pending = append(r.pending, waiting)
			continue
		}
		watchCount := t.delivery.watchCount
		for i := range watchCount {
			r.enqueue(t, i, i+1)
		}
		r.enqueue(t, watchCount, len(t.delivery.parts))
	}
}

// isNextOfItsSlot tells whether all that must be executed before is settled, or
// is on its way over the connection that this will take (rule D1).
func (r *planRun) isNextOfItsSlot(t *trip) bool {
	slot := t.delivery.slot()
	if slot == nil {
		return true
	}
	p := r.pipelineFor(t.to)
	for _, earlier := range r.sentAgain[*slot] {
		if earlier == t {
			break
		}
		if earlier.pipeline != p {
			return false
		}
	}
	return true
}

// settle makes final what a trip came to.
func (r *planRun) settle(t *trip) {
	t.pipeline = nil
	if slot := t.delivery.slot(); slot != nil && t.isInLane {
		t.isInLane = false
		lane := r.sentAgain[*slot]
		if lane[0] == t { // The rule: they are answered in their order.
			r.sentAgain[*slot] = lane[1:]
			return
		}
		r.sentAgain[*slot] = slices.DeleteFunc(lane, func(other *trip) bool { return other == t })
	}
}

// samePlace returns the way back to where a trip was sent before, if it may be
// sent again.
func (r *planRun) samePlace(t *trip) *detour {
	if t.detours >= maxDetours || r.ctx.Err() != nil {
		return nil
	}
	t.detours++
	return &detour{to: t.to, asking: t.asking, due: time.Now()}
}

// detourAfter returns what an error that a trip met calls for; nil if it
// stands.
func (r *planRun) detourAfter(p *pipeline, t *trip, line string) *detour {
	d := &detour{to: t.to, asking: t.asking, due: time.Now()}
	if meansTryLater(line) {
		d.due = r.retryTime(p, t.delays)
		t.delays++
	} else if redirected, ok := parseRedirection(line, t.to.node); ok {
		// Both kinds name the primary that owns the slot, or will own it.
		d.to = poolKey{node: r.mapAddress(redirected.target)}
		d.asking = redirected.ask
		if !d.asking {
			r.noteMoved(p, d.to.node, line)
		}
		if t.detours >= maxDetours {
			return nil
		}
		if t.detours++; t.detours > maxDetoursAtOnce {
			d.due = r.retryTime(p, t.detours-maxDetoursAtOnce-1)
		}
	} else {
		return nil
	}
	if !d.due.Before(r.giveUpTime) {
		// A command that stays behind a WAIT is not planned again: then only a
		// report makes the planner look at the cluster.
		r.noteRedirection(line)
		return nil
	}
	return d
}

func (r *planRun) noteMoved(p *pipeline, target Endpoint, line string) {
	r.noteRedirection(line)
	if target == p.to.node {
		// The name leads to another node by now: reconnect (rule F3).
		r.retire(p)
		r.nodes.forget(target)
	}
}

func (r *planRun) noteRedirection(line string) {
	if r.redirection == "" && tellsOfTopology(line) {
		r.redirection = line
	}
}

// retryTime returns when to ask a node again. All that it turns away in the
// meantime waits for the same moment, so that it is asked once and in order.
func (r *planRun) retryTime(p *pipeline, retry int) time.Time {
	if now := time.Now(); !p.retryTime.After(now) {
		p.retryTime = now.Add(executingBackoff.delay(retry, rand.Float64()))
	}
	return p.retryTime
}

// Waiting.

// wait waits for what comes first: the replies of a pipeline, the time to send
// again, the end of the context. False when there is nothing to wait for.
func (r *planRun) wait() bool {
	isOver := r.ctx.Err() != nil
	if isOver {
		// What is known of them stands.
		r.pending = nil
		for _, lane := range r.sentAgain {
			for _, t := range lane {
				t.isInLane = false
			}
		}
		clear(r.sentAgain)
	}
	isBusy := slices.ContainsFunc(r.pipelines, (*pipeline).isBusy)
	if !isBusy && len(r.pending) == 0 {
		return false
	}
	over := r.ctx.Done()
	if isOver {
		over = nil
	}
	var wake <-chan time.Time
	if due, ok := r.nextDue(); ok {
		timer := time.NewTimer(time.Until(due))
		defer timer.Stop()
		wake = timer.C
	}
	select {
	case a := <-r.arrivals:
		r.take(a)
	case <-wake:
	case <-over:
	}
	return true
}

func (r *planRun) nextDue() (due time.Time, ok bool) {
	for _, waiting := range r.pending {
		if (!ok || waiting.due.Before(due)) && r.isNextOfItsSlot(waiting.trip) {
			due, ok = waiting.due, true
		}
	}
	return due, ok
}

func (r *planRun) take(a arrival) {
	p := a.pipeline
	requests := p.inFlight
	p.inFlight = nil
	if a.connectErr != nil {
		r.dropUnready(p, requests, a.connectErr)
		return
	}
	p.conn = a.conn
	answered := min(len(a.replies), len(requests))
	for i, request := range requests[:answered] {
		r.takeReply(p, request, a.replies[i])
	}
	if a.err != nil {
		r.abandon(p, requests[answered:], a.sent-answered, a.err)
	}
}

func (r *planRun) takeReply(p *pipeline, answered request, reply any) {
	t := answered.trip
	if t == nil {
		return
	}
	if t.isInBody(answered.part) {
		t.replies = append(t.replies, reply)
		if answered.part+1 == len(t.delivery.parts) {
			r.takeTransaction(p, t)
		}
		return
	}
	var next *detour
	if line, isError := reply.(ReplyError); isError && t.detour == nil {
		next = r.detourAfter(p, t, string(line))
	}
	r.noteReply(t, answered.part, reply)
	switch {
	case t.delivery.kind == transaction:
		// A WATCH. Whether the transaction starts is decided at MULTI.
		t.openWatches--
		if next != nil {
			t.detour = next
		}
	case next != nil:
		r.sendAgain(t, *next)
	default:
		r.settle(t)
	}
}

// takeTransaction takes the replies to MULTI and what follows. A redirection in
// a transaction comes when a command is queued, or at EXEC; either way nothing
// was executed, and the whole is sent again.
func (r *planRun) takeTransaction(p *pipeline, t *trip) {
	replies := t.replies
	t.replies = nil
	_, multiFailed := replies[0].(ReplyError)
	_, executed := replies[len(replies)-1].([]any)
	mayHaveEffects := multiFailed || executed
	var next *detour
	for i, reply := range replies {
		if line, isError := reply.(ReplyError); isError && !mayHaveEffects && next == nil {
			next = r.detourAfter(p, t, string(line))
		}
		r.noteReply(t, t.delivery.watchCount+i, reply)
	}
	if next != nil {
		r.sendAgain(t, *next)
	} else {
		r.settle(t)
	}
}

// Connections that end.

// abandon gives up on a connection and notes what it leaves unanswered, of
// which the node may have executed the first sent requests.
func (r *planRun) abandon(p *pipeline, unanswered []request, sent int, err error) {
	cause := status.Errorf(codes.Unavailable, "The connection to %s was lost: %v", p.to.node, err)
	if r.ctx.Err() != nil {
		cause = r.overError()
	}
	p.conn.Close()
	p.conn = nil
	r.retire(p)
	for i, lost := range unanswered {
		t := lost.trip
		if t == nil {
			continue
		}
		inBody := t.isInBody(lost.part)
		// Before its EXEC is sent, a transaction is nothing.
		if inBody && lost.part+1 < len(t.delivery.parts) {
			continue
		}
		first, outcome := lost.part, NotSent
		if inBody {
			first = t.delivery.watchCount
		}
		if i < sent {
			outcome = Unknown
		}
		r.noteSilence(t, first, lost.part+1, outcome, cause)
		if t.delivery.kind == transaction && !inBody {
			t.openWatches-- // What was watched is noticed at MULTI.
			continue
		}
		isSafe := r.isSafe(t, lost.part)
		if inBody {
			isSafe = outcome == NotSent
		}
		var next *detour
		if isSafe {
			next = r.samePlace(t)
		}
		if next != nil {
			r.sendAgain(t, *next)
		} else {
			r.settle(t)
		}
	}
}

// dropUnready gives up on a node that could not be connected to: nothing has
// left, and another connection would fare no better for now.
func (r *planRun) dropUnready(p *pipeline, unsent []request, err error) {
	code := codes.Unavailable
	if s, ok := status.FromError(err); ok {
		code = s.Code()
	}
	cause := status.Errorf(code, "There is no connection to %s: %s", p.to.node, status.Convert(err).Message())
	for _, lost := range unsent {
		t := lost.trip
		if t == nil {
			continue
		}
		r.noteSilence(t, lost.part, lost.part+1, NotSent, cause)
		if t.delivery.kind == transaction && !t.isInBody(lost.part) {
			t.openWatches--
		}
		r.settle(t)
	}
	r.dropQueue(p, cause)
	p.watcher = nil
}

// retire lets another connection take what comes from now on.
func (r *planRun) retire(p *pipeline) {
	if p.isRetired {
		return
	}
	p.isRetired = true
	delete(r.pipelineTo, p.to)
	queue := p.queue
	p.queue = nil
	for _, s := range queue {
		r.enqueue(s.trip, s.first, s.end)
	}
}

// overError says why nothing more is sent.
func (r *planRun) overError() error {
	if errors.Is(r.ctx.Err(), context.Canceled) {
		return status.Error(codes.Canceled, "The call was cancelled.")
	}
	return status.Error(codes.DeadlineExceeded, "The deadline has passed.")
}

// Results.

func (r *planRun) resultOf(part *plannedPart) *Part {
	return &r.parts[part.commandIndex][part.partIndex]
}

// isSafe is rule E4.
func (r *planRun) isSafe(t *trip, part int) bool {
	commandPlan := r.plan.GetCommandPlans()[t.delivery.parts[part].commandIndex]
	return commandPlan.GetRetrySafety() == v1.RetrySafety_RETRY_SAFETY_SAFE
}

func (r *planRun) noteReply(t *trip, part int, reply any) {
	result := r.resultOf(t.delivery.parts[part])
	result.Outcome = Applied
	if _, isError := reply.(ReplyError); isError {
		result.Outcome = Failed
	}
	result.Node = t.to.node.String()
	result.Reply = reply
	result.Cause = nil
}

// noteSilence notes for parts [first, end) why there is no reply.
func (r *planRun) noteSilence(t *trip, first, end int, outcome Outcome, cause error) {
	for _, part := range t.delivery.parts[first:end] {
		result := r.resultOf(part)
		result.Outcome = outcome
		result.Node = t.to.node.String()
		result.Reply = nil
		result.Cause = cause
	}
}
