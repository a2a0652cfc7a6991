// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"slices"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// An origin is what a command of a request stands for.
type origin struct {
	command int // In the caller's request.

	// The part of it, as a position among the parts of its result, or
	// wholeCommand.
	part int

	// Of a part: for each argument, its index in the caller's command, or a
	// negative number for a literal.
	argIndexes []int
}

// A batchProgress is a batch on its way: what has come of it so far, and what
// of it is to be planned and run again.
//
// A part that is planned again is a command of its own, which may fall into
// parts once more: those of a slot that began to move carry one key each. They
// take the place of the part they were made from, with their indexes counted in
// the caller's command; so the command is merged once, from all of its parts,
// and an error names what a caller can find in the request (rules E1, E2).
type batchProgress struct {
	// What to plan and run next: the caller's request; later, those commands and
	// parts of it that have not run and may (see whatToPlanAgain), in their order,
	// with the plan that did not do as outdated. These ask for primaries only: a
	// replica may be behind what the batch has written already (rule D2), and one
	// that failed may stay in the topology for a while.
	request *v1.PlanBatchRequest

	origins    []origin // Parallel to the commands of request.
	result     executionResult
	operations []v1.MergeOperation // Of each of the caller's commands.
	inPieces   map[int]bool        // Those of which a part was planned again.
}

func newBatchProgress(request *v1.PlanBatchRequest) *batchProgress {
	p := &batchProgress{
		request:    request,
		result:     executionResult{commands: make([]commandResult, len(request.GetCommands()))},
		operations: make([]v1.MergeOperation, len(request.GetCommands())),
		inPieces:   map[int]bool{},
	}
	for i := range request.GetCommands() {
		p.origins = append(p.origins, origin{command: i, part: wholeCommand})
	}
	return p
}

// isDone tells whether nothing is left to be run.
func (p *batchProgress) isDone() bool { return len(p.request.GetCommands()) == 0 }

// plannedCommandsOf returns the parts of each command, by part index. Requires:
// resolvePlan takes the plan.
func plannedCommandsOf(plan *v1.PlanBatchResponse) [][]*v1.PlannedCommand {
	commands := make([][]*v1.PlannedCommand, len(plan.GetCommandPlans()))
	for i, commandPlan := range plan.GetCommandPlans() {
		commands[i] = make([]*v1.PlannedCommand, commandPlan.GetPartCount())
	}
	for _, stage := range plan.GetStages() {
		for _, nodePlan := range stage.GetNodePlans() {
			for _, planned := range nodePlan.GetCommands() {
				commands[planned.GetCommandIndex()][planned.GetPartIndex()] = planned
			}
		}
	}
	return commands
}

// argIndexesOf is what PlannedCommand.arg_indexes means, the short form spelled
// out.
func argIndexesOf(planned *v1.PlannedCommand, command *v1.Command) []int {
	if indexes := toInts(planned.GetArgIndexes()); indexes != nil {
		return indexes
	}
	indexes := make([]int, len(command.GetArgs()))
	for i := range indexes {
		indexes[i] = i
	}
	return indexes
}

// commandOf is a part as a command of its own.
func commandOf(argIndexes []int, command *v1.Command, plan *v1.PlanBatchResponse) *v1.Command {
	part := &v1.Command{Args: make([][]byte, len(argIndexes))}
	for i, index := range argIndexes {
		if index >= 0 {
			part.Args[i] = command.GetArgs()[index]
		} else {
			part.Args[i] = plan.GetLiterals()[-1-index]
		}
	}
	return part
}

// compose returns indexes into outer as what outer has there. -1 where it has
// nothing, which no merge accepts.
func compose(indexes, outer []int) []int {
	composed := make([]int, len(indexes))
	for i, index := range indexes {
		composed[i] = -1
		if index >= 0 && index < len(outer) {
			composed[i] = outer[index]
		}
	}
	return composed
}

// asOnePart is what a part came to that was planned again and did not fall
// apart.
func asOnePart(replaced *Part, result commandResult) Part {
	var part Part
	if result.refusal != nil {
		part.Node = replaced.Node
		part.Cause = status.Error(codes.FailedPrecondition, result.refusal.GetMessage())
	} else {
		part = result.parts[0]
	}
	part.ArgIndexes = replaced.ArgIndexes
	part.replyPositions = replaced.replyPositions
	return part
}

// take takes what a plan of request came to. Then request is the next one.
func (p *batchProgress) take(plan *v1.PlanBatchResponse, result executionResult) {
	commands := p.request.GetCommands()
	again := whatToPlanAgain(commands, plan, result.commands)
	var planned [][]*v1.PlannedCommand
	if len(again) > 0 {
		planned = plannedCommandsOf(plan)
	}
	var nextCommands []*v1.Command
	var nextOrigins []origin
	grown := 0 // How many parts its command has gained before a part.
	for i, from := range p.origins {
		commandPlan := plan.GetCommandPlans()[i]
		if i == 0 || p.origins[i-1].command != from.command {
			grown = 0
		}
		if from.part != wholeCommand {
			from.part += grown
			grown += p.replacePart(from, commandPlan.GetVerdict(), result.commands[i]) - 1
		} else {
			p.operations[from.command] = commandPlan.GetMerge().GetOperation()
			p.result.commands[from.command] = result.commands[i]
		}
		for ; len(again) > 0 && again[0].command == i; again = again[1:] {
			part := again[0].part
			if part == wholeCommand {
				nextCommands = append(nextCommands, commands[i])
				nextOrigins = append(nextOrigins, from)
				continue
			}
			indexes := argIndexesOf(planned[i][part], commands[i])
			nextCommands = append(nextCommands, commandOf(indexes, commands[i], plan))
			next := origin{from.command, part, indexes}
			if from.part != wholeCommand {
				next.part += from.part
				next.argIndexes = compose(indexes, from.argIndexes)
			}
			nextOrigins = append(nextOrigins, next)
		}
	}
	if result.redirection != "" {
		p.result.redirection = result.redirection
	}
	p.request = &v1.PlanBatchRequest{
		Cluster:                 p.request.GetCluster(),
		Commands:                nextCommands,
		ReadPreference:          v1.ReadPreference_READ_PREFERENCE_PRIMARY,
		ClientZone:              p.request.GetClientZone(),
		SplitPolicy:             p.request.GetSplitPolicy(),
		OutdatedTopologyVersion: plan.GetTopology().GetVersion(),
	}
	p.origins = nextOrigins
}

// replacePart puts what the parts of result came to in the place of a part.
// Returns how many there are.
func (p *batchProgress) replacePart(from origin, verdict v1.Verdict, result commandResult) int {
	command := &p.result.commands[from.command]
	place := &command.parts[from.part]
	p.inPieces[from.command] = true
	if verdict != v1.Verdict_VERDICT_SPLIT {
		*place = asOnePart(place, result)
		return 1
	}
	// The planner merges the parts of a part as it merges those of the whole.
	for i := range result.parts {
		part := &result.parts[i]
		part.ArgIndexes = slices.DeleteFunc(compose(part.ArgIndexes, from.argIndexes),
			func(index int) bool { return index < 0 })
		part.replyPositions = compose(part.replyPositions, place.replyPositions)
	}
	command.parts = slices.Replace(command.parts, from.part, from.part+1, result.parts...)
	return len(result.parts)
}

// finish returns what is known of the caller's batch. Requires: take was
// called.
func (p *batchProgress) finish() []commandResult {
	for i := range p.inPieces {
		command := &p.result.commands[i]
		command.reply = replyOf(p.operations[i], command.parts)
	}
	return p.result.commands
}
