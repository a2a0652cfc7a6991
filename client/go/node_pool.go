// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"errors"
	"sync"
	"time"
)

// How long one node may take to accept a connection, so that what a node that
// is down was to be sent fails early.
const connectTimeout = time.Second

var errClosed = errors.New("the client is closed")

// A nodePool keeps connections to nodes open between uses: there are never more
// of them than were in use at one time. Safe for concurrent use.
type nodePool struct {
	connector Connector

	mu     sync.Mutex
	closed bool               // Guarded by mu.
	idle   map[poolKey][]Conn // Guarded by mu.
}

// A connection keeps its mode for life: one in READONLY mode would serve a
// stale read where the plan asks for the primary (rule D2).
type poolKey struct {
	node     Endpoint
	readonly bool
}

func newNodePool(connector Connector) *nodePool {
	return &nodePool{connector: connector, idle: map[poolKey][]Conn{}}
}

// takeIdle returns an idle connection, or nil. Does not block.
func (p *nodePool) takeIdle(key poolKey) Conn {
	for {
		conn := p.popIdle(key)
		// The node may have closed it meanwhile; better to learn that before a
		// command is sent than after.
		if conn == nil || conn.Quiet() {
			return conn
		}
		conn.Close()
	}
}

func (p *nodePool) popIdle(key poolKey) Conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	conns := p.idle[key]
	if len(conns) == 0 {
		return nil
	}
	last := len(conns) - 1
	conn := conns[last]
	conns[last] = nil
	if last == 0 {
		delete(p.idle, key)
	} else {
		p.idle[key] = conns[:last]
	}
	return conn
}

// connect opens a new connection.
func (p *nodePool) connect(ctx context.Context, key poolKey) (Conn, error) {
	p.mu.Lock()
	closed := p.closed
	p.mu.Unlock()
	if closed {
		return nil, errClosed
	}
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	return p.connector.Connect(ctx, key.node, key.readonly)
}

// put keeps a connection for the next caller. Requires: it was made for key, no
// Pipeline failed on it, and no WATCH is in force.
func (p *nodePool) put(key poolKey, conn Conn) {
	p.mu.Lock()
	if !p.closed {
		p.idle[key] = append(p.idle[key], conn)
		conn = nil
	}
	p.mu.Unlock()
	if conn != nil {
		conn.Close()
	}
}

// forget closes the idle connections to a node, because its name may stand for
// another address by now.
func (p *nodePool) forget(node Endpoint) {
	for _, readonly := range []bool{false, true} {
		for conn := p.popIdle(poolKey{node, readonly}); conn != nil; conn = p.popIdle(poolKey{node, readonly}) {
			conn.Close()
		}
	}
}

// close closes what is idle now, and later what is put.
func (p *nodePool) close() {
	p.mu.Lock()
	idle := p.idle
	p.idle = map[poolKey][]Conn{}
	p.closed = true
	p.mu.Unlock()
	for _, conns := range idle {
		for _, conn := range conns {
			conn.Close()
		}
	}
}
