// SPDX-License-Identifier: Apache-2.0

/** How long to wait before asking again whoever says "not now". */
export interface BackoffOptions {
  /** The longest first wait. */
  readonly firstMs: number;
  /** What no wait exceeds. */
  readonly maxMs: number;
}

/**
 * The wait before the retry with this number, from 0: exponential with full
 * jitter, so that callers who were turned away together do not return together.
 * `random` in [0, 1) says where between nothing and the longest wait it lies.
 */
export function backoffDelayMs(
  { firstMs, maxMs }: BackoffOptions,
  retry: number,
  random: number,
): number {
  return random * Math.min(firstMs * 2 ** Math.min(retry, 30), maxMs);
}
