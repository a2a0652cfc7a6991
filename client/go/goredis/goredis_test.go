// SPDX-License-Identifier: Apache-2.0

package goredis_test

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
	"github.com/slotplanner/slotplanner/client/go/goredis"
	"github.com/slotplanner/slotplanner/client/go/internal/fakes"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const pong = "+PONG\r\n"

// answering handles commands by name; PING is known.
func answering(replies map[string]string) fakes.Handler {
	return func(_ int, args []string) string {
		if reply, ok := replies[args[0]]; ok {
			return reply
		}
		return pong
	}
}

func commands(lines ...string) [][][]byte {
	var all [][][]byte
	for _, line := range lines {
		var command [][]byte
		for _, word := range strings.Fields(line) {
			command = append(command, []byte(word))
		}
		all = append(all, command)
	}
	return all
}

func timeout(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

func connect(t *testing.T, connector *goredis.Connector, node *fakes.Node, readonly bool) slotplanner.Conn {
	t.Helper()
	conn, err := connector.Connect(timeout(t, 10*time.Second), node.Endpoint, readonly)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func expectEqual(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %#v\nwant %#v", got, want)
	}
}

// An error among the elements of an array is one of its values, whatever its
// code, and the replies behind it stay where they belong.
func TestErrorsInArraysKeepTheirPlace(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{
		"EXEC": "*5\r\n-OOM a\r\n-NOPERM b\r\n:7\r\n-MOVED 1 h:1\r\n*1\r\n-READONLY c\r\n",
		"GET":  "$1\r\nx\r\n",
	}))
	conn := connect(t, &goredis.Connector{}, node, false)
	replies, sent, err := conn.Pipeline(timeout(t, 10*time.Second), commands("EXEC", "GET a", "EXEC"))
	array := []any{slotplanner.ReplyError("OOM a"), slotplanner.ReplyError("NOPERM b"), int64(7),
		slotplanner.ReplyError("MOVED 1 h:1"), []any{slotplanner.ReplyError("READONLY c")}}
	expectEqual(t, replies, []any{array, "x", array})
	expectEqual(t, sent, 3)
	expectEqual(t, err, nil)
}

// What go-redis would follow, or would send again by itself, comes back as a
// reply, and the connection stays.
func TestNothingIsSentTwiceOrElsewhere(t *testing.T) {
	for _, line := range []string{
		"LOADING Redis is loading the dataset in memory", "READONLY You can't write against a read only replica.",
		"CLUSTERDOWN The cluster is down", "TRYAGAIN x", "MASTERDOWN x", "NOREPLICAS x", "NOAUTH Authentication required.",
		"ERR max number of clients reached", "MOVED 1 127.0.0.1:1", "ASK 1 127.0.0.1:1", "MOVED 1 SELF", "EXECABORT x",
	} {
		var self string
		node := fakes.StartNode(t, func(_ int, args []string) string {
			if args[0] == "GET" {
				return "-" + strings.ReplaceAll(line, "SELF", self) + "\r\n"
			}
			return pong
		})
		self = node.Endpoint.String()
		line := strings.ReplaceAll(line, "SELF", self)
		conn := connect(t, &goredis.Connector{}, node, false)
		for range 2 {
			replies, _, err := conn.Pipeline(timeout(t, 10*time.Second), commands("GET a", "PING"))
			expectEqual(t, err, nil)
			expectEqual(t, replies, []any{slotplanner.ReplyError(line), "PONG"})
		}
		expectEqual(t, node.Received(), []string{"hello 2", "PING", "GET a", "PING", "GET a", "PING"})
		expectEqual(t, node.Conns(), 1)
	}
}

func TestBinaryArgumentsAndRepliesAreLeftAsTheyAre(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"SET": "$4\r\n\x00\r\n\xff\r\n", "GET": "$-1\r\n", "EXEC": "*-1\r\n"}))
	conn := connect(t, &goredis.Connector{}, node, false)
	replies, _, err := conn.Pipeline(timeout(t, 10*time.Second),
		[][][]byte{{[]byte("SET"), []byte("\x00\r\n\xff"), {}}, {[]byte("GET"), nil}, {[]byte("EXEC")}})
	expectEqual(t, err, nil)
	expectEqual(t, replies, []any{"\x00\r\n\xff", nil, nil})
	expectEqual(t, node.Received()[2:], []string{"SET \x00\r\n\xff ", "GET ", "EXEC"})
}

// Rule E3.
func TestAConnectionThatBreaksSaysWhatMayHaveBeenExecuted(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"INCR": ":1\r\n", "DIE": fakes.Close}))
	conn := connect(t, &goredis.Connector{}, node, false)
	replies, sent, err := conn.Pipeline(timeout(t, 10*time.Second), commands("INCR a", "DIE", "INCR a"))
	expectEqual(t, replies, []any{int64(1)})
	expectEqual(t, sent, 3)
	if err == nil {
		t.Error("there is no error")
	}
	replies, sent, err = conn.Pipeline(timeout(t, 10*time.Second), commands("INCR a"))
	expectEqual(t, len(replies)+sent, 0)
	if err == nil {
		t.Error("the connection was made again")
	}
	expectEqual(t, node.Conns(), 1)
}

func TestAReplyThatIsCutOffIsNone(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"GET": "*2\r\n$1\r\na\r\n$5\r\nab" + fakes.Close}))
	conn := connect(t, &goredis.Connector{}, node, false)
	replies, sent, err := conn.Pipeline(timeout(t, 10*time.Second), commands("GET a"))
	expectEqual(t, len(replies), 0)
	expectEqual(t, sent, 1)
	if err == nil {
		t.Error("there is no error")
	}
}

