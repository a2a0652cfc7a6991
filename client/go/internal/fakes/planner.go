// SPDX-License-Identifier: Apache-2.0

package fakes

import (
	"context"
	"net"
	"sync"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
)

// A Planner answers with what the test says. It lists the commands GET, SET,
// INCR, DEL, MGET, MSET and WAIT.
type Planner struct {
	v1.UnimplementedSlotPlannerServiceServer
	v1.UnimplementedTopologyServiceServer

	Target string
	// Plan answers PlanBatch. Called by several goroutines.
	Plan func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error)

	mu       sync.Mutex
	requests []*v1.PlanBatchRequest // Guarded by mu.
	tokens   []string               // Guarded by mu.
}

// StartPlanner starts a planner that ends with the test.
func StartPlanner(t Test, plan func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error),
	options ...grpc.ServerOption) *Planner {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	planner := &Planner{Target: listener.Addr().String(), Plan: plan}
	server := grpc.NewServer(options...)
	v1.RegisterSlotPlannerServiceServer(server, planner)
	v1.RegisterTopologyServiceServer(server, planner)
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return planner
}

// PlanBatch is that of the service.
func (p *Planner) PlanBatch(ctx context.Context, request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	incoming, _ := metadata.FromIncomingContext(ctx)
	p.mu.Lock()
	p.requests = append(p.requests, request)
	p.tokens = append(p.tokens, incoming.Get("authorization")...)
	p.mu.Unlock()
	return p.Plan(request)
}

// GetKeyPositions is that of the service.
func (p *Planner) GetKeyPositions(context.Context, *v1.GetKeyPositionsRequest) (*v1.GetKeyPositionsResponse, error) {
	response := &v1.GetKeyPositionsResponse{}
	add := func(name string, last, step int32) {
		response.Commands = append(response.Commands, &v1.KeyPositions{
			Command: name, Ranges: []*v1.KeyRange{{First: 1, Last: last, Step: step}}})
	}
	for _, name := range []string{"del", "exists", "mget", "touch", "unlink"} {
		add(name, -1, 1)
	}
	for _, name := range []string{"get", "incr", "set"} {
		add(name, 1, 1)
	}
	add("mset", -1, 2)
	response.Commands = append(response.Commands, &v1.KeyPositions{Command: "wait"})
	return response, nil
}

// Requests are those of PlanBatch so far.
func (p *Planner) Requests() []*v1.PlanBatchRequest {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*v1.PlanBatchRequest{}, p.requests...)
}

// Tokens are the authorization headers so far.
func (p *Planner) Tokens() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.tokens...)
}

// SplitByKey plans each command, of which every step-th argument is a key, with
// one part for each key, on the nodes in turn. A single key is not split.
func SplitByKey(step int, operation v1.MergeOperation, safety v1.RetrySafety,
	nodes ...slotplanner.Endpoint) func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	return func(request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		plan := &v1.PlanBatchResponse{Stages: []*v1.Stage{{}}, Topology: &v1.TopologyStamp{Version: "t1"}}
		nodePlans := map[slotplanner.Endpoint]*v1.NodePlan{}
		for i, command := range request.GetCommands() {
			count := int32(0)
			for first := 1; first < len(command.GetArgs()); first += step {
				node := nodes[int(count)%len(nodes)]
				if nodePlans[node] == nil {
					nodePlans[node] = &v1.NodePlan{Node: &v1.Node{Host: node.Host, Port: int32(node.Port)}}
					plan.Stages[0].NodePlans = append(plan.Stages[0].NodePlans, nodePlans[node])
				}
				slot := int32(slotplanner.KeySlot(string(command.GetArgs()[first])))
				planned := &v1.PlannedCommand{
					CommandIndex: int32(i), PartIndex: count, Slot: &slot,
					ArgIndexes: []int32{0}, ReplyPositions: []int32{count},
				}
				for j := first; j < first+step; j++ {
					planned.ArgIndexes = append(planned.ArgIndexes, int32(j))
				}
				nodePlans[node].Commands = append(nodePlans[node].Commands, planned)
				count++
			}
			plan.CommandPlans = append(plan.CommandPlans, &v1.CommandPlan{
				Verdict: v1.Verdict_VERDICT_SPLIT, PartCount: count, RetrySafety: safety,
				Merge: &v1.Merge{Operation: operation},
			})
		}
		return plan, nil
	}
}
