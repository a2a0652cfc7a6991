// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"crypto/tls"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
)

// Options say how a Client reaches the planner and the nodes. All but Planner
// and Nodes may be left out.
type Options struct {
	// Planner is the slotplanner server: host:port, whose addresses are all used
	// in turn, unix:PATH, or any other target in gRPC's own notation.
	Planner string

	// PlannerTLS is what to connect to the planner with; nil means plain text.
	PlannerTLS *tls.Config

	// Token is sent to the planner with each call as a bearer token, if not
	// empty. Over plain text it can be read on the way.
	Token string

	// DialOptions are added to those of the connection to the planner, after
	// them.
	DialOptions []grpc.DialOption

	// Nodes connects to the nodes of the cluster, as goredis.Connector does.
	Nodes Connector

	// MapAddress says where to find the nodes that redirections name, for
	// clusters behind address translation. Nil means where they say. What a plan
	// names is found as it stands. Safe for concurrent use.
	MapAddress func(Endpoint) Endpoint

	// Timeout is how long a call may take, all retries together, whose context
	// has no deadline. 0 means 5 s.
	Timeout time.Duration

	// Cluster is the name of the cluster, as configured on the planner. Empty
	// means the default cluster.
	Cluster string

	// ReadPreference says which node of a shard serves commands that only read.
	// The zero value means the primary.
	ReadPreference v1.ReadPreference

	// ClientZone is the availability zone of the caller, for
	// READ_PREFERENCE_NEAREST.
	ClientZone string

	// SplitPolicy says what may be done to a command whose keys are in several
	// slots. The zero value means to split it where that loses nothing but
	// atomicity.
	SplitPolicy v1.SplitPolicy
}

const defaultTimeout = 5 * time.Second

// A CallOption changes an option for some calls; see Client.With.
type CallOption func(*callOptions)

type callOptions struct {
	timeout        time.Duration
	cluster        string
	readPreference v1.ReadPreference
	clientZone     string
	splitPolicy    v1.SplitPolicy
}

// WithTimeout is as Options.Timeout.
func WithTimeout(timeout time.Duration) CallOption {
	return func(o *callOptions) { o.timeout = timeout }
}

// WithCluster is as Options.Cluster.
func WithCluster(cluster string) CallOption {
	return func(o *callOptions) { o.cluster = cluster }
}

// WithReadPreference is as Options.ReadPreference.
func WithReadPreference(preference v1.ReadPreference) CallOption {
	return func(o *callOptions) { o.readPreference = preference }
}

// WithClientZone is as Options.ClientZone.
func WithClientZone(zone string) CallOption {
	return func(o *callOptions) { o.clientZone = zone }
}

// WithSplitPolicy is as Options.SplitPolicy.
func WithSplitPolicy(policy v1.SplitPolicy) CallOption {
	return func(o *callOptions) { o.splitPolicy = policy }
}
