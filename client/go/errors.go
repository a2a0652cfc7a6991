// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"strings"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A NodeError is an error that a node replied with, or that all nodes of a
// command replied with in the same words. A single server would have answered
// that.
type NodeError struct {
	// Node is the host:port of the node, the first one if there are several.
	Node string
	// Reply is the error line. Unwrap returns it.
	Reply ReplyError
}

// Error returns the error line of the node.
func (e *NodeError) Error() string { return string(e.Reply) }

// Unwrap returns the error line as a ReplyError.
func (e *NodeError) Unwrap() error { return e.Reply }

// A PartsFailedError is what a command came to that was not applied as a whole
// (rule E2).
type PartsFailedError struct {
	// Parts are all parts, also those that were applied, by part index.
	Parts   []Part
	message string
}

// Error names the first few parts of each outcome with their nodes and argument
// indexes, and the error of each. It begins with PARTFAILED.
func (e *PartsFailedError) Error() string { return e.message }

// Unwrap returns the causes of the parts that were not sent or whose outcome is
// unknown, and the error lines of those that failed; so a deadline that passed
// is context.DeadlineExceeded to errors.Is. There is no *NodeError among them:
// that would be said of the whole command.
func (e *PartsFailedError) Unwrap() []error {
	var causes []error
	for i := range e.Parts {
		part := &e.Parts[i]
		if line, isError := part.Reply.(ReplyError); part.Outcome == Failed && isError {
			causes = append(causes, line)
		} else if part.Cause != nil {
			causes = append(causes, &callError{part.Cause})
		}
	}
	return causes
}

// An UnmergeableError means that all parts of a command were applied, and that
// their replies do not have the shapes of parts of one reply.
type UnmergeableError struct {
	Parts   []Part
	message string
}

// Error begins with UNMERGEABLE.
func (e *UnmergeableError) Error() string { return e.message }

// A RefusedError means that the planner refuses the command, so that nothing of
// it was sent.
type RefusedError struct {
	// Refusal has the reason, the keys that stand in the way, and the ways out.
	Refusal *v1.Refusal
}

// Error says why, and the way out. It begins with REFUSED.
func (e *RefusedError) Error() string { return "REFUSED " + e.Refusal.GetMessage() }

// Reason returns the cause, for programs.
func (e *RefusedError) Reason() v1.RefusalReason { return e.Refusal.GetReason() }

// Remedies returns the ways out, the best first.
func (e *RefusedError) Remedies() []*v1.Remedy { return e.Refusal.GetRemedies() }

// A callError gives a gRPC status the error identity that the context package
// gives to it. status.Code and status.FromError see the status.
type callError struct{ err error }

func (e *callError) Error() string { return e.err.Error() }

func (e *callError) GRPCStatus() *status.Status { return status.Convert(e.err) }

func (e *callError) Unwrap() error { return e.err }

func (e *callError) Is(target error) bool {
	switch status.Code(e.err) {
	case codes.DeadlineExceeded:
		return target == context.DeadlineExceeded
	case codes.Canceled:
		return target == context.Canceled
	}
	return false
}

// ErrorReason returns the reason that the planner gave for a failed call;
// ERROR_REASON_UNSPECIFIED when it gave none, or one that this client does not
// know.
func ErrorReason(err error) v1.ErrorReason {
	for _, detail := range status.Convert(err).Details() {
		if info, ok := detail.(*errdetails.ErrorInfo); ok && info.GetDomain() == "slotplanner" {
			return v1.ErrorReason(v1.ErrorReason_value["ERROR_REASON_"+info.GetReason()])
		}
	}
	return v1.ErrorReason_ERROR_REASON_UNSPECIFIED
}

// resultOf divides what a command came to into value and error.
func resultOf(command commandResult) Result {
	result := Result{Parts: command.parts, Refusal: command.refusal}
	line, isError := command.reply.(ReplyError)
	switch {
	case command.refusal != nil:
		result.Err = &RefusedError{command.refusal}
	case !isError:
		result.Value = command.reply
	case failedAlike(command.parts):
		result.Err = &NodeError{command.parts[0].Node, line}
	case strings.HasPrefix(string(line), "UNMERGEABLE "):
		result.Err = &UnmergeableError{command.parts, string(line)}
	default:
		result.Err = &PartsFailedError{command.parts, string(line)}
	}
	return result
}
