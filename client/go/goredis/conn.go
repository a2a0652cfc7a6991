// SPDX-License-Identifier: Apache-2.0

package goredis

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A wire is the connection below go-redis. It counts what has left, so that it
// is known of which commands a node can have heard.
type wire struct {
	net.Conn // What go-redis reads and writes.
	raw      net.Conn
	isTLS    bool
	written  atomic.Int64
}

func (w *wire) Write(bytes []byte) (int, error) {
	n, err := w.Conn.Write(bytes)
	w.written.Add(int64(n))
	return n, err
}

// A conn is one connection with a go-redis client of its own: a client that had
// several might take another one in the middle of a transaction.
type conn struct {
	wire   *wire
	client *redis.Client
	redis  *redis.Conn
}

func newConn(wire *wire, node slotplanner.Endpoint, user, password string) *conn {
	client := redis.NewClient(clientOptions(wire, node, user, password))
	return &conn{wire: wire, client: client, redis: client.Conn()}
}

// greet makes go-redis authenticate, and sends READONLY where that is asked
// for. Any other answer than a refusal of these shows that the node is there.
func (c *conn) greet(ctx context.Context, readonly bool) error {
	word := "PING"
	if readonly {
		word = "READONLY"
	}
	greeting := redis.NewRawCmd(ctx, word)
	err := c.exchange(ctx, func() error { return c.redis.Process(ctx, greeting) })
	if err != nil {
		return greetingError(ctx, err)
	}
	if answer := string(greeting.Val()); readonly && answer != "+OK\r\n" {
		return status.Errorf(codes.FailedPrecondition, "it refuses READONLY: %q", answer)
	}
	return nil
}

// exchange ends what do waits for as soon as ctx is done, by closing the
// connection.
func (c *conn) exchange(ctx context.Context, do func() error) error {
	stop := context.AfterFunc(ctx, func() { c.wire.raw.Close() })
	err := do()
	if !stop() && err == nil {
		err = ctx.Err()
	}
	return err
}

// Pipeline is as slotplanner.Conn says.
func (c *conn) Pipeline(ctx context.Context, commands [][][]byte) (replies []any, sent int, err error) {
	cmds := make([]*redis.RawCmd, len(commands))
	ends := make([]int64, len(commands)) // In bytes written.
	pipe := c.redis.Pipeline()
	end := c.wire.written.Load()
	for i, command := range commands {
		args := make([]any, len(command))
		for j, arg := range command {
			args[j] = arg
		}
		// Raw replies are parsed here: those that go-redis parses lose their place
		// where an array has an error such as OOM among its elements.
		cmds[i] = redis.NewRawCmd(ctx, args...)
		pipe.Process(ctx, cmds[i])
		end += wireLength(command)
		ends[i] = end
	}
	err = c.exchange(ctx, func() error {
		_, err := pipe.Exec(ctx)
		return err
	})
	for _, cmd := range cmds {
		// After an error go-redis notes it in all commands, also in those whose
		// replies it has.
		reply, rest, parseErr := parseReply(cmd.Val())
		if parseErr != nil || len(rest) > 0 {
			if err == nil {
				err = errors.Join(errMalformed, parseErr)
			}
			break
		}
		replies = append(replies, reply)
	}
	if err == nil {
		return replies, len(commands), nil
	}
	if len(replies) == len(commands) {
		// All came, but just when ctx was done: the connection is of no use.
		c.Close()
		return replies, len(commands), nil
	}
	written := c.wire.written.Load()
	for sent < len(ends) && ends[sent] <= written {
		sent++
	}
	return replies, max(sent, len(replies)), err
}

// wireLength is how many bytes a command takes as RESP.
func wireLength(command [][]byte) int64 {
	length := lengthOfLine(len(command))
	for _, arg := range command {
		length += lengthOfLine(len(arg)) + len(arg) + 2
	}
	return int64(length)
}

// lengthOfLine is that of "*12\r\n" or "$12\r\n".
func lengthOfLine(number int) int { return 1 + len(strconv.Itoa(number)) + 2 }

// Quiet is as slotplanner.Conn says.
func (c *conn) Quiet() bool { return isQuiet(c.wire.raw, c.wire.isTLS) }

// Close is as slotplanner.Conn says.
func (c *conn) Close() error {
	err := c.wire.raw.Close()
	c.redis.Close()
	c.client.Close()
	return err
}
