// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	mergeSingle       = v1.MergeOperation_MERGE_OPERATION_SINGLE
	mergeGather       = v1.MergeOperation_MERGE_OPERATION_GATHER
	mergeSum          = v1.MergeOperation_MERGE_OPERATION_SUM
	mergeMin          = v1.MergeOperation_MERGE_OPERATION_MIN
	mergeMax          = v1.MergeOperation_MERGE_OPERATION_MAX
	mergeAnd          = v1.MergeOperation_MERGE_OPERATION_LOGICAL_AND
	mergeOr           = v1.MergeOperation_MERGE_OPERATION_LOGICAL_OR
	mergeAllSucceeded = v1.MergeOperation_MERGE_OPERATION_ALL_SUCCEEDED
	mergeOneSucceeded = v1.MergeOperation_MERGE_OPERATION_ONE_SUCCEEDED
	mergeConcatenate  = v1.MergeOperation_MERGE_OPERATION_CONCATENATE
	mergeByNode       = v1.MergeOperation_MERGE_OPERATION_BY_NODE
	mergeFirstNotNil  = v1.MergeOperation_MERGE_OPERATION_FIRST_NOT_NIL
)

func applied(reply any) Part { return Part{Outcome: Applied, Node: "n:1", Reply: reply} }

func failed(line string) Part {
	return Part{Outcome: Failed, Node: "n:1", Reply: ReplyError(line)}
}

func silent(outcome Outcome, code codes.Code, message string) Part {
	return Part{Outcome: outcome, Node: "n:1", Cause: status.Error(code, message)}
}

func notSent() Part { return silent(NotSent, codes.Unavailable, "down") }
func unknown() Part { return silent(Unknown, codes.Unavailable, "lost") }

func at(part Part, positions ...int) Part {
	part.replyPositions = positions
	return part
}

func integers(values ...int64) []any {
	array := []any{}
	for _, value := range values {
		array = append(array, value)
	}
	return array
}

func appliedAll(replies ...any) []Part {
	parts := []Part{}
	for _, reply := range replies {
		parts = append(parts, applied(reply))
	}
	return parts
}

