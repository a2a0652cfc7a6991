// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A plannedPart is one command to send. It shares the bytes of the commands and
// the plan that it was made from.
type plannedPart struct {
	endpoint       Endpoint
	readonly       bool
	commandIndex   int
	partIndex      int
	slot           *int32   // The slot that its keys share; nil without keys.
	args           [][]byte // The name, then the arguments; never empty.
	argIndexes     []int    // As in Part.
	replyPositions []int
}

func misfit(what string, commandIndex int) error {
	return status.Errorf(codes.InvalidArgument,
		"The plan is not one of these commands: %s (command %d).", what, commandIndex)
}

func toInts(values []int32) []int {
	if len(values) == 0 {
		return nil
	}
	ints := make([]int, len(values))
	for i, value := range values {
		ints[i] = int(value)
	}
	return ints
}

func resolvePart(commands []*v1.Command, plan *v1.PlanBatchResponse, nodePlan *v1.NodePlan,
	planned *v1.PlannedCommand) (*plannedPart, error) {
	commandIndex := int(planned.GetCommandIndex())
	if commandIndex < 0 || commandIndex >= len(commands) {
		return nil, misfit("there is no such command", commandIndex)
	}
	node := nodePlan.GetNode()
	if node.GetHost() == "" || node.GetPort() < 1 || node.GetPort() > 65535 {
		return nil, misfit("a node has no endpoint", commandIndex)
	}
	args := commands[commandIndex].GetArgs()
	part := &plannedPart{
		endpoint:       Endpoint{Host: node.GetHost(), Port: int(node.GetPort())},
		readonly:       nodePlan.GetRequiresReadonly(),
		commandIndex:   commandIndex,
		partIndex:      int(planned.GetPartIndex()),
		slot:           planned.Slot,
		replyPositions: toInts(planned.GetReplyPositions()),
	}
	if len(planned.GetArgIndexes()) == 0 {
		part.args = args
	}
	for _, index := range planned.GetArgIndexes() {
		source, position := args, int(index)
		if index < 0 {
			source, position = plan.GetLiterals(), -1-int(index)
		}
		if position >= len(source) {
			return nil, misfit("there is no such argument", commandIndex)
		}
		part.args = append(part.args, source[position])
		if index > 0 {
			part.argIndexes = append(part.argIndexes, int(index))
		}
	}
	if len(part.args) == 0 {
		return nil, misfit("a part is empty", commandIndex)
	}
	return part, nil
}

// resolvePlan checks a plan against its commands and turns it into the parts of
// each stage, in the order in which they must be sent.
//
// INVALID_ARGUMENT when the plan is not one of these commands: an index that
// points nowhere, a part that is missing or there twice. UNIMPLEMENTED when it
// needs a merge operation that this client does not know, so that nothing is
// sent whose replies cannot be merged.
func resolvePlan(commands []*v1.Command, plan *v1.PlanBatchResponse) ([][]*plannedPart, error) {
	commandPlans := plan.GetCommandPlans()
	if len(commandPlans) != len(commands) {
		return nil, misfit("their numbers differ", len(commandPlans))
	}
	type place struct{ command, part int }
	seen := map[place]bool{}
	partCounts := make([]int, len(commands))
	stages := make([][]*plannedPart, 0, len(plan.GetStages()))
	for _, stage := range plan.GetStages() {
		var parts []*plannedPart
		for _, nodePlan := range stage.GetNodePlans() {
			for _, planned := range nodePlan.GetCommands() {
				part, err := resolvePart(commands, plan, nodePlan, planned)
				if err != nil {
					return nil, err
				}
				at := place{part.commandIndex, part.partIndex}
				if at.part < 0 || at.part >= int(commandPlans[at.command].GetPartCount()) || seen[at] {
					return nil, misfit("a part is there twice or has no place", at.command)
				}
				seen[at] = true
				partCounts[at.command]++
				parts = append(parts, part)
			}
		}
		stages = append(stages, parts)
	}
	// No part is there twice, so equal numbers mean that none is missing.
	for i, commandPlan := range commandPlans {
		if partCounts[i] != int(commandPlan.GetPartCount()) {
			return nil, misfit("parts are missing", i)
		}
		isRefused := commandPlan.GetVerdict() == v1.Verdict_VERDICT_REFUSED
		if isRefused != (partCounts[i] == 0) {
			return nil, misfit("a command has no part and no refusal, or both", i)
		}
		if operation := commandPlan.GetMerge().GetOperation(); !isRefused && !canMerge(operation) {
			return nil, status.Errorf(codes.Unimplemented,
				"Merge operation %d is not known to this client; nothing was sent.", operation)
		}
	}
	return stages, nil
}
