// SPDX-License-Identifier: Apache-2.0

package slotplanner_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"testing"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"github.com/slotplanner/slotplanner/client/go/goredis"
	"github.com/slotplanner/slotplanner/client/go/internal/fakes"
)

func Example() {
	client, err := slotplanner.New(slotplanner.Options{
		Planner: os.Getenv("SLOTPLANNER"), // host:port
		Nodes:   &goredis.Connector{},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()

	// These keys are in three slots.
	if err := client.MSet(ctx, "user:1", "Ada", "user:2", "Grace", "user:3", "Alan"); err != nil {
		log.Fatal(err)
	}
	names, err := client.MGet(ctx, "user:1", "user:2", "user:3", "user:4")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s %s %s %t\n", names[0], names[1], names[2], names[3] == nil)

	count, err := client.Del(ctx, "user:1", "user:2", "user:3")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(count)

	// Output:
	// Ada Grace Alan true
	// 3
}

func ExampleRefusedError() {
	client, err := slotplanner.New(slotplanner.Options{
		Planner: os.Getenv("SLOTPLANNER"),
		Nodes:   &goredis.Connector{},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()

	_, err = client.Do(context.Background(), "RENAME", "user:1", "user:2")
	var refused *slotplanner.RefusedError
	if errors.As(err, &refused) {
		fmt.Println(refused.Reason())
	}

	// Output: REFUSAL_REASON_CROSS_SLOT
}

// TestMain lets the examples run on the planner that $SLOTPLANNER names, with a
// real cluster behind it, or else on fakes.
func TestMain(m *testing.M) {
	scope := &mainScope{}
	if os.Getenv("SLOTPLANNER") == "" {
		planner := fakes.StartPlanner(scope, storePlan(storeNode(scope), storeNode(scope)))
		os.Setenv("SLOTPLANNER", planner.Target)
	}
	code := m.Run()
	for _, cleanup := range scope.cleanups {
		cleanup()
	}
	os.Exit(code)
}

// A mainScope is a fakes.Test that lasts for all tests.
type mainScope struct{ cleanups []func() }

func (*mainScope) Helper()              {}
func (*mainScope) Fatal(args ...any)    { log.Fatal(args...) }
func (s *mainScope) Cleanup(end func()) { s.cleanups = append(s.cleanups, end) }
