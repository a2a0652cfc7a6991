// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"strconv"
	"strings"
)

// A redirection is where a node says that a command belongs.
type redirection struct {
	// ask: only this command goes elsewhere, once, after ASKING (rule F2). Else
	// MOVED: the slot has a new owner, the plan is out of date (rule F3).
	ask    bool
	target Endpoint
}

// parseRedirection reads an error line such as "MOVED 3999 127.0.0.1:6381". An
// empty host means that of sender, the node that replied. ok is false when the
// line is another error, names no slot, or names no endpoint to connect to
// (host "?").
func parseRedirection(line string, sender Endpoint) (r redirection, ok bool) {
	words := strings.Split(line, " ")
	if len(words) != 3 {
		return r, false
	}
	switch words[0] {
	case "MOVED":
	case "ASK":
		r.ask = true
	default:
		return r, false
	}
	if slot, err := strconv.Atoi(words[1]); err != nil || slot < 0 || slot >= SlotCount {
		return r, false
	}
	// An IPv6 address has colons of its own; the port follows the last one.
	colon := strings.LastIndexByte(words[2], ':')
	if colon < 0 {
		return r, false
	}
	r.target.Host = words[2][:colon]
	if r.target.Host == "" {
		r.target.Host = sender.Host
	}
	port, err := strconv.Atoi(words[2][colon+1:])
	if err != nil || port < 1 || port > 65535 || r.target.Host == "?" {
		return r, false
	}
	r.target.Port = port
	return r, true
}

// hasCode tells whether the first word of an error line is one of codes.
func hasCode(line string, codes ...string) bool {
	first, _, _ := strings.Cut(line, " ")
	for _, code := range codes {
		if first == code {
			return true
		}
	}
	return false
}

// meansTryLater tells whether an error line says that the node has executed
// nothing and may do so later (rule F4).
func meansTryLater(line string) bool {
	return hasCode(line, "TRYAGAIN", "CLUSTERDOWN", "LOADING", "MASTERDOWN")
}

// tellsOfTopology tells whether whoever makes the plans wants to hear of an
// error line.
func tellsOfTopology(line string) bool {
	return hasCode(line, "MOVED", "ASK", "TRYAGAIN", "CLUSTERDOWN")
}

// meansNotPrimary tells whether an error line says that a write came to a
// replica. It names no primary, so that there is nothing to follow.
func meansNotPrimary(line string) bool {
	return hasCode(line, "READONLY")
}
