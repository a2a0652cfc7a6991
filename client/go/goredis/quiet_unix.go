// SPDX-License-Identifier: Apache-2.0

//go:build unix

package goredis

import (
	"net"
	"syscall"
)

// isQuiet tells whether the connection is open and nothing can be read from it.
// Below TLS something may be: records that are no replies.
func isQuiet(raw net.Conn, isTLS bool) bool {
	inspected, ok := raw.(syscall.Conn)
	if !ok {
		return true // A connection of the caller's own kind: it shows in use.
	}
	control, err := inspected.SyscallConn()
	if err != nil {
		return false
	}
	quiet := false
	err = control.Read(func(fd uintptr) bool {
		var peeked [1]byte
		n, _, err := syscall.Recvfrom(int(fd), peeked[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK || err == nil && n > 0 && isTLS
		return true
	})
	return err == nil && quiet
}
