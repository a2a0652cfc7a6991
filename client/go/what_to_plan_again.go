// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"cmp"
	"slices"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A planAgain is a command of a batch, or one part of one.
type planAgain struct {
	command int
	part    int // wholeCommand, or the index of a part.
}

const wholeCommand = -1

func comparePlanAgain(a, b planAgain) int {
	return cmp.Or(cmp.Compare(a.command, b.command), cmp.Compare(a.part, b.part))
}

// The slot, for our purposes, of commands that any node may answer.
const noSlot int32 = -1

// A fate is what the outcome of a part means for what comes after.
type fate int

const (
	done     fate = iota // A node has executed it, or may have.
	lost                 // No node has, and another try would end likewise.
	mayAgain             // It may be tried again.
)

// isAboutThePlan tells whether an error line says that the node has executed
// nothing because the command belongs elsewhere or comes too early.
func isAboutThePlan(line string) bool {
	return meansTryLater(line) || meansNotPrimary(line) || hasCode(line, "MOVED", "ASK")
}

func mayPass(cause error) bool {
	code := status.Code(cause)
	return code == codes.Unavailable || code == codes.DeadlineExceeded
}

func fateOf(part *Part, onlyReads bool) fate {
	switch part.Outcome {
	case Failed:
		if line, _ := part.Reply.(ReplyError); isAboutThePlan(string(line)) {
			return mayAgain
		}
	case NotSent:
		if mayPass(part.Cause) {
			return mayAgain
		}
		return lost
	case Unknown:
		if onlyReads && mayPass(part.Cause) {
			return mayAgain
		}
	}
	return done
}

// A unit is what is planned again together or not at all.
type unit struct {
	command     int // Of a transaction, that of its EXEC.
	part        int // 0 for what is planned again as a whole.
	items       []planAgain
	slot        *int32    // Nil means all of them.
	node        *Endpoint // That it was planned for; nil means many.
	onlyReads   bool
	mayRunAgain bool
	wasExecuted bool // Or may have been.
	isWait      bool // A WAIT or WAITAOF: it speaks of writes before it that its node got.
}

type effects struct{ hasRead, hasWritten bool }

func (e *effects) add(u *unit) {
	e.hasRead = e.hasRead || u.onlyReads
	e.hasWritten = e.hasWritten || !u.onlyReads
}

func (e effects) conflictWith(u *unit) bool {
	return e.hasWritten || e.hasRead && !u.onlyReads
}

// laterEffects are what a batch has done to the slots from some point on to its
// end.
type laterEffects struct {
	anywhere       effects
	everywhere     effects // By what has all slots.
	ofSlot         map[int32]*effects
	nodesWaitedFor map[Endpoint]bool
}

func (l *laterEffects) add(u *unit) {
	if u.isWait {
		if u.node != nil {
			l.nodesWaitedFor[*u.node] = true
		}
		return
	}
	l.anywhere.add(u)
	if u.slot == nil {
		l.everywhere.add(u)
		return
	}
	if l.ofSlot[*u.slot] == nil {
		l.ofSlot[*u.slot] = &effects{}
	}
	l.ofSlot[*u.slot].add(u)
}

// forbid tells whether the unit, run now, would run out of its order.
func (l *laterEffects) forbid(u *unit) bool {
	isWaitedFor := len(l.nodesWaitedFor) > 0
	if u.node != nil {
		isWaitedFor = l.nodesWaitedFor[*u.node]
	}
	if isWaitedFor && !u.onlyReads {
		return true
	}
	if u.slot == nil {
		return l.anywhere.conflictWith(u)
	}
	ofSlot := l.ofSlot[*u.slot]
	return l.everywhere.conflictWith(u) || ofSlot != nil && ofSlot.conflictWith(u)
}

// A finishedPlan makes the units of a plan that has run.
type finishedPlan struct {
	commands []*v1.Command
	plans    []*v1.CommandPlan
	results  []commandResult
}

func (f *finishedPlan) units(grouped *deliveries) []*unit {
	var units []*unit
	for _, d := range grouped.all {
		head := d.parts[0]
		switch d.kind {
		case transaction:
			units = append(units, f.ofTransaction(d))
		case oneCommand:
			if !f.goesToManyNodes(head.commandIndex) || f.isWait(head.commandIndex) {
				units = append(units, f.ofPart(head))
			} else if head.partIndex == 0 {
				units = append(units, f.ofManyNodes(head.commandIndex))
			}
		}
	}
	return units
}

func (f *finishedPlan) resultOf(part *plannedPart) *Part {
	return &f.results[part.commandIndex].parts[part.partIndex]
}

func (f *finishedPlan) onlyReads(command int) bool {
	return f.plans[command].GetRetrySafety() == v1.RetrySafety_RETRY_SAFETY_SAFE
}

// goesToManyNodes tells whether the parts of a command mean nothing without
// each other.
func (f *finishedPlan) goesToManyNodes(command int) bool {
	return f.plans[command].GetPartCount() > 1 && f.plans[command].GetVerdict() != v1.Verdict_VERDICT_SPLIT
}

