// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"testing"
	"time"
)

func TestParseRedirection(t *testing.T) {
	sender := Endpoint{"here", 1}
	for line, want := range map[string]redirection{
		"MOVED 3999 127.0.0.1:6381": {target: Endpoint{"127.0.0.1", 6381}},
		"ASK 0 name:1":              {ask: true, target: Endpoint{"name", 1}},
		"MOVED 16383 :7000":         {target: Endpoint{"here", 7000}},
		"MOVED 1 ::1:7000":          {target: Endpoint{"::1", 7000}},
	} {
		if got, ok := parseRedirection(line, sender); !ok || got != want {
			t.Errorf("%q: %v, %v", line, got, ok)
		}
	}
	for _, line := range []string{
		"", "MOVED", "MOVED 1", "MOVED 1 ?:7000", "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 16384 a:1",
		"MOVED -1 a:1", "MOVED x a:1", "MOVED 1 a", "MOVED 1 a:1 b", "moved 1 a:1", "ERR MOVED 1 a:1", "MOVED  1 a:1",
	} {
		if got, ok := parseRedirection(line, sender); ok {
			t.Errorf("%q: %v", line, got)
		}
	}
}

func TestEndpointsWithColonsStandInBrackets(t *testing.T) {
	expectEqual(t, Endpoint{"::1", 7}.String(), "[::1]:7")
	expectEqual(t, Endpoint{"a", 7}.String(), "a:7")
}

func TestTheBackoffDoublesUpToItsLimit(t *testing.T) {
	b := backoff{first: 10 * time.Millisecond, max: 50 * time.Millisecond}
	for retry, longest := range []time.Duration{10, 20, 40, 50, 50} {
		expectEqual(t, b.delay(retry, 0), time.Duration(0))
		expectEqual(t, b.delay(retry, 0.5), longest*time.Millisecond/2)
	}
	expectEqual(t, b.delay(1<<30, 0.5), 25*time.Millisecond)
}