// Rules E1, C5, C7.
func TestReplyOf(t *testing.T) {
	for _, c := range []struct {
		name      string
		operation v1.MergeOperation
		parts     []Part
		want      any
	}{
		{"single", mergeSingle, appliedAll("v"), "v"},
		{"single passes an error on", mergeSingle, []Part{failed("WRONGTYPE no")}, ReplyError("WRONGTYPE no")},
		{"single of two", mergeSingle, appliedAll("v", "w"), ReplyError("UNMERGEABLE One part was expected, there are 2.")},
		{"gather by position", mergeGather,
			[]Part{at(applied([]any{"c", "a"}), 2, 0), at(applied([]any{"b"}), 1)}, []any{"a", "b", "c"}},
		{"gather keeps nils and errors", mergeGather,
			[]Part{at(applied([]any{nil, ReplyError("ERR x")}), 1, 0)}, []any{ReplyError("ERR x"), nil}},
		{"gather of another length", mergeGather, []Part{at(applied([]any{"a"}), 0, 1)},
			ReplyError("UNMERGEABLE The reply of part 0 on n:1 is not an array of length 2.")},
		{"gather of no array", mergeGather, []Part{at(applied("a"), 0)},
			ReplyError("UNMERGEABLE The reply of part 0 on n:1 is not an array of length 1.")},
		{"gather of nil", mergeGather, []Part{at(applied(nil), 0)},
			ReplyError("UNMERGEABLE The reply of part 0 on n:1 is not an array of length 1.")},
		{"gather twice to a place", mergeGather, []Part{at(applied([]any{"a", "b"}), 0, 0)},
			ReplyError("UNMERGEABLE The reply positions of part 0 on n:1 do not fit those of the other parts.")},
		{"gather to a negative place", mergeGather, []Part{at(applied([]any{"a"}), -1)},
			ReplyError("UNMERGEABLE The reply positions of part 0 on n:1 do not fit those of the other parts.")},
		{"sum", mergeSum, appliedAll(int64(1), int64(0), int64(3)), int64(4)},
		{"sum of arrays", mergeSum, appliedAll(integers(1, 2), integers(3, 4)), integers(4, 6)},
		{"sum of no integer", mergeSum, appliedAll(int64(1), "1"),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not of the shape of the others, or too large.")},
		{"sum of shapes", mergeSum, appliedAll(integers(1), int64(1)),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not of the shape of the others, or too large.")},
		{"sum of lengths", mergeSum, appliedAll(integers(1), integers(1, 2)),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not of the shape of the others, or too large.")},
		{"sum too large", mergeSum, appliedAll(int64(math.MaxInt64), int64(1)),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not of the shape of the others, or too large.")},
		{"sum too small", mergeSum, appliedAll(int64(math.MinInt64), int64(-1)),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not of the shape of the others, or too large.")},
		{"sum to both ends", mergeSum, appliedAll(int64(math.MaxInt64), int64(math.MinInt64)), int64(-1)},
		{"min", mergeMin, appliedAll(int64(3), int64(math.MinInt64)), int64(math.MinInt64)},
		{"min of the largest", mergeMin, appliedAll(int64(math.MaxInt64)), int64(math.MaxInt64)},
		{"max", mergeMax, appliedAll(int64(math.MinInt64), int64(-3)), int64(-3)},
		{"min of arrays", mergeMin, appliedAll(integers(1, 5), integers(2, 4)), integers(1, 4)},
		{"and", mergeAnd, appliedAll(integers(1, 1, 0), integers(7, 0, 0)), integers(1, 0, 0)},
		{"or", mergeOr, appliedAll(integers(1, 0, 0), integers(0, 7, 0)), integers(1, 1, 0)},
		{"all succeeded", mergeAllSucceeded, appliedAll("OK", "OK"), "OK"},
		{"one succeeded", mergeOneSucceeded, []Part{failed("NOTBUSY"), applied("OK"), unknown()}, "OK"},
		{"concatenate", mergeConcatenate, appliedAll([]any{"a"}, []any{}, []any{"b", nil}), []any{"a", "b", nil}},
		{"concatenate of nothing", mergeConcatenate, appliedAll([]any{}), []any{}},
		{"concatenate of no array", mergeConcatenate, appliedAll([]any{}, nil),
			ReplyError("UNMERGEABLE The reply of part 1 on n:1 is not an array.")},
		{"by node", mergeByNode, appliedAll("x", nil), []any{[]any{"n:1", "x"}, []any{"n:1", nil}}},
		{"first not nil", mergeFirstNotNil, appliedAll(nil, "k", "l"), "k"},
		{"first not nil of nils", mergeFirstNotNil, appliedAll(nil, nil), nil},
		{"no parts", mergeSum, nil, ReplyError("UNMERGEABLE There is no part to merge.")},
		{"an unknown operation", 99, appliedAll("x"),
			ReplyError("UNMERGEABLE Merge operation 99 is not known to this client; update it.")},
		// Rule E2.
		{"all failed alike", mergeSum, []Part{failed("NOAUTH x"), failed("NOAUTH x")}, ReplyError("NOAUTH x")},
		{"one succeeded of none", mergeOneSucceeded, []Part{failed("ERR a"), failed("ERR b")},
			ReplyError("PARTFAILED 0 of 2 parts were applied; failed: part 0 on n:1: ERR a, part 1 on n:1: ERR b")},
		{"an unknown outcome of the only part", mergeSingle, []Part{unknown()},
			ReplyError("PARTFAILED 0 of 1 parts were applied; unknown: part 0 on n:1: lost")},
	} {
		if got := replyOf(c.operation, c.parts); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %#v, want %#v", c.name, got, c.want)
		}
	}
}

// Rules E2, E3.
func TestAFailureNamesThePartsOfEachOutcome(t *testing.T) {
	parts := []Part{
		{Outcome: Applied, Node: "a:1", Reply: "OK", ArgIndexes: []int{1, 2}},
		{Outcome: Failed, Node: "b:2", Reply: ReplyError("OOM no"), ArgIndexes: []int{3, 4}},
		{Outcome: Unknown, Node: "c:3", Cause: status.Error(codes.Unavailable, "reset")},
		{Outcome: NotSent, Node: "[::1]:4", Cause: status.Error(codes.Unavailable, "refused")},
	}
	want := ReplyError("PARTFAILED 1 of 4 parts were applied; failed: part 1 on b:2 (arguments 3, 4): OOM no; " +
		"unknown: part 2 on c:3: reset; not sent: part 3 on [::1]:4: refused; applied: part 0 on a:1 (arguments 1, 2)")
	if got := replyOf(mergeAllSucceeded, parts); got != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestTheErrorOfThousandsOfPartsStaysReadable(t *testing.T) {
	indexes := make([]int, 500)
	var parts []Part
	for i := range 2000 {
		part := applied("OK")
		if i%2 == 1 {
			part = notSent()
		}
		part.ArgIndexes = indexes
		parts = append(parts, part)
	}
	line := fmt.Sprint(replyOf(mergeAllSucceeded, parts))
	if len(line) > 2000 || strings.Count(line, " and 992 more") != 2 || !strings.Contains(line, "0, 0 and 492 more)") {
		t.Errorf("%d characters: %s", len(line), line)
	}
}

func TestKnowsEveryOperationOfTheAPI(t *testing.T) {
	for number, name := range v1.MergeOperation_name {
		if isKnown := canMerge(v1.MergeOperation(number)); isKnown != (number != 0) {
			t.Errorf("%s: %v", name, isKnown)
		}
	}
}

// replyFrom makes any reply of bytes.
func replyFrom(bytes []byte, depth int) (any, []byte) {
	if len(bytes) < 2 {
		return nil, nil
	}
	kind, size := bytes[0]%5, int(bytes[1])
	bytes = bytes[2:]
	switch {
	case kind == 0:
		return int64(size) - 128, bytes
	case kind == 1:
		return "text", bytes
	case kind == 2:
		return ReplyError("ERR text"), bytes
	case kind == 3 && depth > 0:
		array := []any{}
		for range size % 5 {
			var element any
			element, bytes = replyFrom(bytes, depth-1)
			array = append(array, element)
		}
		return array, bytes
	}
	return nil, bytes
}

// partsFrom makes parts of bytes, as they come out of a run.
func partsFrom(bytes []byte) []Part {
	var parts []Part
	for len(bytes) > 3 {
		outcome, position := bytes[0], bytes[1]
		var reply any
		reply, bytes = replyFrom(bytes[2:], 3)
		part := applied(reply)
		if line, isError := reply.(ReplyError); isError {
			part = failed(string(line))
		} else if outcome%8 == 0 {
			part = notSent()
		} else if outcome%8 == 1 {
			part = unknown()
		}
		if array, isArray := reply.([]any); isArray {
			for j := range array {
				part.replyPositions = append(part.replyPositions, int(int8(position))+j)
			}
		}
		parts = append(parts, part)
	}
	return parts
}

// Rule E2: an error of a part never becomes a reply.
func FuzzMergeReplies(f *testing.F) {
	f.Add(int32(2), []byte{9, 0, 3, 2, 0, 1, 0, 2, 9, 2, 3, 1, 1, 0})
	f.Add(int32(3), []byte{9, 0, 0, 200, 9, 0, 0, 255})
	f.Add(int32(9), []byte{9, 0, 2, 0, 0, 0, 1, 1})
	f.Fuzz(func(t *testing.T, operation int32, bytes []byte) {
		parts := partsFrom(bytes)
		reply := replyOf(v1.MergeOperation(operation), parts)
		if _, isError := reply.(ReplyError); isError {
			return
		}
		for i := range parts {
			if parts[i].Outcome != Applied && v1.MergeOperation(operation) != mergeOneSucceeded {
				t.Errorf("part %d of %v was dropped: %v", i, parts, reply)
			}
		}
	})
}
