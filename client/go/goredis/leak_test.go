// SPDX-License-Identifier: Apache-2.0

package goredis_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/slotplanner/slotplanner/client/go/goredis"
	"github.com/slotplanner/slotplanner/client/go/internal/fakes"
)

// A connection has a go-redis client of its own; nothing of it stays behind.
func TestNothingIsLeftOfAClosedConnection(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"DIE": fakes.Close, "READONLY": "-ERR no\r\n"}))
	use := func() {
		conn := connect(t, &goredis.Connector{}, node, false)
		conn.Pipeline(timeout(t, 10*time.Second), commands("PING", "DIE"))
		conn.Close()
		if _, err := (&goredis.Connector{}).Connect(timeout(t, 10*time.Second), node.Endpoint, true); err == nil {
			t.Fatal("READONLY was refused")
		}
		node.AwaitNoConns()
	}
	use()
	before := runtime.NumGoroutine()
	for range 50 {
		use()
	}
	// Those that are about to end need a moment.
	for deadline := time.Now().Add(10 * time.Second); runtime.NumGoroutine() > before+10; runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines became %d", before, runtime.NumGoroutine())
		}
	}
}
