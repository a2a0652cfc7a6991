// SPDX-License-Identifier: Apache-2.0

package slotplanner_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"github.com/slotplanner/slotplanner/client/go/goredis"
	"github.com/slotplanner/slotplanner/client/go/internal/fakes"
	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const (
	gather    = v1.MergeOperation_MERGE_OPERATION_GATHER
	sum       = v1.MergeOperation_MERGE_OPERATION_SUM
	succeeded = v1.MergeOperation_MERGE_OPERATION_ALL_SUCCEEDED
	single    = v1.MergeOperation_MERGE_OPERATION_SINGLE
	safe      = v1.RetrySafety_RETRY_SAFETY_SAFE
	sameState = v1.RetrySafety_RETRY_SAFETY_SAME_STATE
)

func newClient(t testing.TB, planner *fakes.Planner, change ...func(*slotplanner.Options)) *slotplanner.Client {
	t.Helper()
	options := slotplanner.Options{Planner: planner.Target, Nodes: &goredis.Connector{}, Timeout: 10 * time.Second}
	for _, each := range change {
		each(&options)
	}
	client, err := slotplanner.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return client
}

func expectEqual(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// A store is what nodes of one cluster hold. It knows a few commands.
func storeNode(t fakes.Test) *fakes.Node {
	var mu sync.Mutex
	values := map[string]string{}
	return fakes.StartNode(t, func(_ int, args []string) string {
		mu.Lock()
		defer mu.Unlock()
		value, exists := "", false
		if len(args) > 1 {
			value, exists = values[args[1]]
		}
		switch strings.ToUpper(args[0]) {
		case "MSET":
			values[args[1]] = args[2]
			return "+OK\r\n"
		case "MGET":
			if !exists {
				return "*1\r\n$-1\r\n"
			}
			return fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", len(value), value)
		case "DEL", "UNLINK":
			delete(values, args[1])
			fallthrough
		case "EXISTS", "TOUCH":
			if exists {
				return ":1\r\n"
			}
			return ":0\r\n"
		}
		return "+PONG\r\n"
	})
}

// storePlan plans what a storeNode knows; it refuses RENAME.
func storePlan(a, b *fakes.Node) func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	return func(request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		switch string(request.GetCommands()[0].GetArgs()[0]) {
		case "MSET":
			return fakes.SplitByKey(2, succeeded, sameState, a.Endpoint, b.Endpoint)(request)
		case "MGET":
			return fakes.SplitByKey(1, gather, safe, a.Endpoint, b.Endpoint)(request)
		case "RENAME":
			return &v1.PlanBatchResponse{CommandPlans: []*v1.CommandPlan{{
				Verdict: v1.Verdict_VERDICT_REFUSED,
				Refusal: &v1.Refusal{Reason: v1.RefusalReason_REFUSAL_REASON_CROSS_SLOT, Message: "Two slots."},
			}}}, nil
		}
		return fakes.SplitByKey(1, sum, sameState, a.Endpoint, b.Endpoint)(request)
	}
}

// Rules C5, E1.
func TestCommandsOfSeveralKeys(t *testing.T) {
	a, b := storeNode(t), storeNode(t)
	planner := fakes.StartPlanner(t, storePlan(a, b))
	client := newClient(t, planner)
	ctx := context.Background()
	if err := client.MSet(ctx, "x", "secret", "y", []byte{0, 0xff}, "z", ""); err != nil {
		t.Fatal(err)
	}
	values, err := client.MGet(ctx, "x", "y", "z", "none")
	expectEqual(t, []any{values, err}, []any{[][]byte{[]byte("secret"), {0, 0xff}, {}, nil}, nil})
	for name, count := range map[string]func(context.Context, ...string) (int64, error){
		"exists": client.Exists, "touch": client.Touch,
	} {
		n, err := count(ctx, "x", "y", "none")
		expectEqual(t, []any{name, n, err}, []any{name, int64(2), nil})
	}
	n, err := client.Del(ctx, "x", "none")
	expectEqual(t, []any{n, err}, []any{int64(1), nil})
	n, err = client.Unlink(ctx, "z", "y")
	expectEqual(t, []any{n, err}, []any{int64(2), nil})
	for _, request := range planner.Requests() {
		if bytes, err := proto.Marshal(request); err != nil || strings.Contains(string(bytes), "secret") {
			t.Errorf("the planner was sent a value: %v %v", request, err)
		}
	}
}