func TestTheContextEndsWhatANodeDoesNotAnswer(t *testing.T) {
	heard := make(chan bool, 1)
	node := fakes.StartNode(t, func(_ int, args []string) string {
		if args[0] == "BLPOP" {
			heard <- true
			return fakes.Silence
		}
		return pong
	})
	conn := connect(t, &goredis.Connector{}, node, false)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-heard
		cancel()
	}()
	replies, sent, err := conn.Pipeline(ctx, commands("PING", "BLPOP a 0"))
	expectEqual(t, sent, 2)
	if err == nil || len(replies) > 1 { // The first may be on its way.
		t.Errorf("%v, %v", replies, err)
	}
	node.AwaitNoConns()
	expectEqual(t, conn.Quiet(), false)
}

func TestConnectSaysWhyItFails(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := listener.Addr().(*net.TCPAddr).Port
	listener.Close()
	closed := slotplanner.Endpoint{Host: "127.0.0.1", Port: port}
	password := &goredis.Connector{Credentials: func(context.Context) (string, string, error) {
		return "user", "hunter2", nil
	}}
	for _, c := range []struct {
		name      string
		connector *goredis.Connector
		replies   map[string]string
		readonly  bool
		code      codes.Code
	}{
		{"nobody listens", &goredis.Connector{}, nil, false, codes.Unavailable},
		{"it is silent", &goredis.Connector{}, map[string]string{"PING": fakes.Silence}, false, codes.Unavailable},
		{"it closes", &goredis.Connector{}, map[string]string{"PING": fakes.Close}, false, codes.Unavailable},
		{"no READONLY", &goredis.Connector{}, map[string]string{"READONLY": "-ERR no cluster\r\n"}, true, codes.FailedPrecondition},
		{"wrong password", password, map[string]string{"auth": "-WRONGPASS no\r\n"}, false, codes.Unauthenticated},
		{"no credentials", &goredis.Connector{Credentials: func(context.Context) (string, string, error) {
			return "", "", errors.New("no file")
		}}, nil, false, codes.InvalidArgument},
	} {
		endpoint := closed
		if c.replies != nil {
			endpoint = fakes.StartNode(t, answering(c.replies)).Endpoint
		}
		conn, err := c.connector.Connect(timeout(t, 200*time.Millisecond), endpoint, c.readonly)
		if err == nil {
			conn.Close()
		}
		if status.Code(err) != c.code || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestCredentialsAndReadonlyComeFirst(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"auth": "+OK\r\n", "READONLY": "+OK\r\n"}))
	connector := &goredis.Connector{Credentials: func(context.Context) (string, string, error) {
		return "ann", "secret", nil
	}}
	connect(t, connector, node, true)
	expectEqual(t, node.Received(), []string{"hello 2 auth ann secret", "auth ann secret", "READONLY"})
}

// A node that is loading, or asks for a password, is there.
func TestAnErrorToTheGreetingShowsThatTheNodeIsThere(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"PING": "-LOADING x\r\n", "GET": "-NOAUTH x\r\n"}))
	conn := connect(t, &goredis.Connector{}, node, false)
	replies, _, err := conn.Pipeline(timeout(t, 10*time.Second), commands("GET a"))
	expectEqual(t, err, nil)
	expectEqual(t, replies, []any{slotplanner.ReplyError("NOAUTH x")})
}

// awaitNotQuiet returns when the news has come, which takes a moment.
func awaitNotQuiet(t *testing.T, conn slotplanner.Conn) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); conn.Quiet(); runtime.Gosched() {
		if time.Now().After(deadline) {
			t.Fatal("the connection is still quiet")
		}
	}
}

func TestQuietNoticesAnEnd(t *testing.T) {
	node := fakes.StartNode(t, answering(map[string]string{"DIE": "+OK\r\n" + fakes.Close}))
	conn := connect(t, &goredis.Connector{}, node, false)
	for _, word := range []string{"PING", "DIE"} {
		expectEqual(t, conn.Quiet(), true)
		if _, _, err := conn.Pipeline(timeout(t, 10*time.Second), commands(word)); err != nil {
			t.Fatal(err)
		}
	}
	awaitNotQuiet(t, conn)
}

func TestTLSProvesWhoTheNodeIs(t *testing.T) {
	https := httptest.NewTLSServer(nil) // Has a certificate for 127.0.0.1.
	defer https.Close()
	config := &tls.Config{Certificates: https.TLS.Certificates}
	node := fakes.StartTLSNode(t, config, answering(map[string]string{"GET": "$1\r\nx\r\n"}))
	trusting := rootsOf(https)
	conn := connect(t, &goredis.Connector{TLS: trusting}, node, false)
	expectEqual(t, conn.Quiet(), true)
	replies, sent, err := conn.Pipeline(timeout(t, 10*time.Second), commands("GET a"))
	expectEqual(t, []any{replies, sent, err}, []any{[]any{"x"}, 1, nil})

	_, err = (&goredis.Connector{TLS: &tls.Config{}}).Connect(timeout(t, 10*time.Second), node.Endpoint, false)
	expectEqual(t, status.Code(err), codes.Unavailable)
	other := trusting.Clone()
	other.ServerName = "elsewhere.test"
	_, err = (&goredis.Connector{TLS: other}).Connect(timeout(t, 10*time.Second), node.Endpoint, false)
	expectEqual(t, status.Code(err), codes.Unavailable)
}

// rootsOf trusts the certificate of a test server.
func rootsOf(server *httptest.Server) *tls.Config {
	return server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
}
