// Request-Line and Status-Line (RFC 3261 7.1, 7.2), and what else arrives on a SIP port: keep-alives, STUN, strangers.
import { Method, methodOf } from "./method.ts";
import { readPacketStart, START } from "./packet-memory.ts";
import { Reason } from "./reason.ts";
import { CLASS, Class, findControl, skipClass } from "./scan.ts";
import { SIP_BYTES, StartWord } from "./start-reader.ts";

// Constants of our own: see CLASS.
const WORDS = START;
const CLASSES = CLASS;
const DIGIT = Class.digit;
const TOKEN = Class.token;
const SPACE = Class.space;

/** The part of a message view that the first line fills. */
export class StartLine {
  bytes: Buffer = Buffer.alloc(0);
  /** Where `bytes` begin in the packets' memory; -1: elsewhere. */
  place = -1;
  /** First byte of the start line (line ends before it are skipped). */
  start = 0;
  /** Behind the last byte of the body: what a datagram has beyond Content-Length is not part of the message. */
  end = 0;
  isRequest = false;
  method: Method = Method.unknown;
  methodStart = 0;
  methodEnd = 0;
  uriStart = 0;
  uriEnd = 0;
  /** Of a response; 0 in a request. */
  status = 0;
  headersStart = 0;
  /** The first thing that was found wrong; `Reason.ok` when nothing was. */
  reason: Reason = Reason.ok;

  /** Reads the first line of `start..end`; false when there is no use in reading on (`reason` tells why). */
  protected readStartLine(view: DataView): boolean {
    const { bytes, end } = this;
    let at = this.start;
    while (at < end && (bytes[at] === 0x0d || bytes[at] === 0x0a)) at++;
    this.start = at;
    if (this.place >= 0 && readPacketStart(this.place + at, this.place + end, this.place) !== 0) {
      this.#takeWords(at);
      return true;
    }
    this.isRequest = false;
    this.method = Method.unknown;
    this.methodStart = at;
    this.methodEnd = at;
    this.uriStart = at;
    this.uriEnd = at;
    this.status = 0;
    this.headersStart = end;
    if (at === end) return this.#stop(Reason.keepalive);
    if (bytes[at]! < 0x20) return this.#stop(stranger(bytes, at, end));
    const line = findLineEnd(bytes, view, at, end);
    if (line < 0) return this.#stop(Reason.notSip);
    this.headersStart = line + 2;
    if (isProtocol(bytes, at, line)) return this.#statusLine(at, line);
    return this.#requestLine(at, line);
  }

  /** Takes what was found in the line that begins at `at`. */
  #takeWords(at: number): void {
    const line = WORDS[StartWord.lineEnd]!;
    const status = WORDS[StartWord.status]!;
    this.status = status;
    this.headersStart = line + 2;
    this.isRequest = status === 0;
    this.method = WORDS[StartWord.method] as Method;
    this.methodStart = at;
    this.methodEnd = status === 0 ? WORDS[StartWord.uriStart]! - 1 : at;
    this.uriStart = status === 0 ? WORDS[StartWord.uriStart]! : at;
    this.uriEnd = status === 0 ? line - SIP_BYTES : at;
  }

  #stop(reason: Reason): false {
    this.reason = reason;
    return false;
  }

  #statusLine(at: number, line: number): boolean {
    const { bytes } = this;
    if (line - at < 11 || bytes[at + 4] !== 0x32 || bytes[at + 5] !== 0x2e || bytes[at + 6] !== 0x30)
      return this.#stop(Reason.badStatusLine);
    if (bytes[at + 7] !== 0x20) return this.#stop(Reason.badStatusLine);
    const digits = skipClass(bytes, at + 8, line, DIGIT);
    if (digits !== at + 11) return this.#stop(digits > at + 8 ? Reason.badStatus : Reason.badStatusLine);
    // The space before an empty reason phrase is missing in the field; what is relayed is the line as it came.
    if (digits < line && bytes[digits] !== 0x20) return this.#stop(Reason.badStatusLine);
    // A reader that ends its strings at NUL would see another line (RFC 3261 25.1 has no NUL in a reason phrase).
    for (let p = digits; p < line; p++) if (bytes[p] === 0) return this.#stop(Reason.badStatusLine);
    this.status = (bytes[at + 8]! - 0x30) * 100 + (bytes[at + 9]! - 0x30) * 10 + bytes[at + 10]! - 0x30;
    return this.status >= 100 && this.status <= 699 ? true : this.#stop(Reason.badStatus);
  }

  #requestLine(at: number, line: number): boolean {
    const { bytes } = this;
    const methodEnd = skipClass(bytes, at, line, TOKEN);
    if (methodEnd === at || methodEnd === line) return this.#stop(Reason.notSip);
    // The usual line ends in " SIP/2.0" and has two spaces.
    let last = line - 8;
    let fine =
      last > methodEnd && bytes[methodEnd] === 0x20 && bytes[last] === 0x20 && isProtocol(bytes, last + 1, line);
    if (!fine) {
      last = lastBlank(bytes, methodEnd, line);
      if (last < 0 || !isProtocol(bytes, last + 1, line)) return this.#stop(Reason.notSip);
    }
    this.isRequest = true;
    this.methodStart = at;
    this.methodEnd = methodEnd;
    this.method = methodOf(bytes, at, methodEnd);
    this.uriStart = methodEnd + 1;
    this.uriEnd = last;
    fine &&= last > methodEnd + 1;
    // What stands in between is judged as a URI, which admits neither spaces nor controls.
    if (fine && bytes[line - 3] === 0x32 && bytes[line - 2] === 0x2e && bytes[line - 1] === 0x30) return true;
    for (let p = methodEnd + 1; fine && p < last; p++) fine = bytes[p]! > 0x20 && bytes[p] !== 0x7f;
    this.reason = fine || isOtherVersion(bytes, last + 5, line) ? Reason.versionNotSupported : Reason.badRequestLine;
    if (!fine && this.reason === Reason.versionNotSupported && hasOddSpace(bytes, methodEnd, last))
      this.reason = Reason.badRequestLine;
    return true;
  }
}

