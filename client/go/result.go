// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"strconv"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
)

// A Command is a name and its arguments, as they are sent. Any bytes are
// allowed in them.
type Command [][]byte

// An Outcome is what became of a part (rule E3).
type Outcome int

const (
	NotSent Outcome = iota // No node can have executed it.
	Applied                // A node replied, and not with an error.
	Failed                 // A node replied with an error.
	Unknown                // Sent, but no reply came: it may have been executed.
)

// String returns the outcome in words: not_sent, applied, failed or unknown.
func (o Outcome) String() string {
	switch o {
	case NotSent:
		return "not_sent"
	case Applied:
		return "applied"
	case Failed:
		return "failed"
	case Unknown:
		return "unknown"
	}
	return "Outcome(" + strconv.Itoa(int(o)) + ")"
}

// A Part is what is known, after it ran, about what one node was to do of a
// command.
type Part struct {
	Outcome Outcome

	// Node is the host:port of the last node that the part was meant for.
	Node string

	// Reply is the node's reply, with Applied and Failed.
	Reply any

	// Cause is why there is no reply, with NotSent and Unknown. It has a gRPC
	// status code: UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, UNAUTHENTICATED or
	// FAILED_PRECONDITION.
	Cause error

	// ArgIndexes are the indexes of the command's arguments in this part, the
	// name and what the planner put in left out. Empty for a command that went
	// out unchanged.
	ArgIndexes []int

	replyPositions []int // As in v1.PlannedCommand.
}

// A Result is what one command of a batch came to.
type Result struct {
	// Value is the reply that a single server would have given: nil, int64,
	// string, or []any of these and of ReplyError (as in the reply to EXEC). Nil
	// when Err is not.
	Value any

	// Err is why there is no Value: a *NodeError, *PartsFailedError,
	// *UnmergeableError or *RefusedError.
	Err error

	// Parts are all parts, by part index. Empty for a refused command.
	Parts []Part

	// Refusal is why nothing was sent, for a command that the planner refuses.
	Refusal *v1.Refusal
}

// A commandResult is a Result whose reply is not yet divided into value and
// error.
type commandResult struct {
	reply   any
	parts   []Part
	refusal *v1.Refusal
}

// An executionResult is what a batch came to.
type executionResult struct {
	commands []commandResult // Parallel to the commands.

	// The first MOVED that was met, or the first other redirection that stood to
	// the end, such as CLUSTERDOWN. Empty when there was none.
	redirection string
}
