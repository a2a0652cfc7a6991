// SPDX-License-Identifier: Apache-2.0

// Package slotplanner runs commands on a Redis or Valkey Cluster, whatever the
// hash slots of their keys: a slotplanner server plans them, and a Client sends
// the parts to their nodes and merges the replies.
//
// Only what the planner needs of a command leaves the process towards it: names,
// keys and options, never values, scripts or passwords.
package slotplanner

import (
	"context"
	"errors"
	"fmt"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A Client runs commands and batches of commands. Each call takes its deadline
// from its context. A batch survives failovers, slots that move and nodes that
// come and go, if they are over before its deadline; nothing is ever applied
// twice by that. Safe for concurrent use.
type Client struct {
	core    *core
	options callOptions
}

// A core is what a client shares with those that With makes of it.
type core struct {
	conn   *grpc.ClientConn
	nodes  *nodePool
	runner *batchRunner
}

// New makes a client. It connects at the first call, not before. Close it after
// use.
func New(options Options) (*Client, error) {
	if options.Planner == "" {
		return nil, errors.New("slotplanner: Options.Planner is empty")
	}
	if options.Nodes == nil {
		return nil, errors.New("slotplanner: Options.Nodes is nil")
	}
	if options.Timeout < 0 {
		return nil, errors.New("slotplanner: Options.Timeout is negative")
	}
	if options.Timeout == 0 {
		options.Timeout = defaultTimeout
	}
	if options.MapAddress == nil {
		options.MapAddress = func(announced Endpoint) Endpoint { return announced }
	}
	conn, err := dialPlanner(options.Planner, options.PlannerTLS, options.Token, options.DialOptions)
	if err != nil {
		return nil, fmt.Errorf("slotplanner: Options.Planner: %w", err)
	}
	planner := grpcPlanner{v1.NewSlotPlannerServiceClient(conn), v1.NewTopologyServiceClient(conn)}
	nodes := newNodePool(options.Nodes)
	return &Client{
		core: &core{
			conn:  conn,
			nodes: nodes,
			runner: &batchRunner{
				planner:      planner,
				keyPositions: newKeyPositionsCache(planner),
				nodes:        nodes,
				mapAddress:   options.MapAddress,
			},
		},
		options: callOptions{
			timeout:        options.Timeout,
			cluster:        options.Cluster,
			readPreference: options.ReadPreference,
			clientZone:     options.ClientZone,
			splitPolicy:    options.SplitPolicy,
		},
	}, nil
}

// With returns a client with other options that shares all connections with
// this one. To close either is to close both.
func (c *Client) With(options ...CallOption) *Client {
	with := &Client{core: c.core, options: c.options}
	for _, option := range options {
		option(&with.options)
	}
	return with
}

// Close closes all connections. Calls under way fail.
func (c *Client) Close() error {
	c.core.nodes.close()
	return c.core.conn.Close()
}

// PlannerConn is the connection to the planner, for calls to it that a Client
// does not make (see package slotplannerv1). Close ends it.
func (c *Client) PlannerConn() grpc.ClientConnInterface { return c.core.conn }

// Do runs one command, whose arguments are strings, byte slices, integers or
// floats, and returns the reply that a single server would have given (see
// Result.Value).
//
// The error is a *NodeError, *PartsFailedError, *UnmergeableError or
// *RefusedError; else nothing was sent, and it has the gRPC status code of why.
func (c *Client) Do(ctx context.Context, args ...any) (any, error) {
	command, err := commandFrom(args)
	if err != nil {
		return nil, err
	}
	results, err := c.DoBatch(ctx, []Command{command})
	if err != nil {
		return nil, err
	}
	return results[0].Value, results[0].Err
}

// DoBatch runs commands together: one pipeline to each node, all nodes at once.
// Commands of one slot take effect in their order; MULTI ... EXEC is one
// transaction, whose keys must share a slot. A command that is refused or fails
// leaves the others as they are.
//
// The results are parallel to the commands. A failed batch was not sent at all:
// the error has the gRPC status code of why. Errors of single commands are in
// their results.
func (c *Client) DoBatch(ctx context.Context, commands []Command) ([]Result, error) {
	request := &v1.PlanBatchRequest{
		Cluster:        c.options.cluster,
		Commands:       make([]*v1.Command, len(commands)),
		ReadPreference: c.options.readPreference,
		ClientZone:     c.options.clientZone,
		SplitPolicy:    c.options.splitPolicy,
	}
	for i, command := range commands {
		if len(command) == 0 {
			return nil, status.Errorf(codes.InvalidArgument, "Command %d is empty.", i)
		}
		request.Commands[i] = &v1.Command{Args: command}
	}
	if len(commands) == 0 {
		return nil, nil
	}
	if _, ok := ctx.Deadline(); !ok {
		timeout := c.options.timeout
		if timeout <= 0 {
			timeout = defaultTimeout
		}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, timeout)
		defer cancel()
	}
	commandResults, err := c.core.runner.run(ctx, request)
	if err != nil {
		return nil, &callError{err}
	}
	results := make([]Result, len(commandResults))
	for i, command := range commandResults {
		results[i] = resultOf(command)
	}
	return results, nil
}
