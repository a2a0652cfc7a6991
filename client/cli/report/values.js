// SPDX-License-Identifier: Apache-2.0
// Values of protobuf's JSON, and how people read them. What is left out there
// is 0 or empty; 64-bit integers are strings, so that they keep all digits.

const SLOT_COUNT = 16384;

// Counts, exact.
const integer = (value) => BigInt(value ?? 0);

// What is only divided or drawn.
const real = (value) => Number(value ?? 0);

const sum = (values) => values.reduce((total, value) => total + value, 0n);

// Of two integers. 0 of nothing is 0.
const shareOf = (part, whole) => (whole ? Number(part) / Number(whole) : 0);

const grouping = new Intl.NumberFormat('en-US');
const compacting = new Intl.NumberFormat('en-US', {
  notation: 'compact',
  maximumSignificantDigits: 3,
});
const scientific = new Intl.NumberFormat('en-US', {
  notation: 'scientific',
  maximumSignificantDigits: 3,
});

const formatInteger = (value) => grouping.format(value);

// For the labels of axes: three digits.
function formatShort(value) {
  const size = Number(value);
  return (size < 1e15 ? compacting : scientific).format(size);
}

// As many digits as tell apart what is near 1.
function formatRatio(ratio) {
  if (!Number.isFinite(ratio)) return String(ratio);
  const size = Math.abs(ratio);
  if (size < 0.005) return ratio > 0 ? '< 0.01' : '0.00';
  const sign = ratio < 0 ? '\u2212' : '';
  if (size >= 1e15) return sign + scientific.format(size);
  if (size >= 100) return sign + grouping.format(Math.round(size));
  return sign + size.toFixed(size >= 10 ? 1 : 2);
}

function formatShare(share) {
  const percent = share * 100;
  if (percent > 0 && percent < 0.1) return '< 0.1%';
  if (percent < 100 && percent > 99.9) return '> 99.9%';
  const isShort = percent === 0 || percent === 100 ||
    (percent >= 10 && percent < 99);
  return `${percent.toFixed(isShort ? 0 : 1)}%`;
}

const formatCount = (count, one, many) =>
  `${formatInteger(count)} ${BigInt(count) === 1n ? one : many}`;

// In the notation of redis-cli's strings.
const ESCAPES = {'\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t'};

const hexOf = (bytes) =>
  Array.from(bytes, (byte) => `\\x${byte.toString(16).padStart(2, '0')}`)
    .join('');

// Characters that would not be seen, or that would change how others are.
const UNSEEN = /[\\\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu;

const escapeCharacter = (character) =>
  ESCAPES[character] ?? hexOf(new TextEncoder().encode(character));

// The text that bytes are, with escapes for what cannot be seen. What is no
// UTF-8 is shown byte by byte.
function textOfBytes(base64) {
  const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true})
      .decode(bytes)
      .replace(UNSEEN, escapeCharacter);
  } catch {
    return Array.from(bytes, (byte) =>
      byte >= 0x20 && byte < 0x7f && byte !== 0x5c
        ? String.fromCharCode(byte)
        : ESCAPES[String.fromCharCode(byte)] ?? hexOf([byte])
    ).join('');
  }
}

function formatEndpoint(node) {
  const host = node?.host ?? '';
  if (!host) return node?.nodeId || 'a node without an address';
  return `${host.includes(':') ? `[${host}]` : host}:${node.port ?? 0}`;
}

const formatTime = (time) =>
  time.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC');

// `badLines` and `bad_lines` as "Bad lines".
function formatName(name) {
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/[_\s]+/g, ' ')
    .trim()
    .toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
