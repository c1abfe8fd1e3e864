// The hash of Kamailio and OpenSIPS, bit for bit, so that a set which moves to us keeps every caller on its server.

/**
 * Hashes one or two keys, each a range of `bytes`; an empty second range is no second key. The keys are hashed apart and
 * summed, so `ab` + `c` differs from `a` + `bc`. Bytes from 0x80 on are negative, as C's char is on x86.
 * Returns the 32 bits as a signed number, because V8 boxes larger ones; `>>> 0` is the number of the C function. Never 0.
 */
export function coreHash(bytes: Uint8Array, start1: number, end1: number, start2: number, end2: number): number {
  const sum = (hashPart(bytes, start1, end1) + hashPart(bytes, start2, end2)) | 0;
  const hash = (sum + (sum >>> 11) + ((sum >>> 13) + (sum >>> 23))) | 0;
  return hash === 0 ? 1 : hash;
}

/** `coreHash` of one range after blanks, tabs and line ends around it are taken off (Kamailio trims a Call-ID). */
export function coreHashTrimmed(bytes: Uint8Array, start: number, end: number): number {
  let from = start;
  let to = end;
  while (from < to && isSpace(bytes[from]!)) from++;
  while (to > from && isSpace(bytes[to - 1]!)) to--;
  return coreHash(bytes, from, to, to, to);
}

/**
 * A bijective mix of 32 bits (the finalizer of MurmurHash3, public domain): the core hash leaves short keys in few bits,
 * so whoever needs all of them asks here. Returns an unsigned number.
 */
export function mix32(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/** FNV-1a over the UTF-16 units of a text: 32 bits, signed. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

function hashPart(bytes: Uint8Array, start: number, end: number): number {
  let sum = 0;
  let at = start;
  for (; at + 4 <= end; at += 4) {
    const word =
      ((bytes[at]! << 24) + (signed(bytes[at + 1]!) << 16) + (signed(bytes[at + 2]!) << 8) + signed(bytes[at + 3]!)) |
      0;
    sum = (sum + (word ^ (word >>> 3))) | 0;
  }
  let rest = 0;
  for (; at < end; at++) rest = ((rest << 8) + signed(bytes[at]!)) | 0;
  return (sum + (rest ^ (rest >>> 3))) | 0;
}

function signed(byte: number): number {
  return (byte << 24) >> 24;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d || byte === 0x0a;
}