func TestErrorsSayWhatHappened(t *testing.T) {
	works := fakes.StartNode(t, func(int, []string) string { return "+OK\r\n" })
	fails := fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "PING" {
			return "+PONG\r\n"
		}
		return "-OOM command not allowed\r\n"
	})
	planner := fakes.StartPlanner(t, nil)
	client := newClient(t, planner)
	ctx := context.Background()

	planner.Plan = fakes.SplitByKey(2, succeeded, sameState, works.Endpoint, fails.Endpoint)
	err := client.MSet(ctx, "x", 1, "y", 2.5)
	var parts *slotplanner.PartsFailedError
	if !errors.As(err, &parts) {
		t.Fatalf("%#v", err)
	}
	expectEqual(t, err.Error(), fmt.Sprintf("PARTFAILED 1 of 2 parts were applied; failed: part 1 on %s (arguments 3, 4): "+
		"OOM command not allowed; applied: part 0 on %s (arguments 1, 2)", fails.Endpoint, works.Endpoint))
	expectEqual(t, parts.Parts[0].Outcome, slotplanner.Applied)
	expectEqual(t, parts.Parts[1].ArgIndexes, []int{3, 4})
	expectEqual(t, errors.Is(err, slotplanner.ReplyError("OOM command not allowed")), true)
	var node *slotplanner.NodeError
	expectEqual(t, errors.As(err, &node), false)

	planner.Plan = fakes.SplitByKey(2, succeeded, sameState, fails.Endpoint)
	err = client.MSet(ctx, "x", 1, "y", 2)
	if !errors.As(err, &node) {
		t.Fatalf("%#v", err)
	}
	expectEqual(t, *node, slotplanner.NodeError{Node: fails.Endpoint.String(), Reply: "OOM command not allowed"})

	planner.Plan = fakes.SplitByKey(2, sum, sameState, works.Endpoint)
	_, err = client.Do(ctx, "MSET", "x", 1)
	var unmergeable *slotplanner.UnmergeableError
	if !errors.As(err, &unmergeable) {
		t.Fatalf("%#v", err)
	}
	expectEqual(t, len(unmergeable.Parts), 1)

	refusal := &v1.Refusal{
		Reason: v1.RefusalReason_REFUSAL_REASON_CROSS_SLOT, Message: "Two slots.",
		Remedies: []*v1.Remedy{{Kind: v1.RemedyKind_REMEDY_KIND_HASH_TAG}},
	}
	planner.Plan = func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		return &v1.PlanBatchResponse{CommandPlans: []*v1.CommandPlan{
			{Verdict: v1.Verdict_VERDICT_REFUSED, Refusal: refusal}}}, nil
	}
	_, err = client.Do(ctx, "RENAME", "x", "y")
	var refused *slotplanner.RefusedError
	if !errors.As(err, &refused) {
		t.Fatalf("%#v", err)
	}
	expectEqual(t, refused.Error(), "REFUSED Two slots.")
	expectEqual(t, refused.Reason(), v1.RefusalReason_REFUSAL_REASON_CROSS_SLOT)
	expectEqual(t, refused.Remedies()[0].GetKind(), v1.RemedyKind_REMEDY_KIND_HASH_TAG)

	planner.Plan = func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		return nil, status.Error(codes.NotFound, "no such cluster")
	}
	_, err = client.Do(ctx, "GET", "x")
	expectEqual(t, status.Code(err), codes.NotFound)
}

