// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"context"
	"slices"
	"sync"
	"time"

	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
)

// A server hears of a new command with a refresh, which is seconds apart, too.
const minFetchInterval = time.Second

// A keyPositionsCache keeps the table of each cluster, from its first use on.
// Safe for concurrent use.
type keyPositionsCache struct {
	planner planner

	mu     sync.Mutex
	tables map[string]cachedTable // By cluster. Guarded by mu.
}

type cachedTable struct {
	table     *keyPositionsTable
	fetchTime time.Time
}

func newKeyPositionsCache(p planner) *keyPositionsCache {
	return &keyPositionsCache{planner: p, tables: map[string]cachedTable{}}
}

// tableFor returns the table of the request's cluster. It is fetched when there
// is none yet, and when the request has a command that it does not list, which
// may have been added since: then for one caller at a time, not within a second
// of the last time, and meanwhile the table is the old one. Fails as the fetch
// does, after which the next caller fetches anew.
func (c *keyPositionsCache) tableFor(ctx context.Context, request *v1.PlanBatchRequest) (*keyPositionsTable, error) {
	if table := c.kept(request); table != nil {
		return table, nil
	}
	cluster := request.GetCluster()
	response, err := c.planner.GetKeyPositions(ctx, &v1.GetKeyPositionsRequest{Cluster: cluster})
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if cached, ok := c.tables[cluster]; ok {
			cached.fetchTime = time.Time{}
			c.tables[cluster] = cached
		}
		return nil, err
	}
	table := newKeyPositionsTable(response)
	c.tables[cluster] = cachedTable{table, time.Now()}
	return table, nil
}

// kept returns the table that will do for the request; nil when one must be
// fetched.
func (c *keyPositionsCache) kept(request *v1.PlanBatchRequest) *keyPositionsTable {
	c.mu.Lock()
	cached, ok := c.tables[request.GetCluster()]
	c.mu.Unlock()
	if !ok {
		return nil
	}
	isUnlisted := func(command *v1.Command) bool { return !cached.table.lists(command.GetArgs()) }
	if !slices.ContainsFunc(request.GetCommands(), isUnlisted) {
		return cached.table
	}
	now := time.Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	cached = c.tables[request.GetCluster()] // None is ever taken out.
	if now.Sub(cached.fetchTime) < minFetchInterval {
		return cached.table
	}
	cached.fetchTime = now // From here on others leave it to this caller.
	c.tables[request.GetCluster()] = cached
	return nil
}
