// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"fmt"
	"strings"
	"testing"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc/codes"
)

// againOf is as in "0" for a whole command and "1.2" for a part of one.
func againOf(b *ranBatch) string {
	var names []string
	for _, again := range whatToPlanAgain(b.request.GetCommands(), &b.plan, b.results) {
		name := fmt.Sprint(again.command)
		if again.part != wholeCommand {
			name += fmt.Sprintf(".%d", again.part)
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func expectAgain(t *testing.T, b *ranBatch, want string) {
	t.Helper()
	if got := againOf(b); got != want {
		t.Errorf("%v: again %q, want %q", b.request.GetCommands(), got, want)
	}
}

// Rules E3, E4.
func TestAgainIsWhatNoNodeCanHaveExecuted(t *testing.T) {
	for _, c := range []struct {
		part    Part
		safety  v1.RetrySafety
		isAgain bool
	}{
		{applied("OK"), safe, false},
		{notSent(), unsafe, true},
		{silent(NotSent, codes.DeadlineExceeded, "slow"), unsafe, true},
		{silent(NotSent, codes.Unauthenticated, "password"), safe, false},
		{silent(NotSent, codes.FailedPrecondition, "READONLY"), safe, false},
		{silent(NotSent, codes.Canceled, "cancelled"), safe, false},
		{unknown(), safe, true},
		{unknown(), sameState, false},
		{unknown(), unsafe, false},
		{failed("MOVED 1 10.0.0.1:7000"), unsafe, true},
		{failed("MOVED 1 ?:7000"), unsafe, true},
		{failed("ASK 1 10.0.0.1:7000"), unsafe, true},
		{failed("TRYAGAIN Multiple keys"), unsafe, true},
		{failed("CLUSTERDOWN The cluster is down"), unsafe, true},
		{failed("LOADING dataset"), unsafe, true},
		{failed("MASTERDOWN link"), safe, true},
		{failed("READONLY You can't write"), unsafe, true},
		{failed("WRONGTYPE bad"), safe, false},
		{failed("ERR MOVED 1 10.0.0.1:7000"), safe, false},
		{failed("MOVEDTO"), safe, false},
	} {
		want := ""
		if c.isAgain {
			want = "0"
		}
		b := (&ranBatch{}).command("GET a", c.safety, inOneSlot, mergeSingle).part(1, c.part)
		if got := againOf(b); got != want {
			t.Errorf("%v, %v: again %q", c.part, c.safety, got)
		}
	}
}

func TestRefusalsAreFinal(t *testing.T) {
	expectAgain(t, (&ranBatch{}).refused("RENAME a b", "Cross slot.").read("GET a").part(1, notSent()), "1")
}

func TestPartsOfASplitCommandAreForThemselves(t *testing.T) {
	expectAgain(t, (&ranBatch{}).command("DEL a b c d", sameState, split, mergeSum).
		part(1, applied(int64(1)), 0, 1).part(2, notSent(), 0, 2).part(3, unknown(), 0, 3).
		part(4, failed("MOVED 4 n:1"), 0, 4), "0.1 0.3")
}

func TestACommandForManyNodesIsOneWhole(t *testing.T) {
	for _, c := range []struct {
		safety        v1.RetrySafety
		first, second Part
		want          string
	}{
		{safe, applied(int64(1)), notSent(), "0"},
		{safe, applied(int64(1)), unknown(), "0"},
		{safe, applied(int64(1)), applied(int64(1)), ""},
		{safe, failed("ERR no"), failed("ERR no"), ""},
		{sameState, applied(int64(1)), notSent(), ""},
		{sameState, unknown(), notSent(), ""},
		{unsafe, failed("CLUSTERDOWN"), notSent(), "0"},
		{unsafe, silent(NotSent, codes.Unauthenticated, ""), notSent(), "0"},
	} {
		expectAgain(t, (&ranBatch{}).command("DBSIZE", c.safety, fanOut, mergeSum).
			part(-1, c.first).part(-1, c.second), c.want)
	}
}

func TestWhatSpeaksOfItsConnectionIsNotAgain(t *testing.T) {
	for _, words := range []string{"WAIT 1 0", "waitaof 1 1 0", "UNWATCH", "WATCH a"} {
		expectAgain(t, (&ranBatch{}).command(words, safe, anyNode, mergeSingle).part(-1, notSent()), "")
	}
}

// Rules D1, D4.
func TestNothingRunsOutOfItsOrder(t *testing.T) {
	add := func(b *ranBatch, what string, came Part) {
		slot := int32(what[1] - '0')
		if what[0] == 'w' {
			b.write("INCR a").part(slot, came)
		} else {
			b.read("GET a").part(slot, came)
		}
	}
	for _, c := range []struct {
		first, second string // "w" or "r" and the slot. The first was not sent.
		isAgain       bool
	}{
		{"w1", "w1", false}, {"w1", "r1", false}, {"r1", "w1", false}, {"r1", "r1", true},
		{"w1", "w2", true}, {"w1", "r2", true}, {"r1", "w2", true},
	} {
		for _, came := range []Part{applied("OK"), failed("WRONGTYPE"), failed("ERR")} {
			b := &ranBatch{}
			add(b, c.first, notSent())
			add(b, c.second, came)
			want := ""
			if c.isAgain {
				want = "0"
			}
			expectAgain(t, b, want)
		}
	}
}

func TestACommandThatStaysBehindDoesNotStopThoseBehindIt(t *testing.T) {
	// The first may not run behind the third; it does not run, so the second may.
	expectAgain(t, (&ranBatch{}).write("INCR a").part(1, notSent()).read("GET a").part(1, notSent()).
		read("GET a").part(1, applied("1")), "1")
}

func TestACommandForManyNodesHasAllSlots(t *testing.T) {
	expectAgain(t, (&ranBatch{}).write("SET a 1").part(1, notSent()).
		command("FLUSHALL", sameState, fanOut, mergeAllSucceeded).part(-1, applied("OK")).part(-1, applied("OK")), "")
	expectAgain(t, (&ranBatch{}).command("FLUSHALL", sameState, fanOut, mergeAllSucceeded).
		part(-1, notSent()).part(-1, notSent()).write("SET a 1").part(1, applied("OK")), "")
}

// Rule C8.
func TestAWaitSpeaksOnlyOfWritesThatItsNodeGot(t *testing.T) {
	wait := func(port int32) *ranBatch {
		return (&ranBatch{}).write("SET a 1").partOn(1, 1, notSent()).
			command("WAIT 1 0", unsafe, fanOut, mergeMin).partOn(port, -1, applied(int64(1)))
	}
	expectAgain(t, wait(1), "")
	expectAgain(t, wait(2), "0")
}

func TestCommandsForAnyNodeKeepTheirOrder(t *testing.T) {
	expectAgain(t, (&ranBatch{}).command("PUBLISH c m", unsafe, anyNode, mergeSingle).part(-1, notSent()).
		command("PUBLISH c n", unsafe, anyNode, mergeSingle).part(-1, applied(int64(0))), "")
}

// Rule D3.
func TestATransactionIsOneWhole(t *testing.T) {
	transaction := func(watch, multi, get, exec Part) *ranBatch {
		return (&ranBatch{}).write("WATCH a").part(1, watch).write("MULTI").part(1, multi).
			read("GET a").part(1, get).write("EXEC").part(1, exec)
	}
	ok, queued := applied("OK"), applied("QUEUED")
	expectAgain(t, transaction(ok, ok, queued, applied([]any{nil})), "")
	expectAgain(t, transaction(notSent(), notSent(), notSent(), notSent()), "0 1 2 3")
	expectAgain(t, transaction(ok, ok, failed("MOVED 1 n:2"), failed("EXECABORT")), "0 1 2 3")
	expectAgain(t, transaction(ok, ok, failed("ERR syntax"), failed("EXECABORT")), "")
	expectAgain(t, transaction(ok, unknown(), unknown(), unknown()), "")
	expectAgain(t, transaction(ok, failed("LOADING"), failed("LOADING"), failed("ERR EXEC without MULTI")), "")
}
