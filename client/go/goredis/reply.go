// SPDX-License-Identifier: Apache-2.0

package goredis

import (
	"bytes"
	"errors"
	"strconv"

	slotplanner "github.com/slotplanner/slotplanner/client/go"
)

var errMalformed = errors.New("goredis: the node sent no RESP2 reply")

// How deep arrays may be nested in each other.
const maxDepth = 128

// parseReply reads one whole RESP2 reply and returns what stands behind it.
// Errors are values, also within arrays.
func parseReply(text []byte) (reply any, rest []byte, err error) {
	return parseNested(text, maxDepth)
}

func parseNested(text []byte, depth int) (reply any, rest []byte, err error) {
	line, rest, found := bytes.Cut(text, []byte("\r\n"))
	if !found || len(line) == 0 || depth == 0 {
		return nil, nil, errMalformed
	}
	kind, body := line[0], string(line[1:])
	switch kind {
	case '+':
		return body, rest, nil
	case '-':
		return slotplanner.ReplyError(body), rest, nil
	case ':':
		integer, err := strconv.ParseInt(body, 10, 64)
		if err != nil {
			return nil, nil, errMalformed
		}
		return integer, rest, nil
	case '$', '*':
	default:
		return nil, nil, errMalformed
	}
	length, err := strconv.Atoi(body)
	if err != nil || length < -1 || length > len(rest) {
		return nil, nil, errMalformed // Every element takes more than a byte.
	}
	if length == -1 {
		return nil, rest, nil
	}
	if kind == '$' {
		if len(rest) < length+2 || rest[length] != '\r' || rest[length+1] != '\n' {
			return nil, nil, errMalformed
		}
		return string(rest[:length]), rest[length+2:], nil
	}
	elements := make([]any, length)
	for i := range elements {
		if elements[i], rest, err = parseNested(rest, depth-1); err != nil {
			return nil, nil, err
		}
	}
	return elements, rest, nil
}
