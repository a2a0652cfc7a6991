// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"bytes"
	"slices"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

type deliveryKind int

const (
	oneCommand  deliveryKind = iota // One part.
	watchAlone                      // One part, a WATCH that no transaction follows.
	unwatch                         // One part, an UNWATCH.
	transaction                     // The WATCH commands, if any; then MULTI to EXEC or DISCARD.
)

// A delivery is parts that go over one connection, and are sent again together
// or not at all: one part, or a transaction with the WATCH commands before it
// (rule D3).
type delivery struct {
	kind       deliveryKind
	parts      []*plannedPart // In the order of the plan; never empty.
	watchCount int            // How many of them, from the first, are the WATCH commands of a transaction.
}

// slot returns the slot of its keys, or nil if it has none.
func (d *delivery) slot() *int32 {
	for _, part := range d.parts {
		if part.slot != nil {
			return part.slot
		}
	}
	return nil
}

// A deliveryStep is parts [first, end) of a delivery: what the plan sends of it
// in one place. The WATCH commands of a transaction are steps of their own,
// because other commands may stand between them and MULTI.
type deliveryStep struct {
	delivery   *delivery
	first, end int
}

// deliveries are all that a plan sends.
type deliveries struct {
	all []*delivery
	// The steps of each stage, in the order in which they must be sent.
	stages [][]deliveryStep
}

func isNamed(part *plannedPart, names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return isWord(part.args[0], name) })
}

// isWord compares without regard to the case of ASCII letters.
func isWord(arg []byte, word string) bool {
	return len(arg) == len(word) && bytes.EqualFold(arg, []byte(word))
}

// endOfStep returns where what begins at begin ends: behind the part itself, or
// behind the EXEC of a MULTI. begin itself when there is no such EXEC.
func endOfStep(parts []*plannedPart, begin int) int {
	if isNamed(parts[begin], "EXEC", "DISCARD") {
		return begin
	}
	if !isNamed(parts[begin], "MULTI") {
		return begin + 1
	}
	for i := begin + 1; i < len(parts); i++ {
		if parts[i].endpoint != parts[begin].endpoint || parts[i].readonly != parts[begin].readonly {
			break
		}
		if isNamed(parts[i], "EXEC", "DISCARD") {
			return i + 1
		}
	}
	return begin
}

// A grouping reads the parts of a plan in their order.
type grouping struct {
	grouped deliveries
	watches map[Endpoint][]openWatch
}

// An openWatch is a WATCH whose transaction has not come yet, and its place,
// kept for it.
type openWatch struct {
	part        *plannedPart
	stage, step int
}

func (g *grouping) add(parts []*plannedPart, begin, end int) {
	stage := len(g.grouped.stages) - 1
	head := parts[begin]
	watches := g.watches[head.endpoint]
	if isNamed(head, "WATCH") {
		g.watches[head.endpoint] = append(watches, openWatch{head, stage, len(g.grouped.stages[stage])})
		g.grouped.stages[stage] = append(g.grouped.stages[stage], deliveryStep{})
		return
	}
	d := &delivery{kind: oneCommand}
	if isNamed(head, "UNWATCH") {
		d.kind = unwatch
		g.keepAlone(watches)
		delete(g.watches, head.endpoint)
	} else if end > begin+1 {
		d.kind = transaction
		d.watchCount = len(watches)
		for i, watch := range watches {
			d.parts = append(d.parts, watch.part)
			g.grouped.stages[watch.stage][watch.step] = deliveryStep{d, i, i + 1}
		}
		delete(g.watches, head.endpoint)
	}
	d.parts = append(d.parts, parts[begin:end]...)
	g.grouped.all = append(g.grouped.all, d)
	g.grouped.stages[stage] = append(g.grouped.stages[stage], deliveryStep{d, d.watchCount, len(d.parts)})
}

func (g *grouping) keepAlone(watches []openWatch) {
	for _, watch := range watches {
		d := &delivery{kind: watchAlone, parts: []*plannedPart{watch.part}}
		g.grouped.all = append(g.grouped.all, d)
		g.grouped.stages[watch.stage][watch.step] = deliveryStep{d, 0, 1}
	}
}

// groupIntoDeliveries groups the parts of a plan, which resolvePlan gave, into
// what cannot be sent by halves. INVALID_ARGUMENT when a transaction is not one
// contiguous piece of one pipeline, so that no connection is ever left inside
// of one.
func groupIntoDeliveries(stages [][]*plannedPart) (*deliveries, error) {
	g := grouping{watches: map[Endpoint][]openWatch{}}
	for _, parts := range stages {
		g.grouped.stages = append(g.grouped.stages, nil)
		for i := 0; i < len(parts); {
			end := endOfStep(parts, i)
			if end == i {
				return nil, status.Errorf(codes.InvalidArgument,
					"The plan is not one of these commands: a transaction is not in one piece (command %d).",
					parts[i].commandIndex)
			}
			g.add(parts, i, end)
			i = end
		}
	}
	var left []openWatch
	for _, watches := range g.watches {
		left = append(left, watches...)
	}
	slices.SortFunc(left, func(a, b openWatch) int {
		if a.stage != b.stage {
			return a.stage - b.stage
		}
		return a.step - b.step
	})
	g.keepAlone(left)
	return &g.grouped, nil
}
