// SPDX-License-Identifier: Apache-2.0

package goredis_test

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/slotplanner/slotplanner/client/go/goredis"
	"github.com/slotplanner/slotplanner/client/go/internal/fakes"
)

// A leakyConn takes so many bytes more, once that is said, and then breaks.
type leakyConn struct {
	net.Conn
	left int // Negative: no limit.
}

func (c *leakyConn) Write(bytes []byte) (int, error) {
	if c.left < 0 || len(bytes) <= c.left {
		c.left -= min(len(bytes), max(c.left, 0))
		return c.Conn.Write(bytes)
	}
	n, _ := c.Conn.Write(bytes[:c.left])
	c.Close()
	return n, errors.New("broken")
}

// Rule E3: a node executes no command that it has only the beginning of.
func TestWhatDidNotLeaveWasNotExecuted(t *testing.T) {
	long := strings.Repeat("x", 1234)
	first, second := "*2\r\n$4\r\nINCR\r\n$1\r\na\r\n", "*3\r\n$3\r\nSET\r\n$1\r\nb\r\n$1234\r\n"+long+"\r\n"
	for left, want := range map[int]int{
		0:                            0,
		len(first) - 1:               0,
		len(first):                   1,
		len(first) + len(second) - 1: 1,
		len(first) + len(second):     2,
	} {
		node := fakes.StartNode(t, answering(map[string]string{"INCR": fakes.Silence, "SET": fakes.Silence}))
		leaky := &leakyConn{left: -1}
		conn := connect(t, &goredis.Connector{
			Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
				leaky.Conn = raw
				return leaky, err
			},
		}, node, false)
		leaky.left = left
		_, sent, err := conn.Pipeline(timeout(t, 10*time.Second), commands("INCR a", "SET b "+long, "INCR c"))
		if sent != want || err == nil {
			t.Errorf("after %d bytes %d commands, %v; want %d", left, sent, err, want)
		}
	}
}
