// SPDX-License-Identifier: Apache-2.0
// What the planner reads of a command, so that nothing else is sent to it.
import { lowerCaseName } from './command_name.js';
import type { HiddenArguments, KeyPositions, KeyRange } from './messages.js';
import type { Command } from './planned_parts.js';

/**
 * Which arguments the planner reads, by command, as
 * `TopologyService.GetKeyPositions` answers it.
 */
export class KeyPositionsTable {
  private readonly byName: ReadonlyMap<string, KeyPositions>;

  constructor(commands: readonly KeyPositions[]) {
    this.byName = new Map(commands.map((entry) => [entry.command, entry]));
  }

  /** Whether the command, and the subcommand if it has one, is listed. */
  lists(command: Command): boolean {
    if (command.length === 0) return true;
    const { own, sub } = this.find(command);
    if (own === undefined) return false;
    return sub !== undefined || !own.isContainer || command.length === 1;
  }

  /**
   * The command as the planner needs it: an empty argument in place of each one
   * that it does not read. As many arguments as there were.
   */
  withoutValues(command: Command): Command {
    const { own, sub } = this.find(command);
    const entry = own?.isContainer ? sub : own;
    const isRead = new Uint8Array(command.length);
    isRead[0] = 1;
    if (own?.isContainer) isRead[1] = 1;
    if (entry?.readsAll) {
      isRead.fill(1);
      hide(entry.hidden, command, isRead);
    } else {
      for (const range of entry?.ranges ?? []) read(range, command, isRead);
    }
    return command.map((arg, i) => (isRead[i] ? arg : NOTHING));
  }

  private find(command: Command): {
    readonly own: KeyPositions | undefined;
    readonly sub: KeyPositions | undefined;
  } {
    const [first, second] = command;
    // A name with `|` is no subcommand's.
    if (first === undefined || first.includes('|')) return NOT_FOUND;
    const name = lowerCaseName(first);
    const own = this.byName.get(name);
    if (!own?.isContainer || second === undefined) {
      return { own, sub: undefined };
    }
    return { own, sub: this.byName.get(`${name}|${lowerCaseName(second)}`) };
  }
}

const NOT_FOUND = { own: undefined, sub: undefined };

const NOTHING = Buffer.alloc(0);

// Takes back what stands behind certain words.
function hide(
  hidden: readonly HiddenArguments[],
  command: Command,
  isRead: Uint8Array,
): void {
  if (hidden.length === 0) return;
  for (let i = 1; i < command.length; ++i) {
    const name = lowerCaseName(command[i] as Buffer);
    const found = hidden.find(
      ({ word, first }) => i >= first && word.toLowerCase() === name,
    );
    if (found === undefined) continue;
    if (found.count === 0) return;
    isRead.fill(0, i + 1, i + 1 + found.count);
    i += Math.max(found.count, 0);
  }
}

function read(range: KeyRange, command: Command, isRead: Uint8Array): void {
  const { first, countIndex, readsBehind } = range;
  const step = Math.max(range.step, 1);
  let behind = first; // Behind the keys and what belongs to them.
  if (countIndex !== 0) {
    const text = command[countIndex];
    if (text === undefined) return;
    isRead[countIndex] = 1;
    const count = parseKeyCount(text);
    if (count === undefined) return;
    behind = first + count * step;
    if (count > 0 && behind > command.length) return;
  } else {
    const last = range.last < 0 ? command.length + range.last : range.last;
    if (last >= first) {
      behind = first + (Math.floor((last - first) / step) + 1) * step;
    }
  }
  const end = Math.min(behind, command.length);
  for (let i = Math.max(first, 0); i < end; i += step) isRead[i] = 1;
  if (readsBehind) isRead.fill(1, Math.max(behind, 0));
}

// A number of keys as the planner reads it.
function parseKeyCount(arg: Buffer): number | undefined {
  if (arg.length > 9) return undefined;
  const text = arg.toString('latin1');
  return /^(0|[1-9]\d*)$/.test(text) ? Number(text) : undefined;
}
