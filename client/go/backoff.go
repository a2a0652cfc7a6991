// SPDX-License-Identifier: Apache-2.0

package slotplanner

import (
	"math"
	"time"
)

// A backoff says how long to wait before asking again who said "not now".
type backoff struct {
	// The longest first wait. A node that answers TRYAGAIN is waiting for single
	// keys to arrive, each of which takes about a millisecond.
	first time.Duration
	// What no wait exceeds.
	max time.Duration
}

var (
	// Between two plans of a batch. A failover is over within some seconds; to
	// hear of it late by less than those is worth a few calls more.
	planningBackoff = backoff{first: 10 * time.Millisecond, max: 250 * time.Millisecond}

	// Within one plan.
	executingBackoff = backoff{first: 10 * time.Millisecond, max: 500 * time.Millisecond}
)

// delay returns the wait before the retry with this number, from 0: exponential
// with full jitter, so that callers who were turned away together do not return
// together. random, in [0, 1), says where between nothing and the longest wait
// it lies.
func (b backoff) delay(retry int, random float64) time.Duration {
	longest := math.Min(math.Ldexp(float64(b.first), min(retry, 30)), float64(b.max))
	return time.Duration(random * longest)
}
