// SPDX-License-Identifier: Apache-2.0

/**
 * The name of a command, or an option, as it is compared: without regard to the
 * case of ASCII letters (rule B2). Other bytes stand for themselves.
 */
export function lowerCaseName(name: Uint8Array): string {
  const text = Buffer.from(name.buffer, name.byteOffset, name.byteLength);
  return text
    .toString('latin1')
    .replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
