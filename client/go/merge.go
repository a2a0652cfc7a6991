// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Rules E1 to E3: how the replies of the parts of a command become its reply.

// Beyond this many, an error line counts parts or arguments, no longer names
// them: a split of thousands of keys must still be readable.
const maxNamed = 8

// nameOf is as in "part 1 on 127.0.0.1:7001 (arguments 2, 5)".
func nameOf(index int, part *Part) string {
	var name strings.Builder
	fmt.Fprintf(&name, "part %d on %s", index, part.Node)
	if len(part.ArgIndexes) == 0 {
		return name.String()
	}
	name.WriteString(" (arguments ")
	named := min(len(part.ArgIndexes), maxNamed)
	for i, arg := range part.ArgIndexes[:named] {
		if i > 0 {
			name.WriteString(", ")
		}
		name.WriteString(strconv.Itoa(arg))
	}
	if more := len(part.ArgIndexes) - named; more > 0 {
		fmt.Fprintf(&name, " and %d more", more)
	}
	name.WriteByte(')')
	return name.String()
}

// listParts is as in "; failed: part 0 on ...: WRONGTYPE ..., part 1 on ...".
// Empty when no part has that outcome.
func listParts(outcome Outcome, parts []Part) string {
	var named []string
	count := 0
	for i := range parts {
		part := &parts[i]
		if part.Outcome != outcome {
			continue
		}
		if count++; count > maxNamed {
			continue
		}
		name := nameOf(i, part)
		if text, isError := part.Reply.(ReplyError); outcome == Failed && isError {
			name += ": " + string(text)
		} else if part.Cause != nil {
			name += ": " + status.Convert(part.Cause).Message()
		}
		named = append(named, name)
	}
	if count == 0 {
		return ""
	}
	list := "; " + strings.ReplaceAll(outcome.String(), "_", " ") + ": " + strings.Join(named, ", ")
	if count > maxNamed {
		list += fmt.Sprintf(" and %d more", count-maxNamed)
	}
	return list
}

func failureOf(parts []Part) ReplyError {
	applied := 0
	for i := range parts {
		if parts[i].Outcome == Applied {
			applied++
		}
	}
	return ReplyError(fmt.Sprintf("PARTFAILED %d of %d parts were applied%s%s%s%s", applied, len(parts),
		listParts(Failed, parts), listParts(Unknown, parts), listParts(NotSent, parts), listParts(Applied, parts)))
}

func wrongShape(index int, part *Part, expected string) error {
	return status.Errorf(codes.Internal, "The reply of %s is not %s.", nameOf(index, part), expected)
}

// The operations. Each gets at least one part, and only applied ones.

func single(parts []Part) (any, error) {
	if len(parts) != 1 {
		return nil, status.Errorf(codes.Internal, "One part was expected, there are %d.", len(parts))
	}
	return parts[0].Reply, nil
}

func gather(parts []Part) (any, error) {
	count := 0
	for i := range parts {
		count += len(parts[i].replyPositions)
	}
	elements := make([]any, count)
	filled := make([]bool, count)
	for i := range parts {
		part := &parts[i]
		reply, isArray := part.Reply.([]any)
		if !isArray || len(reply) != len(part.replyPositions) {
			return nil, wrongShape(i, part, fmt.Sprintf("an array of length %d", len(part.replyPositions)))
		}
		for j, position := range part.replyPositions {
			if position < 0 || position >= count || filled[position] {
				return nil, status.Errorf(codes.Internal,
					"The reply positions of %s do not fit those of the other parts.", nameOf(i, part))
			}
			filled[position] = true
			elements[position] = reply[j]
		}
	}
	return elements, nil
}

// fold combines integers, or arrays of them element by element (rule C7).
// initial is what no integer at all comes to. combine takes one more integer
// into what the ones before it came to; it is false when that is no 64-bit
// integer.
func fold(initial int64, combine func(term, total int64) (int64, bool)) mergeFunc {
	return func(parts []Part) (any, error) {
		first, areArrays := parts[0].Reply.([]any)
		length := 1
		if areArrays {
			length = len(first)
		}
		totals := make([]int64, length)
		for j := range totals {
			totals[j] = initial
		}
		for i := range parts {
			terms, isArray := parts[i].Reply.([]any)
			if !isArray {
				terms = []any{parts[i].Reply}
			}
			fits := isArray == areArrays && len(terms) == length
			for j := 0; fits && j < length; j++ {
				var term int64
				if term, fits = terms[j].(int64); fits {
					totals[j], fits = combine(term, totals[j])
				}
			}
			if !fits {
				return nil, wrongShape(i, &parts[i], "of the shape of the others, or too large")
			}
		}
		if !areArrays {
			return totals[0], nil
		}
		merged := make([]any, length)
		for j, total := range totals {
			merged[j] = total
		}
		return merged, nil
	}
}

