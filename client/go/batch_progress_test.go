// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"reflect"
	"testing"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// nextCommands are those of the request that comes next, in words.
func nextCommands(p *batchProgress) [][]string {
	var commands [][]string
	for _, command := range p.request.GetCommands() {
		var words []string
		for _, arg := range command.GetArgs() {
			words = append(words, string(arg))
		}
		commands = append(commands, words)
	}
	return commands
}

func expectEqual(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

func TestABatchIsDoneWhenAllIsApplied(t *testing.T) {
	b := (&ranBatch{}).read("GET a").part(1, applied("x"))
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	expectEqual(t, p.isDone(), true)
	expectEqual(t, p.finish()[0].reply, any("x"))
}

// Rules D2, F3.
func TestTheNextRequestAsksForPrimariesAndSaysWhichTopologyIsOutdated(t *testing.T) {
	b := (&ranBatch{}).read("GET a").part(1, notSent()).read("GET b").part(2, applied("x")).
		write("INCR c").part(3, failed("MOVED 3 n:2"))
	b.request.Cluster, b.request.ClientZone = "c", "z"
	b.request.SplitPolicy = v1.SplitPolicy_SPLIT_POLICY_ATOMIC
	b.request.ReadPreference = v1.ReadPreference_READ_PREFERENCE_REPLICA
	b.plan.Topology = &v1.TopologyStamp{Version: "t1"}
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	expectEqual(t, nextCommands(p), [][]string{{"GET", "a"}, {"INCR", "c"}})
	expectEqual(t, []any{p.request.Cluster, p.request.ClientZone, p.request.SplitPolicy, p.request.ReadPreference,
		p.request.OutdatedTopologyVersion},
		[]any{"c", "z", v1.SplitPolicy_SPLIT_POLICY_ATOMIC, v1.ReadPreference_READ_PREFERENCE_PRIMARY, "t1"})
}

// Rules E1, E2: MGET a b c d, of which b and c move and then fall apart.
func TestAPartMayFallIntoPartsAndIsMergedIntoTheCommand(t *testing.T) {
	b := (&ranBatch{}).command("MGET a b c d", safe, split, mergeGather).
		part(1, at(applied([]any{"A"}), 0), 0, 1).
		part(2, at(failed("TRYAGAIN x"), 1, 2), 0, 2, 3).
		part(3, at(notSent(), 3), 0, 4)
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	expectEqual(t, nextCommands(p), [][]string{{"MGET", "b", "c"}, {"MGET", "d"}})

	second := (&ranBatch{}).command("MGET b c", safe, split, mergeGather).
		part(2, at(applied([]any{"C"}), 1), 0, 2).part(2, at(failed("WRONGTYPE"), 0), 0, 1).
		command("MGET d", safe, inOneSlot, mergeSingle).part(3, applied([]any{"D"}))
	p.take(&second.plan, executionResult{commands: second.results})
	expectEqual(t, p.isDone(), true)
	result := p.finish()[0]
	expectEqual(t, result.reply, any(ReplyError("PARTFAILED 3 of 4 parts were applied; "+
		"failed: part 2 on n:1 (arguments 2): WRONGTYPE; "+
		"applied: part 0 on n:1 (arguments 1), part 1 on n:1 (arguments 3), part 3 on n:1 (arguments 4)")))
	result.parts[2] = at(applied([]any{"B"}), result.parts[2].replyPositions...)
	expectEqual(t, replyOf(mergeGather, result.parts), any([]any{"A", "B", "C", "D"}))
}

func TestALiteralStaysInAPart(t *testing.T) {
	b := (&ranBatch{}).command("MSETEX 2 a 1 b 2", sameState, split, mergeAllSucceeded).
		part(1, applied("OK"), 0, -1, 2, 3).part(2, notSent(), 0, -1, 4, 5)
	b.plan.Literals = [][]byte{[]byte("1")}
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	expectEqual(t, nextCommands(p), [][]string{{"MSETEX", "1", "b", "2"}})
}

func TestARefusalOfAPartIsWhyItWasNotSent(t *testing.T) {
	b := (&ranBatch{}).command("DEL a b", sameState, split, mergeSum).
		part(1, applied(int64(1)), 0, 1).part(2, failed("CLUSTERDOWN x"), 0, 2)
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	second := (&ranBatch{}).refused("DEL b", "No node serves it.")
	p.take(&second.plan, executionResult{commands: second.results})
	part := p.finish()[0].parts[1]
	expectEqual(t, part.Outcome, NotSent)
	expectEqual(t, status.Code(part.Cause), codes.FailedPrecondition)
	expectEqual(t, part.ArgIndexes, []int{2})
}

func TestARefusalOfACommandThatIsPlannedAgainIsItsResult(t *testing.T) {
	b := (&ranBatch{}).write("INCR a").part(1, notSent())
	p := newBatchProgress(&b.request)
	p.take(&b.plan, executionResult{commands: b.results})
	second := (&ranBatch{}).refused("INCR a", "No node serves it.")
	p.take(&second.plan, executionResult{commands: second.results})
	expectEqual(t, p.finish()[0].reply, any(ReplyError("REFUSED No node serves it.")))
}
