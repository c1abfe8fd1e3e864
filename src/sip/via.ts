// One value of a Via header: transport, sent-by and parameters (RFC 3261 20.42, RFC 3581).
import { skipHost } from "./host.ts";
import { readPacketVia, VIA } from "./packet-memory.ts";
import { Param } from "./param.ts";
import { ascii, CLASS, Class, parseDecimal, skipClass, skipSpace, trimEnd } from "./scan.ts";
import { ViaWord } from "./via-reader.ts";

// Constants of our own: see CLASS.
const WORDS = VIA;
const CLASSES = CLASS;
const VALUE = Class.value;
const TOKEN = Class.token;

const BRANCH = ascii("branch");
const RPORT = ascii("rport");
const RECEIVED = ascii("received");
const MADDR = ascii("maddr");

/** A view of one Via value; -1 in a start field means absent. */
export class Via {
  /** The value, from "SIP" to its last parameter; `end` without white space or comma. */
  start = -1;
  end = -1;
  /** Start of the next value in the same header line, or -1. */
  next = -1;
  transportStart = -1;
  transportEnd = -1;
  /** Host of sent-by, IPv6 with its brackets. */
  hostStart = -1;
  hostEnd = -1;
  /** Port of sent-by; 0 when none is given. */
  port = 0;
  branchStart = -1;
  branchEnd = -1;
  /** Whether the branch starts with z9hG4bK and goes on after it; if not, matching is that of RFC 2543. */
  hasMagic = false;
  /** -1 absent, 0 present without a value, else the port. */
  rport = -1;
  /** The whole parameter with its semicolon. */
  rportStart = -1;
  rportEnd = -1;
  /** The whole parameter with its semicolon, and its value (IPv6 with or without brackets). */
  receivedStart = -1;
  receivedEnd = -1;
  receivedValueStart = -1;
  receivedValueEnd = -1;
  /** The value of maddr. */
  maddrStart = -1;
  maddrEnd = -1;
  #param: Param = new Param();

  /** Forgets everything. */
  clear(): void {
    this.start = -1;
    this.end = -1;
    this.next = -1;
    this.transportStart = -1;
    this.transportEnd = -1;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.port = 0;
    this.branchStart = -1;
    this.branchEnd = -1;
    this.hasMagic = false;
    this.rport = -1;
    this.rportStart = -1;
    this.rportEnd = -1;
    this.receivedStart = -1;
    this.receivedEnd = -1;
    this.receivedValueStart = -1;
    this.receivedValueEnd = -1;
    this.maddrStart = -1;
    this.maddrEnd = -1;
  }

  /**
   * Reads the first value of the list in `start..end`; false when it is malformed (what was read so far stays). `place`: where the
   * bytes lie in the packets' memory, if it is known.
   */
  reset(bytes: Uint8Array, start: number, end: number, place = -1): boolean {
    if (place >= 0 && readPacketVia(place + start, place + end, place) !== 0) {
      this.#takeWords(start, end);
      return true;
    }
    this.clear();
    this.start = start < end && bytes[start]! <= 0x20 ? skipSpace(bytes, start, end) : start;
    let at = this.#protocol(bytes, this.start, end);
    if (at < 0) return false;
    at = this.#sentBy(bytes, at, end);
    if (at < 0) return false;
    this.end = bytes[at - 1]! > 0x20 ? at : trimEnd(bytes, this.hostStart, at);
    while (at < end && bytes[at] === 0x3b) {
      const semicolon = at;
      const plain = this.#plain(bytes, at, end);
      if (plain > 0) {
        at = plain;
        this.end = at;
        continue;
      }
      at = this.#param.next(bytes, at, end);
      if (at < 0 || !this.#take(bytes, semicolon)) return false;
      this.end = this.#param.end;
    }
    if (at === end) return true;
    if (bytes[at] !== 0x2c) return false;
    this.next = skipSpace(bytes, at + 1, end);
    return this.next < end;
  }

  /** Takes what was found in a value that begins with SIP/2.0 and a transport of three letters, and fills `start..end`. */
  #takeWords(start: number, end: number): void {
    this.start = start;
    this.end = end;
    this.next = -1;
    this.transportStart = start + 8;
    this.transportEnd = start + 11;
    this.hostStart = start + 12;
    this.hostEnd = WORDS[ViaWord.hostEnd]!;
    this.port = WORDS[ViaWord.port]!;
    this.branchStart = WORDS[ViaWord.branchStart]!;
    this.branchEnd = WORDS[ViaWord.branchEnd]!;
    this.hasMagic = WORDS[ViaWord.hasMagic]! !== 0;
    this.rport = WORDS[ViaWord.rport]!;
    this.rportStart = WORDS[ViaWord.rportStart]!;
    this.rportEnd = WORDS[ViaWord.rportEnd]!;
    this.receivedStart = WORDS[ViaWord.receivedStart]!;
    this.receivedEnd = WORDS[ViaWord.receivedEnd]!;
    this.receivedValueStart = this.receivedStart < 0 ? -1 : this.receivedStart + 10;
    this.receivedValueEnd = this.receivedEnd;
    this.maddrStart = -1;
    this.maddrEnd = -1;
  }

