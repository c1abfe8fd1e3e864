// A From, To, Contact or Route value: `"name" <uri>;params` or `uri;params` (RFC 3261 20.10, 25.1).
import { ADDRESS, readPacketAddress } from "./packet-memory.ts";
import { Param } from "./param.ts";
import { ascii, CLASS, Class, skipSpace } from "./scan.ts";

// Constants of our own: see CLASS.
const CLASSES = CLASS;
const VALUE = Class.value;
const SPACE = Class.space;
const TOKEN = Class.token;
const SCHEME = Class.scheme;
const ENCLOSED = Class.enclosed;

const TAG = ascii("tag");

/** A view of one address; -1 in a start field means absent. */
export class NameAddr {
  /** The value without surrounding white space. */
  start = -1;
  end = -1;
  /** Start of the next value of a list, or -1. */
  next = -1;
  /** The URI without angle brackets. */
  uriStart = -1;
  uriEnd = -1;
  /** Whether the URI stands in angle brackets. */
  hasBrackets = false;
  tagStart = -1;
  tagEnd = -1;
  #param: Param = new Param();

  /**
   * Reads the first value of the list in `start..end`; false when it is malformed. `place`: where the bytes lie in the packets'
   * memory, if it is known.
   */
  reset(bytes: Uint8Array, start: number, end: number, place = -1): boolean {
    if (place >= 0 && readPacketAddress(place + start, place + end, place) !== 0) {
      this.start = start;
      this.end = end;
      this.next = -1;
      this.uriStart = ADDRESS[0]!;
      this.uriEnd = ADDRESS[1]!;
      this.hasBrackets = true;
      this.tagStart = ADDRESS[2]!;
      this.tagEnd = this.tagStart < 0 ? -1 : end;
      return true;
    }
    this.start = skipSpace(bytes, start, end);
    this.end = this.start;
    this.next = -1;
    this.uriStart = -1;
    this.uriEnd = -1;
    this.hasBrackets = false;
    this.tagStart = -1;
    this.tagEnd = -1;
    let at = this.#address(bytes, this.start, end);
    if (at < 0) return false;
    this.end = this.hasBrackets ? this.uriEnd + 1 : this.uriEnd;
    const param = this.#param;
    // `;tag=...` to the end, as nearly everybody writes it.
    if (
      bytes[at] === 0x3b &&
      bytes[at + 4] === 0x3d &&
      bytes[at + 1] === 0x74 &&
      bytes[at + 2] === 0x61 &&
      bytes[at + 3] === 0x67
    ) {
      let p = at + 5;
      while (p < end && (CLASSES[bytes[p]!]! & VALUE) !== 0) p++;
      if (p === end && p > at + 5) {
        this.tagStart = at + 5;
        this.tagEnd = end;
        this.end = end;
        return true;
      }
    }
    while (at < end && bytes[at] === 0x3b) {
      at = param.next(bytes, at, end);
      if (at < 0) return false;
      this.end = param.end;
      if ((bytes[param.nameStart]! | 0x20) === 0x74 && param.is(bytes, TAG)) {
        if (this.tagStart >= 0 || param.valueEnd <= param.valueStart) return false;
        this.tagStart = param.valueStart;
        this.tagEnd = param.valueEnd;
      }
    }
    if (at === end) return true;
    if (bytes[at] !== 0x2c) return false;
    this.next = skipSpace(bytes, at + 1, end);
    return this.next < end;
  }

  /** Display name and URI; returns the offset of what follows them. */
  #address(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    if (at < end && bytes[at] === 0x22) {
      at++;
      while (at < end && bytes[at] !== 0x22) at += bytes[at] === 0x5c ? 2 : 1;
      if (at >= end) return -1;
      at++;
      while (at < end && (CLASSES[bytes[at]!]! & SPACE) !== 0) at++;
      return at < end && bytes[at] === 0x3c ? this.#bracketed(bytes, at, end) : -1;
    }
    // Either the tokens of a display name or a bare URI: the first byte that is not of a token tells.
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c === 0x3c) return this.#bracketed(bytes, at, end);
      if (c === 0x3a) return this.#bare(bytes, start, at, end);
      if ((CLASSES[c]! & (TOKEN | SPACE)) === 0 && c < 0x80) return -1;
    }
    return -1;
  }

  #bracketed(bytes: Uint8Array, open: number, end: number): number {
    let at = open + 1;
    while (at < end && (CLASSES[bytes[at]!]! & SCHEME) !== 0) at++;
    if (at >= end || at === open + 1 || bytes[at] !== 0x3a) return -1;
    const colon = at;
    while (at < end && (CLASSES[bytes[at]!]! & ENCLOSED) !== 0) at++;
    if (at >= end || at === colon + 1 || bytes[at] !== 0x3e) return -1;
    this.hasBrackets = true;
    this.uriStart = open + 1;
    this.uriEnd = at;
    at++;
    return at < end && bytes[at]! <= 0x20 ? skipSpace(bytes, at, end) : at;
  }

  /** A URI without brackets ends at its first semicolon, comma or question mark (RFC 3261 20): what follows is not its. */
  #bare(bytes: Uint8Array, start: number, colon: number, end: number): number {
    let at = colon + 1;
    for (let i = start; i < colon; i++) if ((CLASSES[bytes[i]!]! & SCHEME) === 0) return -1;
    for (; at < end; at++) {
      const c = bytes[at]!;
      if (c === 0x3b || c === 0x2c || (CLASSES[c]! & SPACE) !== 0) break;
      if (c === 0x3f || c === 0x3c || c === 0x3e || c === 0x22 || c < 0x20 || c === 0x7f) return -1;
    }
    if (colon === start || at === colon + 1) return -1;
    this.uriStart = start;
    this.uriEnd = at;
    return skipSpace(bytes, at, end);
  }
}
