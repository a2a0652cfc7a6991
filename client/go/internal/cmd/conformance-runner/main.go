// SPDX-License-Identifier: Apache-2.0

// Command conformance-runner runs what it reads from standard input, one JSON
// object a line, with this client, and answers each with one JSON object a
// line. See tests/conformance/README.md for the protocol.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"github.com/slotplanner/slotplanner/client/go/goredis"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func main() {
	planner := flag.String("planner", "", "`HOST:PORT` of the slotplanner server")
	token := flag.String("token", "", "bearer token for the planner")
	flag.Parse()
	client, err := slotplanner.New(slotplanner.Options{
		Planner: *planner,
		Token:   *token,
		Nodes:   &goredis.Connector{},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := serve(client, os.Stdin, os.Stdout); err != nil {
		log.Fatal(err)
	}
}

// serve answers all lines of in, one after the other.
func serve(client *slotplanner.Client, in io.Reader, out io.Writer) error {
	lines := bufio.NewReader(in)
	encoder := json.NewEncoder(out)
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF && len(line) == 0 {
			return nil
		}
		if err != nil && err != io.EOF {
			return err
		}
		var r request
		if err := json.Unmarshal(line, &r); err != nil {
			return fmt.Errorf("a line is no request: %w", err)
		}
		if err := encoder.Encode(answer(client, &r)); err != nil {
			return err
		}
	}
}

func answer(client *slotplanner.Client, r *request) any {
	switch r.Op {
	case "key_slot":
		return keySlots(r)
	case "execute":
		return execute(client, r)
	}
	return failure(r, status.Errorf(codes.Unimplemented, "There is no op %q.", r.Op))
}

func keySlots(r *request) any {
	slots := slotsResponse{ID: r.ID, Slots: []int{}, HashTags: []*[2]int{}}
	for _, key := range r.Keys {
		slots.Slots = append(slots.Slots, slotplanner.KeySlot(string(key)))
		var tag *[2]int
		if offset, length, ok := slotplanner.HashTag(string(key)); ok {
			tag = &[2]int{offset, length}
		}
		slots.HashTags = append(slots.HashTags, tag)
	}
	return slots
}

func execute(client *slotplanner.Client, r *request) any {
	options, err := r.Options.callOptions()
	if err != nil {
		return failure(r, err)
	}
	commands := make([]slotplanner.Command, len(r.Commands))
	for i, args := range r.Commands {
		for _, arg := range args {
			commands[i] = append(commands[i], arg)
		}
	}
	results, err := client.With(options...).DoBatch(context.Background(), commands)
	if err != nil {
		return failure(r, err)
	}
	executed := executeResponse{ID: r.ID, Results: []result{}}
	for i := range results {
		encoded, err := encodeResult(&results[i])
		if err != nil {
			return failure(r, err)
		}
		executed.Results = append(executed.Results, encoded)
	}
	return executed
}

func failure(r *request, err error) any {
	s := status.Convert(err)
	return failureResponse{r.ID, callFailure{code.Code(s.Code()).String(), s.Message()}}
}