  /** `;branch=...`, `;rport`, `;rport=...` and `;received=...` as nearly everybody writes them; returns the offset behind, 0 for anything else. */
  #plain(bytes: Uint8Array, at: number, end: number): number {
    const c = bytes[at + 1];
    if (c === 0x62) {
      if (bytes[at + 7] !== 0x3d || bytes[at + 2] !== 0x72 || bytes[at + 3] !== 0x61 || bytes[at + 4] !== 0x6e)
        return 0;
      if (bytes[at + 5] !== 0x63 || bytes[at + 6] !== 0x68 || this.branchStart >= 0) return 0;
      const start = at + 8;
      let p = start;
      while (p < end && (CLASSES[bytes[p]!]! & VALUE) !== 0) p++;
      if (p <= start || (p < end && bytes[p] !== 0x3b && bytes[p] !== 0x2c)) return 0;
      this.branchStart = start;
      this.branchEnd = p;
      this.hasMagic = p - start > 7 && isMagic(bytes, start);
      return p;
    }
    if (c !== 0x72) return 0;
    if (bytes[at + 2] !== 0x70) return this.#plainReceived(bytes, at, end);
    if (bytes[at + 3] !== 0x6f || bytes[at + 4] !== 0x72 || bytes[at + 5] !== 0x74) return 0;
    if (this.rportStart >= 0) return 0;
    let p = at + 6;
    let port = 0;
    if (p < end && bytes[p] === 0x3d) {
      const digits = ++p;
      for (; p < end && bytes[p]! >= 0x30 && bytes[p]! <= 0x39 && port <= 65_535; p++)
        port = port * 10 + bytes[p]! - 0x30;
      if (p === digits || port > 65_535) return 0;
    }
    if (p > end || (p < end && bytes[p] !== 0x3b && bytes[p] !== 0x2c)) return 0;
    this.rport = port;
    this.rportStart = at;
    this.rportEnd = p;
    return p;
  }

  /** `;received=...` as we and nearly everybody else write it. */
  #plainReceived(bytes: Uint8Array, at: number, end: number): number {
    if (bytes[at + 9] !== 0x3d || bytes[at + 2] !== 0x65 || bytes[at + 3] !== 0x63 || bytes[at + 4] !== 0x65) return 0;
    if (bytes[at + 5] !== 0x69 || bytes[at + 6] !== 0x76 || bytes[at + 7] !== 0x65 || bytes[at + 8] !== 0x64) return 0;
    const start = at + 10;
    let p = start;
    while (p < end && (CLASSES[bytes[p]!]! & VALUE) !== 0) p++;
    if (p <= start || (p < end && bytes[p] !== 0x3b && bytes[p] !== 0x2c) || this.receivedStart >= 0) return 0;
    this.receivedStart = at;
    this.receivedEnd = p;
    this.receivedValueStart = start;
    this.receivedValueEnd = p;
    return p;
  }

  /** `SIP / 2.0 / UDP` and the white space behind it; returns the offset of sent-by. */
  #protocol(bytes: Uint8Array, start: number, end: number): number {
    // Nearly every Via starts like this, and is settled by ten comparisons.
    if (
      end - start > 12 &&
      bytes[start] === 0x53 &&
      bytes[start + 1] === 0x49 &&
      bytes[start + 2] === 0x50 &&
      bytes[start + 3] === 0x2f &&
      bytes[start + 4] === 0x32 &&
      bytes[start + 5] === 0x2e &&
      bytes[start + 6] === 0x30 &&
      bytes[start + 7] === 0x2f
    ) {
      return this.#transport(bytes, start + 8, end);
    }
    let at = skipClass(bytes, start, end, TOKEN);
    if (
      at - start !== 3 ||
      (bytes[start]! | 32) !== 0x73 ||
      (bytes[start + 1]! | 32) !== 0x69 ||
      (bytes[start + 2]! | 32) !== 0x70
    )
      return -1;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== 0x2f) return -1;
    const version = skipSpace(bytes, at + 1, end);
    at = skipClass(bytes, version, end, TOKEN);
    // Any version: the start line decides about it, and its answer needs this Via.
    if (at === version) return -1;
    at = skipSpace(bytes, at, end);
    if (at >= end || bytes[at] !== 0x2f) return -1;
    return this.#transport(bytes, skipSpace(bytes, at + 1, end), end);
  }

  #transport(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (at < end && (CLASSES[bytes[at]!]! & TOKEN) !== 0) at++;
    if (at === start) return -1;
    this.transportStart = start;
    this.transportEnd = at;
    const host = bytes[at] === 0x20 && at + 1 < end && bytes[at + 1]! > 0x20 ? at + 1 : skipSpace(bytes, at, end);
    return host > at ? host : -1;
  }

  /** Host and port; returns the offset of what follows them. */
  #sentBy(bytes: Uint8Array, start: number, end: number): number {
    const hostEnd = skipHost(bytes, start, end);
    if (hostEnd <= start) return -1;
    this.hostStart = start;
    this.hostEnd = hostEnd;
    let at = hostEnd < end && bytes[hostEnd]! <= 0x20 ? skipSpace(bytes, hostEnd, end) : hostEnd;
    if (at >= end || bytes[at] !== 0x3a) return at;
    at++;
    if (at < end && bytes[at]! <= 0x20) at = skipSpace(bytes, at, end);
    const first = at;
    let port = 0;
    for (; at < end && bytes[at]! >= 0x30 && bytes[at]! <= 0x39; at++) {
      port = port * 10 + bytes[at]! - 0x30;
      if (port > 65_535) return -1;
    }
    if (at === first) return -1;
    this.port = port;
    return at < end && bytes[at]! <= 0x20 ? skipSpace(bytes, at, end) : at;
  }

  /** Notes the parameter just read; false when its value is not what its name needs. */
  #take(bytes: Uint8Array, semicolon: number): boolean {
    const param = this.#param;
    const { valueStart, valueEnd } = param;
    switch (bytes[param.nameStart]! | 0x20) {
      case 0x62: // b
        if (!param.is(bytes, BRANCH)) break;
        if (this.branchStart >= 0 || valueEnd <= valueStart) return false;
        this.branchStart = valueStart;
        this.branchEnd = valueEnd;
        this.hasMagic = valueEnd - valueStart > 7 && isMagic(bytes, valueStart);
        break;
      case 0x72: // r
        if (param.is(bytes, RPORT)) {
          if (this.rportStart >= 0) return false;
          this.rport = valueEnd <= valueStart ? 0 : parseDecimal(bytes, valueStart, valueEnd, 65_535);
          this.rportStart = semicolon;
          this.rportEnd = param.end;
          return this.rport >= 0;
        }
        if (!param.is(bytes, RECEIVED)) break;
        if (this.receivedStart >= 0 || valueEnd <= valueStart) return false;
        this.receivedStart = semicolon;
        this.receivedEnd = param.end;
        this.receivedValueStart = valueStart;
        this.receivedValueEnd = valueEnd;
        break;
      case 0x6d: // m
        if (!param.is(bytes, MADDR)) break;
        if (this.maddrStart >= 0 || valueEnd <= valueStart) return false;
        this.maddrStart = valueStart;
        this.maddrEnd = valueEnd;
        break;
      default:
    }
    return true;
  }
}

/** Whether z9hG4bK stands here; RFC 3261 8.1.1.7 compares it without regard to case (7.3.1). */
function isMagic(bytes: Uint8Array, at: number): boolean {
  return (
    (bytes[at]! | 32) === 0x7a &&
    bytes[at + 1] === 0x39 &&
    (bytes[at + 2]! | 32) === 0x68 &&
    (bytes[at + 3]! | 32) === 0x67 &&
    bytes[at + 4] === 0x34 &&
    (bytes[at + 5]! | 32) === 0x62 &&
    (bytes[at + 6]! | 32) === 0x6b
  );
}