func TestBadArgumentsAreNamedByIndexOnly(t *testing.T) {
	planner := fakes.StartPlanner(t, nil)
	client := newClient(t, planner)
	_, err := client.Do(context.Background(), "SET", "key", map[string]string{"secret": "x"})
	if err == nil || !strings.Contains(err.Error(), "argument 2") || strings.Contains(err.Error(), "secret") {
		t.Error(err)
	}
	_, err = client.Do(context.Background())
	expectEqual(t, status.Code(err), codes.InvalidArgument)
	results, err := client.DoBatch(context.Background(), nil)
	expectEqual(t, []any{len(results), err}, []any{0, nil})
	expectEqual(t, len(planner.Requests()), 0)
	for _, options := range []slotplanner.Options{
		{}, {Planner: planner.Target}, {Nodes: &goredis.Connector{}},
		{Planner: planner.Target, Nodes: &goredis.Connector{}, Timeout: -1},
	} {
		if _, err := slotplanner.New(options); err == nil {
			t.Errorf("%+v was taken", options)
		}
	}
}

// Rules E3, E4.
func TestTheContextEndsACall(t *testing.T) {
	heard := make(chan bool, 2)
	node := fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "PING" {
			return "+PONG\r\n"
		}
		heard <- true
		return fakes.Silence
	})
	planner := fakes.StartPlanner(t, fakes.SplitByKey(2, succeeded, sameState, node.Endpoint))
	client := newClient(t, planner)

	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-heard
		cancel()
	}()
	err := client.MSet(ctx, "x", 1)
	expectEqual(t, errors.Is(err, context.Canceled), true)
	expectUnknown(t, err, codes.Canceled)

	ctx, cancel = context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err = client.MSet(ctx, "x", 1)
	expectEqual(t, errors.Is(err, context.DeadlineExceeded), true)
	expectUnknown(t, err, codes.DeadlineExceeded)

	err = client.With(slotplanner.WithTimeout(50*time.Millisecond)).MSet(context.Background(), "x", 1)
	expectUnknown(t, err, codes.DeadlineExceeded)

	// A context that is over has nothing sent.
	requests, received := len(planner.Requests()), len(node.Received())
	_, err = client.Do(ctx, "GET", "x")
	expectEqual(t, errors.Is(err, context.DeadlineExceeded), true)
	expectEqual(t, status.Code(err), codes.DeadlineExceeded)
	expectEqual(t, []int{len(planner.Requests()), len(node.Received())}, []int{requests, received})
	node.AwaitNoConns()
}

func expectUnknown(t *testing.T, err error, code codes.Code) {
	t.Helper()
	var parts *slotplanner.PartsFailedError
	if !errors.As(err, &parts) {
		t.Fatalf("%#v", err)
	}
	expectEqual(t, parts.Parts[0].Outcome, slotplanner.Unknown)
	expectEqual(t, status.Code(parts.Parts[0].Cause), code)
}

func TestAnUnavailablePlannerIsTriedUntilTheDeadline(t *testing.T) {
	tries := 0
	node := storeNode(t)
	planner := fakes.StartPlanner(t, func(request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		if tries++; tries < 7 { // More than one call of gRPC makes.
			return nil, status.Error(codes.Unavailable, "not yet")
		}
		return fakes.SplitByKey(1, gather, safe, node.Endpoint)(request)
	})
	client := newClient(t, planner)
	values, err := client.MGet(context.Background(), "none")
	expectEqual(t, []any{values, err}, []any{[][]byte{nil}, nil})

	tries = -1000
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	_, err = client.MGet(ctx, "none")
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		t.Error(err)
	}
}