func add(term, total int64) (int64, bool) {
	sum := total + term
	// It overflows if both have the sign that the sum has not.
	return sum, (total^sum)&(term^sum) >= 0
}

func asInteger(truth bool) (int64, bool) {
	if truth {
		return 1, true
	}
	return 0, true
}

func first(parts []Part) (any, error) { return parts[0].Reply, nil }

func firstNotNil(parts []Part) (any, error) {
	for i := range parts {
		if parts[i].Reply != nil {
			return parts[i].Reply, nil
		}
	}
	return nil, nil
}

func concatenate(parts []Part) (any, error) {
	elements := []any{}
	for i := range parts {
		reply, isArray := parts[i].Reply.([]any)
		if !isArray {
			return nil, wrongShape(i, &parts[i], "an array")
		}
		elements = append(elements, reply...)
	}
	return elements, nil
}

// byNode is for what has no meaning as one reply: pairs of a node and its
// reply, in part order.
func byNode(parts []Part) (any, error) {
	pairs := make([]any, len(parts))
	for i := range parts {
		pairs[i] = []any{parts[i].Node, parts[i].Reply}
	}
	return pairs, nil
}

type mergeFunc func(parts []Part) (any, error)

var mergeFuncs = map[v1.MergeOperation]mergeFunc{
	v1.MergeOperation_MERGE_OPERATION_SINGLE: single,
	v1.MergeOperation_MERGE_OPERATION_GATHER: gather,
	v1.MergeOperation_MERGE_OPERATION_SUM:    fold(0, add),
	v1.MergeOperation_MERGE_OPERATION_MIN: fold(math.MaxInt64,
		func(term, total int64) (int64, bool) { return min(term, total), true }),
	v1.MergeOperation_MERGE_OPERATION_MAX: fold(math.MinInt64,
		func(term, total int64) (int64, bool) { return max(term, total), true }),
	v1.MergeOperation_MERGE_OPERATION_LOGICAL_AND: fold(1,
		func(term, total int64) (int64, bool) { return asInteger(term != 0 && total != 0) }),
	v1.MergeOperation_MERGE_OPERATION_LOGICAL_OR: fold(0,
		func(term, total int64) (int64, bool) { return asInteger(term != 0 || total != 0) }),
	v1.MergeOperation_MERGE_OPERATION_ALL_SUCCEEDED: first,
	v1.MergeOperation_MERGE_OPERATION_ONE_SUCCEEDED: first,
	v1.MergeOperation_MERGE_OPERATION_CONCATENATE:   concatenate,
	v1.MergeOperation_MERGE_OPERATION_BY_NODE:       byNode,
	v1.MergeOperation_MERGE_OPERATION_FIRST_NOT_NIL: firstNotNil,
}

// canMerge tells whether mergeReplies knows the operation.
func canMerge(operation v1.MergeOperation) bool { return mergeFuncs[operation] != nil }

// failedAlike tells whether every node sent one and the same error: then it is
// what a single server would have answered.
func failedAlike(parts []Part) bool {
	text, isError := parts[0].Reply.(ReplyError)
	for i := range parts {
		if other, ok := parts[i].Reply.(ReplyError); parts[i].Outcome != Failed || !ok || other != text {
			return false
		}
	}
	return isError
}

// mergeReplies returns the reply of a command from those of its parts, which
// are ordered by part index.
//
// An error of a part is never dropped (rule E2): if any part was not applied,
// the reply is an error, PARTFAILED, that names the first few parts of each
// outcome with their nodes and argument indexes, and the error of each. Only an
// error that all parts met, each in the same words, is passed on as the nodes
// sent it. MERGE_OPERATION_ONE_SUCCEEDED asks for one success, so that any
// makes the reply.
//
// INTERNAL when the replies do not have the shapes that the operation needs;
// UNIMPLEMENTED when the operation is not known.
func mergeReplies(operation v1.MergeOperation, parts []Part) (any, error) {
	merge := mergeFuncs[operation]
	if merge == nil {
		return nil, status.Errorf(codes.Unimplemented,
			"Merge operation %d is not known to this client; update it.", operation)
	}
	if len(parts) == 0 {
		return nil, status.Error(codes.Internal, "There is no part to merge.")
	}
	if failedAlike(parts) {
		return parts[0].Reply, nil
	}
	allApplied := true
	for i := range parts {
		if parts[i].Outcome != Applied {
			allApplied = false
		} else if operation == v1.MergeOperation_MERGE_OPERATION_ONE_SUCCEEDED {
			return parts[i].Reply, nil
		}
	}
	if !allApplied {
		return failureOf(parts), nil
	}
	return merge(parts)
}

// replyOf is mergeReplies with its failure as the error UNMERGEABLE: whatever
// happens, a command has a reply.
func replyOf(operation v1.MergeOperation, parts []Part) any {
	merged, err := mergeReplies(operation, parts)
	if err != nil {
		return ReplyError("UNMERGEABLE " + status.Convert(err).Message())
	}
	return merged
}
