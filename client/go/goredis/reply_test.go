// SPDX-License-Identifier: Apache-2.0

package goredis

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
)

func TestParseReply(t *testing.T) {
	for text, want := range map[string]any{
		"+OK\r\n":                     "OK",
		"+\r\n":                       "",
		"-ERR x y\r\n":                slotplanner.ReplyError("ERR x y"),
		":-9223372036854775808\r\n":   int64(-9223372036854775808),
		"$0\r\n\r\n":                  "",
		"$3\r\na\r\n\r\n":             "a\r\n",
		"$-1\r\n":                     nil,
		"*-1\r\n":                     nil,
		"*0\r\n":                      []any{},
		"*2\r\n*1\r\n:1\r\n$-1\r\n":   []any{[]any{int64(1)}, nil},
		"*2\r\n-OOM a\r\n+behind\r\n": []any{slotplanner.ReplyError("OOM a"), "behind"},
	} {
		got, rest, err := parseReply([]byte(text + "rest"))
		if err != nil || string(rest) != "rest" || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %#v, %q, %v", text, got, rest, err)
		}
	}
	for _, text := range []string{
		"", "\r\n", "+OK", "+OK\r", "$", "$3\r\nab\r\n", "$3\r\nabcd\r\n", "$-2\r\n", "$x\r\n", "*2\r\n+a\r\n", "*99\r\n",
		":\r\n", ":1x\r\n", ":9223372036854775808\r\n", "_\r\n", "%1\r\n+a\r\n+b\r\n", "hello\r\n",
		strings.Repeat("*1\r\n", 1000) + "+OK\r\n",
	} {
		if got, _, err := parseReply([]byte(text)); err == nil {
			t.Errorf("%q: %#v", text, got)
		}
	}
}

// encode is the inverse of parseReply, but that nil is a bulk string and that
// what was a status may become one.
func encode(reply any) string {
	switch reply := reply.(type) {
	case nil:
		return "$-1\r\n"
	case int64:
		return fmt.Sprintf(":%d\r\n", reply)
	case slotplanner.ReplyError:
		return "-" + string(reply) + "\r\n"
	case []any:
		text := fmt.Sprintf("*%d\r\n", len(reply))
		for _, element := range reply {
			text += encode(element)
		}
		return text
	}
	return fmt.Sprintf("$%d\r\n%s\r\n", len(reply.(string)), reply)
}

func FuzzParseReply(f *testing.F) {
	for _, text := range []string{"+OK\r\n", "*2\r\n-E\r\n$1\r\na\r\n", "*-1\r\n:5\r\n", "$-1\r\n"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		reply, rest, err := parseReply(text)
		if err != nil {
			return
		}
		again, more, err := parseReply([]byte(encode(reply) + string(rest)))
		if err != nil || string(more) != string(rest) || !reflect.DeepEqual(again, reply) {
			t.Errorf("%q: %#v became %#v, %q, %v", text, reply, again, more, err)
		}
	})
}