func TestOptionsOfACallAreItsOwn(t *testing.T) {
	node := storeNode(t)
	planner := fakes.StartPlanner(t, fakes.SplitByKey(1, gather, safe, node.Endpoint))
	client := newClient(t, planner, func(o *slotplanner.Options) {
		o.Cluster, o.ClientZone, o.Token = "one", "zone-a", "tok"
	})
	other := client.With(slotplanner.WithCluster("two"), slotplanner.WithClientZone("zone-b"),
		slotplanner.WithReadPreference(v1.ReadPreference_READ_PREFERENCE_NEAREST),
		slotplanner.WithSplitPolicy(v1.SplitPolicy_SPLIT_POLICY_ATOMIC))
	for _, each := range []*slotplanner.Client{client, other, client} {
		if _, err := each.MGet(context.Background(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, request := range planner.Requests() {
		got = append(got, fmt.Sprint(request.GetCluster(), request.GetClientZone(),
			int(request.GetReadPreference()), int(request.GetSplitPolicy())))
	}
	expectEqual(t, got, []string{"onezone-a0 0", "twozone-b3 1", "onezone-a0 0"})
	expectEqual(t, planner.Tokens(), []string{"Bearer tok", "Bearer tok", "Bearer tok"})
	expectEqual(t, node.Conns(), 1)
}

func TestThePlannerProvesWhoItIs(t *testing.T) {
	https := httptest.NewTLSServer(nil) // Has a certificate for 127.0.0.1.
	defer https.Close()
	node := storeNode(t)
	planner := fakes.StartPlanner(t, fakes.SplitByKey(1, gather, safe, node.Endpoint),
		grpc.Creds(credentials.NewTLS(&tls.Config{Certificates: https.TLS.Certificates, NextProtos: []string{"h2"}})))
	trusting := https.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
	trusting.NextProtos = nil
	client := newClient(t, planner, func(o *slotplanner.Options) { o.PlannerTLS = trusting })
	if _, err := client.MGet(context.Background(), "x"); err != nil {
		t.Error(err)
	}
	doubting := newClient(t, planner, func(o *slotplanner.Options) {
		o.PlannerTLS, o.Timeout = &tls.Config{}, 200*time.Millisecond
	})
	_, err := doubting.MGet(context.Background(), "x")
	if code := status.Code(err); code != codes.Unavailable && code != codes.DeadlineExceeded {
		t.Error(err)
	}
	expectEqual(t, len(planner.Requests()), 1)
}

func TestCloseEndsAllConnections(t *testing.T) {
	node := storeNode(t)
	planner := fakes.StartPlanner(t, fakes.SplitByKey(1, gather, safe, node.Endpoint))
	client := newClient(t, planner)
	if _, err := client.MGet(context.Background(), "x"); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	node.AwaitNoConns()
	if _, err := client.MGet(context.Background(), "x"); err == nil {
		t.Error("a closed client works")
	}
}

// Callers share connections, never at the same time; and never a reply.
func TestManyCallersAtOnce(t *testing.T) {
	const callers, calls = 32, 50
	a, b := echoNode(t), echoNode(t)
	planner := fakes.StartPlanner(t, fakes.SplitByKey(1, gather, safe, a.Endpoint, b.Endpoint))
	client := newClient(t, planner)
	var running sync.WaitGroup
	for caller := range callers {
		running.Add(1)
		go func() {
			defer running.Done()
			for call := range calls {
				keys := []string{fmt.Sprintf("%d.%d", caller, call), fmt.Sprintf("%d.%d", call, caller), "k"}
				values, err := client.MGet(context.Background(), keys...)
				want := [][]byte{[]byte(keys[0]), []byte(keys[1]), []byte("k")}
				if err != nil || !slicesEqual(values, want) {
					t.Errorf("%v: %q, %v", keys, values, err)
				}
			}
		}()
	}
	running.Wait()
	if conns := a.Conns() + b.Conns(); conns > 2*callers {
		t.Errorf("%d connections were made", conns)
	}
}

func slicesEqual(a, b [][]byte) bool {
	return bytes.Equal(bytes.Join(a, []byte{0}), bytes.Join(b, []byte{0}))
}

// An echoNode has each key as its value.
func echoNode(t fakes.Test) *fakes.Node {
	return fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "MGET" {
			return fmt.Sprintf("*1\r\n$%d\r\n%s\r\n", len(args[1]), args[1])
		}
		return "+PONG\r\n"
	})
}

// Rule F3: the hook is for what redirections name.
func TestMapAddressIsForRedirections(t *testing.T) {
	target := echoNode(t)
	source := fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "MGET" {
			return "-MOVED 5 10.9.8.7:6379\r\n"
		}
		return "+PONG\r\n"
	})
	planner := fakes.StartPlanner(t, fakes.SplitByKey(1, gather, safe, source.Endpoint))
	var asked []slotplanner.Endpoint
	client := newClient(t, planner, func(o *slotplanner.Options) {
		o.MapAddress = func(announced slotplanner.Endpoint) slotplanner.Endpoint {
			asked = append(asked, announced)
			return target.Endpoint
		}
	})
	values, err := client.MGet(context.Background(), "x")
	expectEqual(t, []any{values, err}, []any{[][]byte{[]byte("x")}, nil})
	expectEqual(t, asked, []slotplanner.Endpoint{{Host: "10.9.8.7", Port: 6379}})
}

