// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	v1 "github.com/slotplanner/slotplanner/client/go/slotplannerv1"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
)

// latin1 is bytes as JSON has them here: a character from U+0000 to U+00FF for
// each.
type latin1 []byte

func (l *latin1) UnmarshalJSON(text []byte) error {
	var characters string
	if err := json.Unmarshal(text, &characters); err != nil {
		return err
	}
	bytes := make([]byte, 0, len(characters))
	for _, c := range characters {
		if c > 0xff {
			return fmt.Errorf("the character %U stands for no byte", c)
		}
		bytes = append(bytes, byte(c))
	}
	*l = bytes
	return nil
}

func toLatin1(bytes string) string {
	characters := make([]rune, len(bytes))
	for i := range len(bytes) {
		characters[i] = rune(bytes[i])
	}
	return string(characters)
}

type request struct {
	ID       json.Number `json:"id"`
	Op       string      `json:"op"`
	Keys     []latin1    `json:"keys"`
	Commands [][]latin1  `json:"commands"`
	Options  options     `json:"options"`
}

type options struct {
	TimeoutMS      int64  `json:"timeout_ms"`
	ReadPreference string `json:"read_preference"`
	SplitPolicy    string `json:"split_policy"`
	ClientZone     string `json:"client_zone"`
	Cluster        string `json:"cluster"`
}

func (o options) callOptions() ([]slotplanner.CallOption, error) {
	preference, known := v1.ReadPreference_value[o.ReadPreference]
	if !known && o.ReadPreference != "" {
		return nil, status.Errorf(codes.InvalidArgument, "There is no read preference %q.", o.ReadPreference)
	}
	policy, known := v1.SplitPolicy_value[o.SplitPolicy]
	if !known && o.SplitPolicy != "" {
		return nil, status.Errorf(codes.InvalidArgument, "There is no split policy %q.", o.SplitPolicy)
	}
	return []slotplanner.CallOption{
		slotplanner.WithTimeout(time.Duration(o.TimeoutMS) * time.Millisecond),
		slotplanner.WithReadPreference(v1.ReadPreference(preference)),
		slotplanner.WithSplitPolicy(v1.SplitPolicy(policy)),
		slotplanner.WithClientZone(o.ClientZone),
		slotplanner.WithCluster(o.Cluster),
	}, nil
}

type slotsResponse struct {
	ID       json.Number `json:"id"`
	Slots    []int       `json:"slots"`
	HashTags []*[2]int   `json:"hash_tags"`
}

type executeResponse struct {
	ID      json.Number `json:"id"`
	Results []result    `json:"results"`
}

type result struct {
	Reply   json.RawMessage `json:"reply"`
	Parts   []part          `json:"parts,omitempty"`
	Refusal json.RawMessage `json:"refusal,omitempty"`
}

type part struct {
	Outcome    string          `json:"outcome"`
	Node       string          `json:"node"`
	Reply      json.RawMessage `json:"reply,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	ArgIndexes []int           `json:"arg_indexes,omitempty"`
}

type failureResponse struct {
	ID    json.Number `json:"id"`
	Error callFailure `json:"error"`
}

type callFailure struct {
	Code    string `json:"code"`
	Message string `json:"message"`
}

func encodeResult(r *slotplanner.Result) (encoded result, err error) {
	reply := r.Value
	var parts *slotplanner.PartsFailedError
	var unmergeable *slotplanner.UnmergeableError
	var refused *slotplanner.RefusedError
	var node *slotplanner.NodeError
	switch {
	case errors.As(r.Err, &refused):
		reply = slotplanner.ReplyError(refused.Error())
		if encoded.Refusal, err = protojson.Marshal(refused.Refusal); err != nil {
			return encoded, err
		}
	case errors.As(r.Err, &parts), errors.As(r.Err, &unmergeable):
		reply = slotplanner.ReplyError(r.Err.Error())
	case errors.As(r.Err, &node):
		reply = node.Reply
	}
	if encoded.Reply, err = encodeReply(reply); err != nil {
		return encoded, err
	}
	for i := range r.Parts {
		p := &r.Parts[i]
		one := part{Outcome: p.Outcome.String(), Node: p.Node, ArgIndexes: p.ArgIndexes}
		if p.Outcome == slotplanner.Applied || p.Outcome == slotplanner.Failed {
			if one.Reply, err = encodeReply(p.Reply); err != nil {
				return encoded, err
			}
		} else {
			one.Cause = code.Code(status.Code(p.Cause)).String()
		}
		encoded.Parts = append(encoded.Parts, one)
	}
	return encoded, nil
}

func encodeReply(reply any) (json.RawMessage, error) {
	value, err := replyValue(reply)
	if err != nil {
		return nil, err
	}
	return json.Marshal(value)
}

func replyValue(reply any) (any, error) {
	switch reply := reply.(type) {
	case nil:
		return nil, nil
	case int64:
		return map[string]string{"integer": strconv.FormatInt(reply, 10)}, nil
	case string:
		return map[string]string{"string": toLatin1(reply)}, nil
	case slotplanner.ReplyError:
		return map[string]string{"error": toLatin1(string(reply))}, nil
	case []any:
		elements := make([]any, len(reply))
		for i, element := range reply {
			var err error
			if elements[i], err = replyValue(element); err != nil {
				return nil, err
			}
		}
		return map[string]any{"array": elements}, nil
	}
	return nil, fmt.Errorf("a reply has the type %T", reply)
}
