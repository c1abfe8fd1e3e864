// One parameter of a header value, `;name` or `;name=value`, with the white space that RFC 3261 allows around "=" and ";".
import { CLASS, Class, equalsIgnoreCase, skipQuoted, skipSpace, trimEnd } from "./scan.ts";

// Constants of our own: see CLASS.
const CLASSES = CLASS;
const TOKEN = Class.token;
const VALUE = Class.value;

/** A cursor over parameters; all offsets are of the bytes given to `next`. */
export class Param {
  nameStart = 0;
  nameEnd = 0;
  /** -1 without "="; a quoted value keeps its quotes. */
  valueStart = -1;
  valueEnd = -1;
  /** Behind the last byte of the parameter, white space not counted. */
  end = 0;

  /**
   * Reads the parameter whose semicolon stands at `at`. Returns the offset of what follows it and its white space (a
   * semicolon, a comma, or `end`), or -1 when it is malformed.
   */
  next(bytes: Uint8Array, at: number, end: number): number {
    let p = at + 1;
    if (p < end && bytes[p]! <= 0x20) p = skipSpace(bytes, p, end);
    this.nameStart = p;
    while (p < end && (CLASSES[bytes[p]!]! & TOKEN) !== 0) p++;
    this.nameEnd = p;
    this.end = p;
    this.valueStart = -1;
    this.valueEnd = -1;
    if (p === this.nameStart) return -1;
    if (p < end && bytes[p]! <= 0x20) p = skipSpace(bytes, p, end);
    if (p < end && bytes[p] === 0x3d) {
      p++;
      if (p < end && bytes[p]! <= 0x20) p = skipSpace(bytes, p, end);
      this.valueStart = p;
      if (p < end && bytes[p] === 0x22) p = skipQuoted(bytes, p, end);
      else while (p < end && (CLASSES[bytes[p]!]! & VALUE) !== 0) p++;
      if (p < 0) return -1;
      this.valueEnd = p;
      this.end = p === this.valueStart ? trimEnd(bytes, at, p) : p;
      if (p < end && bytes[p]! <= 0x20) p = skipSpace(bytes, p, end);
    }
    if (p === end) return p;
    const c = bytes[p]!;
    return c === 0x3b || c === 0x2c ? p : -1;
  }

  /** Whether the parameter has this name (lower case). */
  is(bytes: Uint8Array, name: Uint8Array): boolean {
    return equalsIgnoreCase(bytes, this.nameStart, this.nameEnd, name);
  }
}
