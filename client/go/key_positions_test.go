// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
)

func positionsForTests() *v1.GetKeyPositionsResponse {
	return &v1.GetKeyPositionsResponse{Commands: []*v1.KeyPositions{
		{Command: "config", IsContainer: true},
		{Command: "config|set"},
		{Command: "eval", Ranges: []*v1.KeyRange{{First: 3, Step: 1, CountIndex: 2}}},
		{Command: "get", Ranges: []*v1.KeyRange{{First: 1, Last: 1, Step: 1}}},
		{Command: "migrate", ReadsAll: true, Hidden: []*v1.HiddenArguments{
			{Word: "auth", Count: 1, First: 6}, {Word: "auth2", Count: 2, First: 6}, {Word: "keys", First: 6}}},
		{Command: "mset", Ranges: []*v1.KeyRange{{First: 1, Last: -1, Step: 2}}},
		{Command: "msetex", Ranges: []*v1.KeyRange{{First: 2, Step: 2, CountIndex: 1, ReadsBehind: true}}},
		{Command: "object", IsContainer: true},
		{Command: "object|encoding", Ranges: []*v1.KeyRange{{First: 2, Last: 2, Step: 1}}},
		{Command: "ping"},
		{Command: "set", Ranges: []*v1.KeyRange{{First: 1, Last: 1, Step: 1}}},
		{Command: "sort", ReadsAll: true},
		{Command: "zunionstore", Ranges: []*v1.KeyRange{
			{First: 1, Last: 1, Step: 1}, {First: 3, Step: 1, CountIndex: 2}}},
	}}
}

// No value, script, message or password is sent to the planner.
func TestWithoutValues(t *testing.T) {
	table := newKeyPositionsTable(positionsForTests())
	for words, want := range map[string]string{
		"SET k secret EX 5":                            "SET k _ _ _",
		"set":                                          "set",
		"PING secret":                                  "PING _",
		"MSET a 1 b 2 c":                               "MSET a _ b _ c",
		"EVAL script 2 a b arg":                        "EVAL _ 2 a b _",
		"EVAL script 0 arg":                            "EVAL _ 0 _",
		"EVAL script 3 a b":                            "EVAL _ 3 _ _",
		"EVAL script 02 a b":                           "EVAL _ 02 _ _",
		"EVAL script -1 a b":                           "EVAL _ -1 _ _",
		"EVAL script 9999999999 a":                     "EVAL _ 9999999999 _",
		"EVAL script":                                  "EVAL _",
		"ZUNIONSTORE d 2 a b WEIGHTS 1 2":              "ZUNIONSTORE d 2 a b _ _ _",
		"MSETEX 2 a 1 b 2 NX EX 5":                     "MSETEX 2 a _ b _ NX EX 5",
		"MSETEX 2 a 1 b":                               "MSETEX 2 _ _ _",
		"SORT k BY p GET #":                            "SORT k BY p GET #",
		"object ENCODING k":                            "object ENCODING k",
		"OBJECT NOSUCH k":                              "OBJECT NOSUCH _",
		"OBJECT":                                       "OBJECT",
		"CONFIG SET requirepass secret":                "CONFIG SET _ _",
		"CONFIG|SET a":                                 "CONFIG|SET _",
		"NOSUCH secret":                                "NOSUCH _",
		"MIGRATE h 1 k 0 9 AUTH secret COPY":           "MIGRATE h 1 k 0 9 AUTH _ COPY",
		"MIGRATE h 1 x 0 9 auth2 user secret KEYS a":   "MIGRATE h 1 x 0 9 auth2 _ _ KEYS a",
		"MIGRATE h 1 x 0 9 AUTH auth AUTH":             "MIGRATE h 1 x 0 9 AUTH _ AUTH",
		"MIGRATE auth 1 k 0 9 KEYS auth b AUTH secret": "MIGRATE auth 1 k 0 9 KEYS auth b AUTH secret",
		"MIGRATE h 1 k 0 9 AUTH2 secret":               "MIGRATE h 1 k 0 9 AUTH2 _",
	} {
		masked := table.withoutValues(bytes.Fields([]byte(words)))
		shown := make([]string, len(masked))
		for i, arg := range masked {
			if shown[i] = string(arg); len(arg) == 0 {
				shown[i] = "_"
			}
		}
		expectEqual(t, strings.Join(shown, " "), want)
	}
}

// A positionsPlanner answers with what it has and counts.
type positionsPlanner struct {
	planner
	response *v1.GetKeyPositionsResponse
	err      error
	calls    int
}

func (p *positionsPlanner) GetKeyPositions(context.Context, *v1.GetKeyPositionsRequest,
	...grpc.CallOption) (*v1.GetKeyPositionsResponse, error) {
	p.calls++
	return p.response, p.err
}

func TestKeyPositionsAreFetchedAgainForWhatIsNotListed(t *testing.T) {
	p := &positionsPlanner{response: positionsForTests()}
	cache := newKeyPositionsCache(p)
	fetch := func(words string, wantCalls int) {
		t.Helper()
		calls := p.calls
		request := &v1.PlanBatchRequest{Commands: []*v1.Command{commandOfWords(words)}}
		_, err := cache.tableFor(context.Background(), request)
		expectEqual(t, p.calls, wantCalls)
		if p.calls == calls && err != nil || p.calls > calls && err != p.err {
			t.Errorf("%s: %v", words, err)
		}
	}
	later := func() {
		cache.mu.Lock()
		cache.tables[""] = cachedTable{cache.tables[""].table, time.Now().Add(-minFetchInterval)}
		cache.mu.Unlock()
	}
	fetch("GET a", 1)
	fetch("GET a", 1)
	fetch("NOSUCH a", 1) // Not within a second.
	later()
	fetch("OBJECT ENCODING a", 1)
	fetch("OBJECT NOSUCH a", 2)
	fetch("NOSUCH a", 2)
	later()
	p.err = errors.New("down")
	fetch("NOSUCH a", 3)
	fetch("NOSUCH a", 4) // What failed does not count.
	p.err = nil
	fetch("NOSUCH a", 5)
	fetch("NOSUCH a", 5)
}