/** "SIP/" in any case, and something behind it. */
function isProtocol(bytes: Uint8Array, at: number, end: number): boolean {
  return (
    end - at > 4 &&
    bytes[at + 3] === 0x2f &&
    (bytes[at]! | 0x20) === 0x73 &&
    (bytes[at + 1]! | 0x20) === 0x69 &&
    (bytes[at + 2]! | 0x20) === 0x70
  );
}

/** The last SP or HTAB that something follows, or -1. */
function lastBlank(bytes: Uint8Array, start: number, end: number): number {
  let at = end - 1;
  while (at > start && (CLASSES[bytes[at]!]! & SPACE) !== 0) at--;
  while (at >= start && (CLASSES[bytes[at]!]! & SPACE) === 0) at--;
  return at >= start ? at : -1;
}

/** Digits, a dot, digits, to the end of the line: a version, but is it another one than 2.0? */
function isOtherVersion(bytes: Uint8Array, start: number, end: number): boolean {
  const dot = skipClass(bytes, start, end, DIGIT);
  if (dot === start || dot >= end || bytes[dot] !== 0x2e) return false;
  const last = skipClass(bytes, dot + 1, end, DIGIT);
  if (last === dot + 1 || last !== end) return false;
  return !(end - start === 3 && bytes[start] === 0x32 && bytes[start + 2] === 0x30);
}

/** Whether there is more, or other, than one space on either side of the request URI. */
function hasOddSpace(bytes: Uint8Array, methodEnd: number, last: number): boolean {
  if (bytes[methodEnd] !== 0x20 || bytes[last] !== 0x20 || last <= methodEnd + 1) return true;
  for (let p = methodEnd + 1; p < last; p++) if (bytes[p]! <= 0x20 || bytes[p] === 0x7f) return true;
  return false;
}

/** Offset of the CRLF that ends the line, or -1 when it ends in anything else. */
function findLineEnd(bytes: Uint8Array, view: DataView, start: number, end: number): number {
  let at = findControl(view, start, end);
  // NUL and HTAB are judged with the rest of the line.
  while (at < end && (bytes[at] === 0 || bytes[at] === 9)) at = findControl(view, at + 1, end);
  return at + 1 < end && bytes[at] === 0x0d && bytes[at + 1] === 0x0a ? at : -1;
}

/** What a packet is that starts with a control byte. */
function stranger(bytes: Uint8Array, start: number, end: number): Reason {
  let nuls = start;
  while (nuls < end && bytes[nuls] === 0) nuls++;
  if (nuls === end) return Reason.nulKeepalive;
  // RFC 8489 5: the two top bits are zero and the magic cookie stands in bytes 4 to 7.
  const isStun =
    end - start >= 20 &&
    bytes[start + 4] === 0x21 &&
    bytes[start + 5] === 0x12 &&
    bytes[start + 6] === 0xa4 &&
    bytes[start + 7] === 0x42;
  return isStun ? Reason.stun : Reason.notSip;
}
