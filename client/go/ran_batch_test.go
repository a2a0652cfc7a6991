// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"bytes"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
)

const (
	safe      = v1.RetrySafety_RETRY_SAFETY_SAFE
	sameState = v1.RetrySafety_RETRY_SAFETY_SAME_STATE
	unsafe    = v1.RetrySafety_RETRY_SAFETY_UNSAFE
	inOneSlot = v1.Verdict_VERDICT_SINGLE_SLOT
	split     = v1.Verdict_VERDICT_SPLIT
	fanOut    = v1.Verdict_VERDICT_FAN_OUT
	anyNode   = v1.Verdict_VERDICT_ANY_NODE
)

// A ranBatch is a batch, its plan with one stage, and what came of it.
type ranBatch struct {
	request v1.PlanBatchRequest
	plan    v1.PlanBatchResponse
	results []commandResult
}

func commandOfWords(words string) *v1.Command {
	return &v1.Command{Args: bytes.Fields([]byte(words))}
}

func (b *ranBatch) command(words string, safety v1.RetrySafety, verdict v1.Verdict, operation v1.MergeOperation) *ranBatch {
	b.request.Commands = append(b.request.Commands, commandOfWords(words))
	b.plan.CommandPlans = append(b.plan.CommandPlans, &v1.CommandPlan{
		Verdict: verdict, RetrySafety: safety, Merge: &v1.Merge{Operation: operation},
	})
	b.results = append(b.results, commandResult{})
	return b
}

func (b *ranBatch) read(words string) *ranBatch {
	return b.command(words, safe, inOneSlot, mergeSingle)
}
func (b *ranBatch) write(words string) *ranBatch {
	return b.command(words, unsafe, inOneSlot, mergeSingle)
}

func (b *ranBatch) refused(words, message string) *ranBatch {
	b.command(words, unsafe, v1.Verdict_VERDICT_REFUSED, 0)
	refusal := &v1.Refusal{Message: message}
	b.plan.CommandPlans[len(b.plan.CommandPlans)-1].Refusal = refusal
	b.results[len(b.results)-1] = commandResult{reply: ReplyError("REFUSED " + message), refusal: refusal}
	return b
}

// part adds a part to the last command, on node n:1.
func (b *ranBatch) part(slot int32, came Part, argIndexes ...int32) *ranBatch {
	return b.partOn(1, slot, came, argIndexes...)
}

func (b *ranBatch) partOn(port, slot int32, came Part, argIndexes ...int32) *ranBatch {
	last := len(b.results) - 1
	commandPlan, result := b.plan.CommandPlans[last], &b.results[last]
	planned := &v1.PlannedCommand{
		CommandIndex: int32(last), PartIndex: commandPlan.PartCount, ArgIndexes: argIndexes,
	}
	if slot >= 0 {
		planned.Slot = &slot
	}
	for _, position := range came.replyPositions {
		planned.ReplyPositions = append(planned.ReplyPositions, int32(position))
	}
	if len(b.plan.Stages) == 0 {
		b.plan.Stages = []*v1.Stage{{}}
	}
	b.plan.Stages[0].NodePlans = append(b.plan.Stages[0].NodePlans, &v1.NodePlan{
		Node: &v1.Node{Host: "n", Port: port}, Commands: []*v1.PlannedCommand{planned},
	})
	commandPlan.PartCount++
	for _, index := range argIndexes {
		if index > 0 {
			came.ArgIndexes = append(came.ArgIndexes, int(index))
		}
	}
	result.parts = append(result.parts, came)
	result.reply = replyOf(commandPlan.GetMerge().GetOperation(), result.parts)
	return b
}
