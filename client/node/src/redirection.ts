// SPDX-License-Identifier: Apache-2.0
// What the errors of a node mean for whoever sent the command.
import type { Endpoint } from './endpoint.js';
import { SLOT_COUNT } from './hash_slot.js';

/**
 * Where a node says that a command belongs. MOVED: the slot has a new owner,
 * the plan is out of date (rule F3). ASK: only this command goes elsewhere,
 * once, after ASKING (rule F2).
 */
export interface Redirection {
  readonly kind: 'moved' | 'ask';
  readonly slot: number;
  readonly target: Endpoint;
}

/**
 * Reads an error line such as `MOVED 3999 127.0.0.1:6381`. An empty host means
 * that of `sender`, the node that replied. Nothing when the line is another
 * error, names no slot, or names no endpoint to connect to (host "?").
 */
export function parseRedirection(
  error: string,
  sender: Endpoint,
): Redirection | undefined {
  const [code, slotText, address, ...rest] = error.split(' ');
  if (slotText === undefined || address === undefined || rest.length > 0) {
    return undefined;
  }
  if (code !== 'MOVED' && code !== 'ASK') return undefined;
  const slot = parseDecimal(slotText);
  // An IPv6 address has colons of its own; the port follows the last one.
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, Math.max(colon, 0));
  const port = parseDecimal(address.slice(colon + 1));
  if (slot === undefined || slot >= SLOT_COUNT) return undefined;
  if (colon < 0 || host === '?' || port === undefined) return undefined;
  if (port < 1 || port > 65535) return undefined;
  return {
    kind: code === 'MOVED' ? 'moved' : 'ask',
    slot,
    target: { host: host === '' ? sender.host : host, port },
  };
}

/**
 * Whether a node has executed nothing and may do so later (rule F4): TRYAGAIN
 * while a slot moves, CLUSTERDOWN until a failover, LOADING and MASTERDOWN
 * until a node is in sync.
 */
export function meansTryLater(error: string): boolean {
  return hasCode(error, 'TRYAGAIN', 'CLUSTERDOWN', 'LOADING', 'MASTERDOWN');
}

/** Whether the planner wants to hear of an error line. */
export function tellsOfTopology(error: string): boolean {
  return hasCode(error, 'MOVED', 'ASK', 'TRYAGAIN', 'CLUSTERDOWN');
}

/**
 * Whether an error line says that a write came to a replica. It names no
 * primary, so that there is nothing to follow.
 */
export function meansNotPrimary(error: string): boolean {
  return hasCode(error, 'READONLY');
}

/** The first word of an error line, its code. */
export function errorCode(error: string): string {
  const space = error.indexOf(' ');
  return space < 0 ? error : error.slice(0, space);
}

function hasCode(error: string, ...codes: readonly string[]): boolean {
  return codes.includes(errorCode(error));
}

function parseDecimal(text: string): number | undefined {
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
