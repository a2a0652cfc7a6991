// SPDX-License-Identifier: Apache-2.0

// Package fakes has a node and a planner for tests: over real sockets, with
// answers of the test's own.
package fakes

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
)

// Close, as a reply, makes a node end the connection.
const Close = "\x00close"

// Silence, as a reply, makes a node send nothing.
const Silence = ""

// A Handler answers a command, given with its words: with bytes as they go over
// the wire, which may begin or end with Close. conn counts connections, from 0.
// Called by several goroutines.
type Handler func(conn int, args []string) string

// A Test is what is used of testing.TB.
type Test interface {
	Helper()
	Fatal(args ...any)
	Cleanup(func())
}

// A Node speaks RESP2 on loopback.
type Node struct {
	Endpoint slotplanner.Endpoint

	handler  Handler
	mu       sync.Mutex
	received []string // Guarded by mu.
	conns    int      // Guarded by mu.
	open     int      // Guarded by mu.
	closed   *sync.Cond
}

// StartNode starts a node that ends with the test. HELLO is answered with an
// error and not handled.
func StartNode(t Test, handler Handler) *Node {
	return StartTLSNode(t, nil, handler)
}

// StartTLSNode is StartNode with TLS, if config is not nil.
func StartTLSNode(t Test, config *tls.Config, handler Handler) *Node {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	if config != nil {
		listener = tls.NewListener(listener, config)
	}
	node := &Node{Endpoint: slotplanner.Endpoint{Host: "127.0.0.1", Port: port}, handler: handler}
	node.closed = sync.NewCond(&node.mu)
	var serving sync.WaitGroup
	var conns []net.Conn
	serving.Add(1)
	go func() {
		defer serving.Done()
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			node.mu.Lock()
			number := node.conns
			node.conns++
			node.open++
			conns = append(conns, conn)
			node.mu.Unlock()
			serving.Add(1)
			go func() {
				defer serving.Done()
				node.serve(conn, number)
			}()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		node.mu.Lock()
		for _, conn := range conns {
			conn.Close()
		}
		node.mu.Unlock()
		serving.Wait()
	})
	return node
}

// Received are the commands so far, in the order in which they came.
func (n *Node) Received() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]string{}, n.received...)
}

// Conns is how many connections there were.
func (n *Node) Conns() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.conns
}

// AwaitNoConns returns when no connection is open any more.
func (n *Node) AwaitNoConns() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for n.open > 0 {
		n.closed.Wait()
	}
}

func (n *Node) serve(conn net.Conn, number int) {
	defer func() {
		conn.Close()
		n.mu.Lock()
		n.open--
		n.closed.Broadcast()
		n.mu.Unlock()
	}()
	reader := bufio.NewReader(conn)
	for {
		args, err := readCommand(reader)
		if err != nil {
			return
		}
		n.mu.Lock()
		n.received = append(n.received, strings.Join(args, " "))
		n.mu.Unlock()
		reply := "-ERR unknown command 'HELLO'\r\n"
		if args[0] != "hello" {
			reply = n.handler(number, args)
		}
		reply, isLast := strings.CutSuffix(reply, Close)
		if _, err := io.WriteString(conn, reply); err != nil || isLast {
			return
		}
	}
}

func readCommand(reader *bufio.Reader) ([]string, error) {
	count, err := readNumber(reader, '*')
	if err != nil {
		return nil, err
	}
	args := make([]string, count)
	for i := range args {
		length, err := readNumber(reader, '$')
		if err != nil {
			return nil, err
		}
		bytes := make([]byte, length+2)
		if _, err := io.ReadFull(reader, bytes); err != nil {
			return nil, err
		}
		args[i] = string(bytes[:length])
	}
	return args, nil
}

func readNumber(reader *bufio.Reader, kind byte) (int, error) {
	line, err := reader.ReadString('\n')
	if err != nil {
		return 0, err
	}
	if line[0] != kind {
		return 0, fmt.Errorf("unexpected line %q", line)
	}
	return strconv.Atoi(strings.TrimSpace(line[1:]))
}