func (f *finishedPlan) isWait(command int) bool {
	name := f.commands[command].GetArgs()[0]
	return isWord(name, "WAIT") || isWord(name, "WAITAOF")
}

func slotOr(slot *int32, other int32) *int32 {
	if slot != nil {
		return slot
	}
	return &other
}

func (f *finishedPlan) ofPart(part *plannedPart) *unit {
	command := part.commandIndex
	item := planAgain{command, wholeCommand}
	if f.plans[command].GetPartCount() > 1 {
		item.part = part.partIndex
	}
	onlyReads := f.onlyReads(command)
	outcome := fateOf(f.resultOf(part), onlyReads)
	return &unit{
		command:     command,
		part:        part.partIndex,
		items:       []planAgain{item},
		slot:        slotOr(part.slot, noSlot),
		node:        &part.endpoint,
		onlyReads:   onlyReads,
		mayRunAgain: outcome == mayAgain && !f.isWait(command),
		wasExecuted: outcome == done,
		isWait:      f.isWait(command),
	}
}

func (f *finishedPlan) ofManyNodes(command int) *unit {
	u := &unit{
		command:   command,
		items:     []planAgain{{command, wholeCommand}},
		onlyReads: f.onlyReads(command),
	}
	hasAgain := false
	for i := range f.results[command].parts {
		outcome := fateOf(&f.results[command].parts[i], u.onlyReads)
		hasAgain = hasAgain || outcome == mayAgain
		u.wasExecuted = u.wasExecuted || outcome == done
	}
	u.mayRunAgain = hasAgain && (u.onlyReads || !u.wasExecuted)
	return u
}

func (f *finishedPlan) ofTransaction(d *delivery) *unit {
	exec := d.parts[len(d.parts)-1]
	u := &unit{command: exec.commandIndex, slot: slotOr(d.slot(), noSlot), node: &exec.endpoint}
	hasAgain := false
	for _, part := range d.parts {
		u.items = append(u.items, planAgain{part.commandIndex, wholeCommand})
		hasAgain = hasAgain || fateOf(f.resultOf(part), false) == mayAgain
	}
	// Where MULTI fails, the node executes each command as it comes.
	multi := f.resultOf(d.parts[d.watchCount])
	outcome := f.resultOf(exec).Outcome
	u.wasExecuted = outcome == Applied || outcome == Unknown || multi.Outcome == Failed
	u.mayRunAgain = hasAgain && !u.wasExecuted
	return u
}

func allApplied(results []commandResult) bool {
	for i := range results {
		for j := range results[i].parts {
			if results[i].parts[j].Outcome != Applied {
				return false
			}
		}
	}
	return true
}

// whatToPlanAgain returns, in ascending order, which commands of a plan that
// has run, or which parts of them, did not run and may be planned again.
//
// A part may be planned again when no node can have executed it: it was not
// sent, for want of a connection, or a node said that it belongs elsewhere
// (MOVED, ASK, READONLY) or comes too early (meansTryLater). One whose outcome
// is unknown may be only if its command just reads (rule E4): of a write that
// leaves the same state when it is sent twice, the reply may differ, and newer
// writes of others would be lost.
//
//   - A command in one part is planned again as a whole; of a split one, each
//     part for itself.
//   - A command that goes to many nodes is planned again as a whole, since its
//     nodes may be others by then: if it just reads, or if no node has or may
//     have executed it.
//   - A transaction is planned again as a whole, from its first WATCH to its
//     EXEC, if EXEC is known to have had no effect (rule D3).
//   - What speaks of the connection that it was sent on is never planned again:
//     WAIT, WAITAOF, UNWATCH, and a WATCH that no transaction follows.
//   - What would run out of its order is not planned again (rules D1, D4): a
//     write behind which the batch has read or written the same slot, a read
//     behind which it has written that slot. Commands without keys for which any
//     node does are together like one slot; a command for many nodes has all
//     slots.
//   - No write is planned again behind which a WAIT has spoken for its node: it
//     did not speak of this one.
func whatToPlanAgain(commands []*v1.Command, plan *v1.PlanBatchResponse, results []commandResult) []planAgain {
	if allApplied(results) {
		return nil
	}
	stages, err := resolvePlan(commands, plan)
	if err != nil {
		return nil
	}
	grouped, err := groupIntoDeliveries(stages)
	if err != nil {
		return nil
	}
	finished := finishedPlan{commands, plan.GetCommandPlans(), results}
	units := finished.units(grouped)
	// From the end, so that what comes later is known.
	slices.SortFunc(units, func(a, b *unit) int {
		return cmp.Or(cmp.Compare(b.command, a.command), cmp.Compare(b.part, a.part))
	})
	later := laterEffects{ofSlot: map[int32]*effects{}, nodesWaitedFor: map[Endpoint]bool{}}
	var again []planAgain
	for _, u := range units {
		if u.mayRunAgain && !later.forbid(u) {
			again = append(again, u.items...)
		} else if u.wasExecuted {
			later.add(u)
		}
	}
	slices.SortFunc(again, comparePlanAgain)
	return again
}
