// SPDX-License-Identifier: Apache-2.0

package slotplanner

import "context"

// A Connector connects to the nodes of a cluster. The package goredis has one.
// Safe for concurrent use.
type Connector interface {
	// Connect opens a connection to a node for the caller alone, authenticated
	// and, if readonly, after READONLY. It speaks RESP2. When it fails, nothing
	// was sent that a node could execute; the error's gRPC status code, if it has
	// one, becomes that of the parts that were not sent, UNAVAILABLE otherwise.
	Connect(ctx context.Context, node Endpoint, readonly bool) (Conn, error)
}

// A Conn is a connection to one node. It never connects again: state of a
// connection, such as WATCH, holds until Close or does not exist any more.
// Used by one goroutine at a time, but for Close.
type Conn interface {
	// Pipeline sends commands, each a name and its arguments, in their order in
	// one go and waits for their replies. It never sends anything twice and
	// follows no redirection. It returns soon after ctx is done.
	//
	// The replies are those that came, in order. A reply is nil, int64, string
	// (status or bulk), ReplyError, or []any of these. When err is not nil, there
	// are fewer replies than commands, the connection is of no use any more, and
	// the node may have executed the first sent commands, but none behind them.
	Pipeline(ctx context.Context, commands [][][]byte) (replies []any, sent int, err error)

	// Quiet tells, without waiting, whether the connection is open and has
	// nothing to say, as far as can be known.
	Quiet() bool

	// Close ends the connection.
	Close() error
}

// A ReplyError is an error line that a node replied with, without the leading
// '-', as in "WRONGTYPE Operation against a key holding the wrong kind of
// value".
type ReplyError string

// Error returns the line.
func (e ReplyError) Error() string { return string(e) }
