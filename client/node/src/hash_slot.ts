// SPDX-License-Identifier: Apache-2.0
// Where a key lives: rules A1 to A4, without a round trip.

/** How many hash slots a cluster has. */
export const SLOT_COUNT = 16384;

/** A range of bytes within a key. */
export interface ByteRange {
  /** Zero-based position of the first byte. */
  readonly offset: number;
  /** Number of bytes, at least 1. */
  readonly length: number;
}

/**
 * Where the hash tag lies within a key: the bytes between the first `{` and the
 * first `}` behind it. Nothing when there is no such pair or nothing between
 * them; then the whole key is hashed.
 */
export function hashTagRange(key: string | Uint8Array): ByteRange | undefined {
  const bytes = bytesOf(key);
  const open = bytes.indexOf(OPENING_BRACE);
  if (open < 0) return undefined;
  const close = bytes.indexOf(CLOSING_BRACE, open + 1);
  if (close <= open + 1) return undefined;
  return { offset: open + 1, length: close - open - 1 };
}

/**
 * The hash slot of a key, 0 to 16383, as `CLUSTER KEYSLOT` answers it. Strings
 * are hashed as UTF-8. O(bytes of the key).
 */
export function keySlot(key: string | Uint8Array): number {
  const bytes = bytesOf(key);
  const tag = hashTagRange(bytes);
  const hashed = tag
    ? bytes.subarray(tag.offset, tag.offset + tag.length)
    : bytes;
  return crc16(hashed) & (SLOT_COUNT - 1);
}

const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

function bytesOf(key: string | Uint8Array): Uint8Array {
  return typeof key === 'string' ? Buffer.from(key) : key;
}

// CRC-16/XMODEM of each single byte.
const CRC_OF_BYTE = Uint16Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; ++bit) {
    crc = crc & 0x8000 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc;
});

function crc16(bytes: Uint8Array): number {
  let crc = 0;
  for (const byte of bytes) {
    const index = (crc >> 8) ^ byte;
    crc = ((crc << 8) & 0xffff) ^ (CRC_OF_BYTE[index] as number);
  }
  return crc;
}
