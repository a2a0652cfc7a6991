// SPDX-License-Identifier: Apache-2.0
import type { Command } from './planned_parts.js';

/** A request as RESP2 has it: an array of bulk strings. */
export function encodeRequest(args: Command): Buffer {
  let size = header('*', args.length).length;
  for (const arg of args) {
    size += header('$', arg.length).length + arg.length + LINE_END.length;
  }
  const bytes = Buffer.allocUnsafe(size);
  let end = bytes.write(header('*', args.length), 'latin1');
  for (const arg of args) {
    end += bytes.write(header('$', arg.length), end, 'latin1');
    end += arg.copy(bytes, end);
    end += bytes.write(LINE_END, end, 'latin1');
  }
  return bytes;
}

const LINE_END = '\r\n';

function header(type: string, length: number): string {
  return `${type}${length}${LINE_END}`;
}
