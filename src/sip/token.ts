// Hexadecimal and base64url between bytes and bytes, for what travels in branches, tags and URI parameters.

const HEX = Uint8Array.from(Buffer.from("0123456789abcdef", "latin1"));
const UNHEX = new Int8Array(256).fill(-1);
const ALPHABET = Uint8Array.from(
  Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", "latin1"),
);
const UNALPHABET = new Int8Array(256).fill(-1);
for (let i = 0; i < 16; i++) {
  UNHEX[HEX[i]!] = i;
  if (i > 9) UNHEX[HEX[i]! & ~0x20] = i;
}
for (let i = 0; i < 64; i++) UNALPHABET[ALPHABET[i]!] = i;

/** What `readHex32` returns for anything but eight hexadecimal digits: above every unsigned 32-bit number. */
export const NOT_HEX = 0x1_0000_0000;

/** Writes a 32-bit word as eight digits, lower case; returns the offset behind them. */
export function writeHex32(out: Uint8Array, at: number, word: number): number {
  out[at] = HEX[word >>> 28]!;
  out[at + 1] = HEX[(word >>> 24) & 15]!;
  out[at + 2] = HEX[(word >>> 20) & 15]!;
  out[at + 3] = HEX[(word >>> 16) & 15]!;
  out[at + 4] = HEX[(word >>> 12) & 15]!;
  out[at + 5] = HEX[(word >>> 8) & 15]!;
  out[at + 6] = HEX[(word >>> 4) & 15]!;
  out[at + 7] = HEX[word & 15]!;
  return at + 8;
}

/** The unsigned number of the eight digits (any case) at `at`, or `NOT_HEX`. */
export function readHex32(bytes: Uint8Array, at: number): number {
  if (at < 0 || at + 8 > bytes.length) return NOT_HEX;
  let word = 0;
  let bad = 0;
  for (let i = 0; i < 8; i++) {
    const digit = UNHEX[bytes[at + i]!]!;
    bad |= digit;
    word = (word << 4) | (digit & 15);
  }
  return bad < 0 ? NOT_HEX : word >>> 0;
}

/** Characters that `count` bytes take in base64url without padding. */
export function base64Length(count: number): number {
  return Math.ceil((count * 4) / 3);
}

/** Writes `start..end` in base64url without padding; returns the offset behind it. */
export function writeBase64(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): number {
  let to = outAt;
  let at = start;
  for (; at + 3 <= end; at += 3) {
    const word = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    out[to] = ALPHABET[word >>> 18]!;
    out[to + 1] = ALPHABET[(word >>> 12) & 63]!;
    out[to + 2] = ALPHABET[(word >>> 6) & 63]!;
    out[to + 3] = ALPHABET[word & 63]!;
    to += 4;
  }
  const rest = end - at;
  if (rest > 0) {
    const word = (bytes[at]! << 16) | (rest > 1 ? bytes[at + 1]! << 8 : 0);
    out[to++] = ALPHABET[word >>> 18]!;
    out[to++] = ALPHABET[(word >>> 12) & 63]!;
    if (rest > 1) out[to++] = ALPHABET[(word >>> 6) & 63]!;
  }
  return to;
}

/**
 * Reads base64url without padding from `start..end`; returns the offset in `out` behind the decoded bytes, or -1 when it is
 * not canonical (a foreign character, an impossible length, stray bits: so that one value has one spelling).
 */
export function readBase64(bytes: Uint8Array, start: number, end: number, out: Uint8Array, outAt: number): number {
  let to = outAt;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const a = UNALPHABET[bytes[at]!]!;
    const b = UNALPHABET[bytes[at + 1]!]!;
    const c = UNALPHABET[bytes[at + 2]!]!;
    const d = UNALPHABET[bytes[at + 3]!]!;
    if ((a | b | c | d) < 0) return -1;
    out[to] = (a << 2) | (b >> 4);
    out[to + 1] = (b << 4) | (c >> 2);
    out[to + 2] = (c << 6) | d;
    to += 3;
  }
  let bits = 0;
  let held = 0;
  for (; at < end; at++) {
    const value = UNALPHABET[bytes[at]!]!;
    if (value < 0) return -1;
    held = ((held << 6) | value) & 0xffff;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out[to++] = (held >>> bits) & 255;
    }
  }
  return bits < 6 && (held & ((1 << bits) - 1)) === 0 ? to : -1;
}