// A countingNode takes SET commands whose values count up from 0.
func countingNode(t fakes.Test) (node *fakes.Node, seen func() int) {
	var mu sync.Mutex
	count := 0
	node = fakes.StartNode(t, func(_ int, args []string) string {
		mu.Lock()
		defer mu.Unlock()
		if args[0] == "SET" {
			if args[2] != fmt.Sprint(count) {
				return "-ERR out of order\r\n"
			}
			count++
		}
		return "+OK\r\n"
	})
	return node, func() int {
		mu.Lock()
		defer mu.Unlock()
		return count
	}
}

// toOneNode plans all commands as writes of one slot.
func toOneNode(node slotplanner.Endpoint) func(*v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
	return func(request *v1.PlanBatchRequest) (*v1.PlanBatchResponse, error) {
		nodePlan := &v1.NodePlan{Node: &v1.Node{Host: node.Host, Port: int32(node.Port)}}
		plan := &v1.PlanBatchResponse{Stages: []*v1.Stage{{NodePlans: []*v1.NodePlan{nodePlan}}}}
		for i := range request.GetCommands() {
			nodePlan.Commands = append(nodePlan.Commands,
				&v1.PlannedCommand{CommandIndex: int32(i), Slot: proto.Int32(7)})
			plan.CommandPlans = append(plan.CommandPlans, &v1.CommandPlan{
				Verdict: v1.Verdict_VERDICT_SINGLE_SLOT, PartCount: 1, Merge: &v1.Merge{Operation: single},
				RetrySafety: v1.RetrySafety_RETRY_SAFETY_UNSAFE})
		}
		return plan, nil
	}
}

// runLargeBatch sets one key to 0, 1, 2 and so on, in one batch to one node.
func runLargeBatch(t *testing.T, count int, node slotplanner.Endpoint) {
	t.Helper()
	planner := fakes.StartPlanner(t, toOneNode(node))
	client := newClient(t, planner)
	batch := make([]slotplanner.Command, count)
	for i := range batch {
		batch[i], _ = slotplanner.NewCommand("SET", "k", i)
	}
	results, err := client.DoBatch(context.Background(), batch)
	if err != nil {
		t.Fatal(err)
	}
	expectEqual(t, len(results), count)
	for i := range results {
		if results[i].Err != nil || results[i].Value != "OK" {
			t.Fatalf("%d: %v", i, results[i])
		}
	}
}

// Rule D1.
func TestALargeBatchIsOnePipelineInItsOrder(t *testing.T) {
	node, seen := countingNode(t)
	runLargeBatch(t, 20000, node.Endpoint)
	expectEqual(t, []int{seen(), node.Conns()}, []int{20000, 1})
}

