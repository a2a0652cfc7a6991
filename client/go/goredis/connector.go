// SPDX-License-Identifier: Apache-2.0

// Package goredis connects a slotplanner client to the nodes of a cluster with
// go-redis.
package goredis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"sync/atomic"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A Connector makes connections to nodes. Its zero value connects without TLS
// and password. Not to be changed once it is used; then safe for concurrent
// use.
type Connector struct {
	// Credentials gives the ACL user and the password, for each new connection
	// anew; an empty user means the default user, an empty password that AUTH is
	// not sent. Nil means the same. When it fails, no connection is made.
	Credentials func(context.Context) (user, password string, err error)

	// TLS is what to connect with; nil means plain TCP. Where ServerName is empty,
	// a node's certificate must be for the host that the plan names.
	TLS *tls.Config

	// Dial opens the TCP connection to host:port. Nil means net.Dialer's.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Connect opens a connection to a node, as slotplanner.Connector says. The
// error has a gRPC status code: UNAVAILABLE when the node cannot be reached,
// UNAUTHENTICATED when it refuses the password, FAILED_PRECONDITION when it
// refuses READONLY, INVALID_ARGUMENT when the credentials cannot be had.
func (c *Connector) Connect(ctx context.Context, node slotplanner.Endpoint, readonly bool) (slotplanner.Conn, error) {
	var user, password string
	if c.Credentials != nil {
		var err error
		if user, password, err = c.Credentials(ctx); err != nil {
			return nil, status.Errorf(codes.InvalidArgument, "the credentials of the nodes cannot be had: %v", err)
		}
	}
	wire, err := c.dial(ctx, node)
	if err != nil {
		return nil, status.Error(codes.Unavailable, err.Error())
	}
	conn := newConn(wire, node, user, password)
	if err := conn.greet(ctx, readonly); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *Connector) dial(ctx context.Context, node slotplanner.Endpoint) (*wire, error) {
	dial := c.Dial
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	raw, err := dial(ctx, "tcp", node.String())
	if err != nil {
		return nil, err
	}
	if c.TLS == nil {
		return &wire{Conn: raw, raw: raw}, nil
	}
	config := c.TLS
	if config.ServerName == "" {
		config = config.Clone()
		config.ServerName = node.Host
	}
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, err
	}
	return &wire{Conn: secured, raw: raw, isTLS: true}, nil
}

var errSpent = errors.New("goredis: a connection is never made again")

// clientOptions keep go-redis from doing anything by itself: it connects once,
// to what there is, sends everything once, and names itself to nobody.
func clientOptions(wire *wire, node slotplanner.Endpoint, user, password string) *redis.Options {
	var given atomic.Bool
	return &redis.Options{
		Addr:     node.String(),
		Username: user,
		Password: password,
		Dialer: func(context.Context, string, string) (net.Conn, error) {
			if given.Swap(true) {
				return nil, errSpent
			}
			return wire, nil
		},
		Protocol:        2,
		MaxRetries:      -1,
		DialerRetries:   1,
		PoolSize:        1,
		ConnMaxIdleTime: -1,
		DisableIdentity: true,
		ReadTimeout:     -2, // The context ends what takes too long.
		WriteTimeout:    -2,
		MaintNotificationsConfig: &maintnotifications.Config{
			Mode: maintnotifications.ModeDisabled,
		},
	}
}

// greetingError says why a connection was not ready, never with a password.
func greetingError(ctx context.Context, err error) error {
	var refused redis.Error
	if errors.As(err, &refused) {
		return status.Errorf(codes.Unauthenticated, "it refuses the password: %v", err)
	}
	if ctx.Err() != nil {
		err = fmt.Errorf("it did not answer in time: %w", ctx.Err())
	}
	return status.Error(codes.Unavailable, err.Error())
}
