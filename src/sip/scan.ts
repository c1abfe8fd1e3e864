// Bytes of a SIP message: character classes and the searches that everything else in this folder is made of. A search
// looks at four bytes at a time, through a DataView, because a header line is mostly bytes that do not matter.

/** Bits of `CLASS`. */
export const Class = {
  /** RFC 3261 25.1 token. */
  token: 1,
  digit: 2,
  hex: 4,
  /** SP, HTAB and, inside a folded value, CR and LF. */
  space: 8,
  /** A host name, an IPv4 address (also `_`, which names in the field contain). */
  host: 16,
  /** What may follow the first letter of a URI scheme. */
  scheme: 32,
  /** A parameter value that is not quoted; wider than RFC 3261: everything that cannot be taken for a separator. */
  value: 64,
  /** RFC 3261 user, password, URI parameters and headers, without "@", escapes included. */
  uri: 128,
  /** What may stand between angle brackets. */
  enclosed: 256,
} as const;

const CLASSES: Uint16Array = new Uint16Array(256);
const SPACE = Class.space;
/**
 * The classes of each byte. Files whose loops ask for it keep it, and the bits, in constants of their own: those are part of the
 * compiled code, while what is imported or exported is loaded, and looked at, every time a function begins.
 */
export const CLASS: Uint16Array = CLASSES;

function mark(text: string, bits: number): void {
  for (let i = 0; i < text.length; i++) CLASSES[text.charCodeAt(i)]! |= bits;
}

const DIGITS = "0123456789";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
mark(DIGITS + LETTERS, Class.token | Class.host | Class.scheme | Class.uri);
mark("-.!%*_+`'~", Class.token);
mark("-._", Class.host);
mark("+-.", Class.scheme);
mark(DIGITS, Class.digit | Class.hex);
mark("abcdefABCDEF", Class.hex);
mark(" \t\r\n", Class.space);
mark("-_.!~*'()&=+$,;?/%:[]", Class.uri);
// Octets of UTF-8 stand unescaped in the URIs of some phones; no separator is among them.
for (let i = 0x80; i < 256; i++) CLASSES[i]! |= Class.uri;
for (let i = 0x21; i < 256; i++)
  if (i !== 0x7f && !';,"<>()'.includes(String.fromCharCode(i))) CLASSES[i]! |= Class.value;

for (let i = 0x21; i < 256; i++)
  if (i !== 0x7f && i !== 0x22 && i !== 0x3c && i !== 0x3e) CLASSES[i]! |= Class.enclosed;

/** The bytes of an ASCII constant. A Buffer as all messages are: code that sees one class of arrays only is compiled better. */
export function ascii(text: string): Uint8Array {
  return Buffer.from(text, "latin1");
}

/** Offset of the first byte below 14 (NUL, HTAB, LF, CR ...) in `start..end`; `end` when there is none. */
export function findControl(view: DataView, start: number, end: number): number {
  let at = start;
  for (const last = end - 8; at <= last; at += 8) {
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const low = (a - 0x0e0e0e0e) & ~a & 0x80808080;
    if (low !== 0) return at + ((31 - Math.clz32(low & -low)) >> 3);
    const high = (b - 0x0e0e0e0e) & ~b & 0x80808080;
    if (high !== 0) return at + 4 + ((31 - Math.clz32(high & -high)) >> 3);
  }
  while (at < end && view.getUint8(at) >= 14) at++;
  return at;
}

/** Offset of the first byte up to 0x20 (SP and all controls but DEL) in `start..end`; `end` when there is none. */
export function findBlank(view: DataView, start: number, end: number): number {
  let at = start;
  for (const last = end - 4; at <= last; at += 4) {
    const word = view.getInt32(at, true);
    if (((word - 0x21212121) & ~word & 0x80808080) !== 0) break;
  }
  while (at < end && view.getUint8(at) > 0x20) at++;
  return at;
}

/** Offset of the first byte that is not SP, HTAB, CR or LF. */
export function skipSpace(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && (CLASSES[bytes[at]!]! & SPACE) !== 0) at++;
  return at;
}

/** Offset behind the last byte that is not SP, HTAB, CR or LF. */
export function trimEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = end;
  while (at > start && (CLASSES[bytes[at - 1]!]! & SPACE) !== 0) at--;
  return at;
}

/** Offset of the first byte outside the class, or `end`. */
export function skipClass(bytes: Uint8Array, start: number, end: number, bits: number): number {
  let at = start;
  while (at < end && (CLASSES[bytes[at]!]! & bits) !== 0) at++;
  return at;
}

/** The quote at `start` opens a string: the offset behind the closing quote, or -1 when it is not closed before `end`. */
export function skipQuoted(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start + 1; at < end; at++) {
    const c = bytes[at]!;
    if (c === 0x22) return at + 1;
    if (c === 0x5c) at++;
  }
  return -1;
}

/** Whether `start..end` equals `name` (lower case), whatever its own case. */
export function equalsIgnoreCase(bytes: Uint8Array, start: number, end: number, name: Uint8Array): boolean {
  const length = name.length;
  if (end - start !== length) return false;
  for (let i = 0; i < length; i++) {
    const c = bytes[start + i]!;
    if ((c >= 0x41 && c <= 0x5a ? c | 0x20 : c) !== name[i]!) return false;
  }
  return true;
}

/** Whether two ranges hold the same bytes. */
export function sameBytes(
  a: Uint8Array,
  start: number,
  end: number,
  b: Uint8Array,
  bStart: number,
  bEnd: number,
): boolean {
  const length = end - start;
  if (bEnd - bStart !== length) return false;
  for (let i = 0; i < length; i++) if (a[start + i]! !== b[bStart + i]!) return false;
  return true;
}

/** The value of 1*DIGIT filling `start..end`; -1 when it is not that, or above `max` (at most 2^31 - 1). */
export function parseDecimal(bytes: Uint8Array, start: number, end: number, max: number): number {
  if (start >= end) return -1;
  let value = 0;
  for (let at = start; at < end; at++) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
    if (value > max) return -1;
  }
  return value;
}
