// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"strconv"
	"strings"
)

// An Endpoint is where a node of the cluster is reached.
type Endpoint struct {
	Host string // Name, IPv4 or IPv6 address, without brackets.
	Port int    // 1 to 65535.
}

// String returns host:port, with an IPv6 address in brackets.
func (e Endpoint) String() string {
	if strings.Contains(e.Host, ":") {
		return "[" + e.Host + "]:" + strconv.Itoa(e.Port)
	}
	return e.Host + ":" + strconv.Itoa(e.Port)
}
