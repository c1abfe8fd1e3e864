// Hosts in URIs and Vias: where they end, and what address a numeric one is.
import { CLASS, Class } from "./scan.ts";

// Constants of our own: see CLASS.
const CLASSES = CLASS;
const HOST = Class.host;
const HEX = Class.hex;
const DIGIT = Class.digit;

/** Offset behind the host name, IPv4 address or bracketed IPv6 reference at `start`; `start` or -1 when there is none. */
export function skipHost(bytes: Uint8Array, start: number, end: number): number {
  if (start < end && bytes[start] === 0x5b) return skipReference(bytes, start, end);
  let at = start;
  while (at < end && (CLASSES[bytes[at]!]! & HOST) !== 0) at++;
  return at;
}

/** `[IPv6]`: hexadecimal digits, at least two colons, dots of an embedded IPv4 address. */
function skipReference(bytes: Uint8Array, start: number, end: number): number {
  let colons = 0;
  for (let at = start + 1; at < end; at++) {
    const c = bytes[at]!;
    if (c === 0x5d) return colons >= 2 && at - start <= 46 ? at + 1 : -1;
    if (c === 0x3a) colons++;
    else if (c !== 0x2e && (CLASSES[c]! & HEX) === 0) return -1;
  }
  return -1;
}

/** Whether a host that is not a bracketed one consists of digits and dots only: an IPv4 address, well-formed or not. */
export function looksNumeric(bytes: Uint8Array, start: number, end: number): boolean {
  // RFC 3261 25.1: the last label of a host name starts with a letter.
  let at = end - 1;
  if (at > start && bytes[at] === 0x2e) at--;
  while (at > start && bytes[at - 1] !== 0x2e) at--;
  return at >= start && (CLASSES[bytes[at]!]! & DIGIT) !== 0;
}

/**
 * The address of a numeric host as four 32-bit words in network order, IPv4 as ::ffff:a.b.c.d. IPv6 with or without
 * brackets. Four decimal numbers without leading zeros are an IPv4 address, nothing else is (no octal, no single number).
 * False, and `out` untouched, when the host is not numeric.
 */
export function hostWords(bytes: Uint8Array, start: number, end: number, out: Int32Array, at: number): boolean {
  if (start >= end) return false;
  const bracketed = bytes[start] === 0x5b;
  if (bracketed && bytes[end - 1] !== 0x5d) return false;
  if (bracketed || hasColon(bytes, start, end)) {
    return v6Words(bytes, bracketed ? start + 1 : start, bracketed ? end - 1 : end, out, at);
  }
  const word = v4Word(bytes, start, end);
  if (word === NOT_V4) return false;
  out[at] = 0;
  out[at + 1] = 0;
  out[at + 2] = 0xffff;
  out[at + 3] = word;
  return true;
}

function hasColon(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end && i < start + 5; i++) if (bytes[i] === 0x3a) return true;
  return false;
}

/** Above every unsigned 32-bit number. */
const NOT_V4 = 0x1_0000_0000;

function v4Word(bytes: Uint8Array, start: number, end: number): number {
  let word = 0;
  let octet = 0;
  let digits = 0;
  let dots = 0;
  for (let i = start; i < end; i++) {
    const c = bytes[i]!;
    if (c === 0x2e) {
      if (digits === 0 || ++dots > 3) return NOT_V4;
      word = (word << 8) | octet;
      octet = 0;
      digits = 0;
      continue;
    }
    if (c < 0x30 || c > 0x39 || (digits > 0 && octet === 0)) return NOT_V4;
    octet = octet * 10 + c - 0x30;
    digits++;
    if (octet > 255) return NOT_V4;
  }
  return dots === 3 && digits > 0 ? (word << 8) | octet : NOT_V4;
}

function hexValue(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  const lower = c | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

// Eight groups while an IPv6 address is read; overwritten by every call.
const GROUPS = new Int32Array(8);

function v6Words(bytes: Uint8Array, start: number, end: number, out: Int32Array, at: number): boolean {
  let count = 0;
  let gap = -1;
  let p = start;
  while (p < end) {
    if (bytes[p] === 0x3a) {
      if (bytes[p + 1] !== 0x3a || p + 1 >= end || gap >= 0) return false;
      gap = count;
      p += 2;
      // RFC 5118 4.10: the ABNF of RFC 3261 wrote three colons before an embedded IPv4 address; it means two.
      if (p < end && bytes[p] === 0x3a) p++;
      continue;
    }
    if (count === 8) return false;
    let value = 0;
    let digits = 0;
    let q = p;
    for (; q < end; q++) {
      const digit = hexValue(bytes[q]!);
      if (digit < 0) break;
      value = (value << 4) | digit;
      if (++digits > 4) return false;
    }
    if (q < end && bytes[q] === 0x2e) {
      const word = v4Word(bytes, p, end);
      if (word === NOT_V4 || count > 6) return false;
      GROUPS[count++] = (word >>> 16) & 0xffff;
      GROUPS[count++] = word & 0xffff;
      p = end;
      break;
    }
    if (digits === 0) return false;
    GROUPS[count++] = value;
    p = q;
    if (p < end) {
      if (bytes[p] !== 0x3a || p + 1 === end) return false;
      if (bytes[p + 1] !== 0x3a) p++;
    }
  }
  if (gap < 0 ? count !== 8 : count > 7) return false;
  const left = gap < 0 ? 8 : gap;
  for (let i = 0; i < 8; i += 2) out[at + (i >> 1)] = (groupAt(i, left, count) << 16) | groupAt(i + 1, left, count);
  return true;
}

function groupAt(index: number, left: number, count: number): number {
  if (index < left) return GROUPS[index]!;
  const fromEnd = 8 - index;
  return fromEnd <= count - left ? GROUPS[count - fromEnd]! : 0;
}
