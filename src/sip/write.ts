// Putting bytes and numbers into a buffer, without strings. Each function returns the offset behind what it wrote.

import { LEAST_COPY } from "./copier.ts";
import { copyPacket } from "./packet-memory.ts";

// Constants of our own: see CLASS.
const LEAST = LEAST_COPY;

/** Below this many bytes a loop is quicker than a call into the runtime. */
const LOOP_BYTES = 48;

/** Copies `start..end` to `out[at]`. The ranges must not overlap. */
export function copyBytes(bytes: Uint8Array, start: number, end: number, out: Uint8Array, at: number): number {
  if (end - start <= LOOP_BYTES) {
    let to = at;
    for (let from = start; from < end; from++) out[to++] = bytes[from]!;
    return to;
  }
  Buffer.prototype.copy.call(bytes, out, at, start, end);
  return at + end - start;
}

/** Below this many bytes words are quicker than a call into the runtime. */
const WORDS_BYTES = 160;

/**
 * The same with views of both buffers at hand, and where these lie in the packets' memory (`placeOf`): the quicker way for
 * everything that is not very short.
 */
export function copyRange(
  bytes: Uint8Array,
  from: DataView,
  fromPlace: number,
  start: number,
  end: number,
  out: Buffer,
  to: DataView,
  toPlace: number,
  at: number,
): number {
  if ((fromPlace | toPlace) >= 0 && end - start >= LEAST) {
    copyPacket(fromPlace + start, end - start, toPlace + at);
    return at + end - start;
  }
  if (end - start > WORDS_BYTES) {
    Buffer.prototype.copy.call(bytes, out, at, start, end);
    return at + end - start;
  }
  const shift = at - start;
  let p = start;
  for (const last = end - 16; p <= last; p += 16) {
    to.setInt32(p + shift, from.getInt32(p, true), true);
    to.setInt32(p + shift + 4, from.getInt32(p + 4, true), true);
    to.setInt32(p + shift + 8, from.getInt32(p + 8, true), true);
    to.setInt32(p + shift + 12, from.getInt32(p + 12, true), true);
  }
  for (const last = end - 4; p <= last; p += 4) to.setInt32(p + shift, from.getInt32(p, true), true);
  // The last bytes as a word that begins before them, if there is one.
  if (p < end && end - start >= 4) to.setInt32(end - 4 + shift, from.getInt32(end - 4, true), true);
  else for (; p < end; p++) to.setUint8(p + shift, from.getUint8(p));
  return end + shift;
}

/** Digits of an unsigned number. */
export function decimalDigits(value: number): number {
  let digits = 1;
  for (let limit = 10; value >= limit; limit *= 10) digits++;
  return digits;
}

/** Writes an unsigned number in decimal. */
export function writeDecimal(out: Uint8Array, at: number, value: number): number {
  let rest = value >>> 0;
  if (rest < 10) {
    out[at] = 0x30 + rest;
    return at + 1;
  }
  const end = at + decimalDigits(rest);
  for (let p = end - 1; p >= at; p--) {
    // Not Math.floor: this is a division of whole numbers, and compiled as one.
    const tenth = (rest / 10) >>> 0;
    out[p] = 0x30 + rest - tenth * 10;
    rest = tenth;
  }
  return end;
}