// Rules D1, F3.
func TestALargeBatchThatIsRedirectedStaysInItsOrder(t *testing.T) {
	target, seen := countingNode(t)
	source := fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "SET" {
			return "-MOVED 7 " + target.Endpoint.String() + "\r\n"
		}
		return "+PONG\r\n"
	})
	runLargeBatch(t, 2000, source.Endpoint)
	expectEqual(t, []int{seen(), target.Conns(), source.Conns()}, []int{2000, 1, 1})
}

// A breakingConn breaks once, before it would write a word.
type breakingConn struct {
	net.Conn
	word string
	once *sync.Once
}

func (c breakingConn) Write(text []byte) (n int, err error) {
	at := bytes.Index(text, []byte(c.word))
	if at >= 0 {
		c.once.Do(func() {
			n, _ = c.Conn.Write(text[:at])
			err = errors.New("broken")
			c.Close()
		})
	}
	if err != nil {
		return n, err
	}
	return c.Conn.Write(text)
}

// Rule D3: without its EXEC, a transaction is nothing, and goes out again once.
func TestATransactionThatLostItsExecIsSentAgainAsAWhole(t *testing.T) {
	for _, word := range []string{"MULTI", "INCR", "EXEC"} {
		var mu sync.Mutex
		counts := map[string]int{} // By connection and command.
		node := fakes.StartNode(t, func(conn int, args []string) string {
			mu.Lock()
			defer mu.Unlock()
			counts[fmt.Sprint(conn, args[0])]++
			return map[string]string{"MULTI": "+OK\r\n", "INCR": "+QUEUED\r\n", "EXEC": "*1\r\n:1\r\n"}[args[0]] +
				map[bool]string{true: "+PONG\r\n"}[args[0] == "PING"]
		})
		planner := fakes.StartPlanner(t, toOneNode(node.Endpoint))
		once := &sync.Once{}
		client := newClient(t, planner, func(o *slotplanner.Options) {
			o.Nodes = &goredis.Connector{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
				raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
				return breakingConn{raw, word, once}, err
			}}
		})
		results, err := client.DoBatch(context.Background(), []slotplanner.Command{
			{[]byte("MULTI")}, {[]byte("INCR"), []byte("k")}, {[]byte("EXEC")}})
		if err != nil {
			t.Fatal(err)
		}
		expectEqual(t, []any{results[2].Value, results[2].Err}, []any{[]any{int64(1)}, nil})
		mu.Lock()
		expectEqual(t, []int{counts["0EXEC"], counts["1MULTI"], counts["1INCR"], counts["1EXEC"]}, []int{0, 1, 1, 1})
		mu.Unlock()
		expectEqual(t, []int{len(planner.Requests()), node.Conns()}, []int{1, 2})
	}
}

// Rule E4: where MULTI fails, the node executes each command as it comes.
func TestATransactionWhoseMultiFailedIsNotSentAgain(t *testing.T) {
	node := fakes.StartNode(t, func(_ int, args []string) string {
		return map[string]string{"PING": "+PONG\r\n", "MULTI": "-LOADING x\r\n", "INCR": ":1\r\n",
			"EXEC": "-ERR EXEC without MULTI\r\n"}[args[0]]
	})
	planner := fakes.StartPlanner(t, toOneNode(node.Endpoint))
	client := newClient(t, planner)
	results, err := client.DoBatch(context.Background(), []slotplanner.Command{
		{[]byte("MULTI")}, {[]byte("INCR"), []byte("k")}, {[]byte("EXEC")}})
	if err != nil {
		t.Fatal(err)
	}
	expectEqual(t, []any{results[0].Err.Error(), results[1].Value, results[2].Err.Error()},
		[]any{"LOADING x", int64(1), "ERR EXEC without MULTI"})
	expectEqual(t, node.Received()[2:], []string{"MULTI", "INCR k", "EXEC"})
	expectEqual(t, len(planner.Requests()), 1)
}
