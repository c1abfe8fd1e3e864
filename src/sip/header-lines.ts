// The header section: finds every line once, recognises its name, remembers where it is. Line ends other than CRLF, NULs
// and blank folded lines are refused here, because another reader would split them differently (request smuggling).
import {
  HEADER_COUNT,
  Header,
  headerOf,
  IS_SINGLE,
  isNamed,
  NAME_LENGTH,
  QUICK_BYTES,
  quickHeader,
  skipName,
} from "./header.ts";
import { Reason } from "./reason.ts";
import { findControl, skipQuoted, trimEnd } from "./scan.ts";
import { StartLine } from "./start-line.ts";

// Constants of our own: see CLASS.
const OTHER = Header.other;
const NAME_ROOM = QUICK_BYTES;
const LENGTHS = NAME_LENGTH;

/** Lines beyond the first of known headers that a message may have; one with more gets 513. */
export const MAX_REPEATED_LINES = 1024;
const STRIDE = 4;
/** Escaped NULs that one header line may have: each is looked for from the start of its value. */
const MAX_ESCAPED_NULS = 16;

/** The part of a message view that the header lines fill. */
export class HeaderLines extends StartLine {
  /** Behind the empty line. */
  bodyStart = 0;
  /**
   * First occurrence of each header: its value, trimmed, and its line with line end and folded lines. The starts are -1
   * when the header is absent; the ends mean nothing then.
   */
  readonly valueStart: Int32Array = new Int32Array(HEADER_COUNT).fill(-1);
  readonly valueEnd: Int32Array = new Int32Array(HEADER_COUNT).fill(-1);
  readonly lineStart: Int32Array = new Int32Array(HEADER_COUNT).fill(-1);
  readonly lineEnd: Int32Array = new Int32Array(HEADER_COUNT).fill(-1);
  /** Lines of each header. */
  readonly count: Int32Array = new Int32Array(HEADER_COUNT);
  /** The line that `nextLine` found. */
  iterStart = -1;
  iterEnd = -1;
  iterLineStart = -1;
  iterLineEnd = -1;
  /**
   * Names in lower case that `Header` has no number for and that are to be found all the same: each is recorded as
   * `Header.watched`. May change between two messages.
   */
  watched: readonly Uint8Array[] = [];
  /** Whether a Via line was not legible. */
  protected viaLost = false;
  /** The headers that are there, so that only their places have to be cleared. */
  #present: Uint8Array = new Uint8Array(HEADER_COUNT);
  #presentCount = 0;
  /** Second and later lines of a header: which one, then start, value's start and end, end. */
  #repeatId: Uint8Array = new Uint8Array(MAX_REPEATED_LINES);
  #repeats: Int32Array = new Int32Array(MAX_REPEATED_LINES * STRIDE);
  #repeatCount = 0;
  #otherCount = 0;

  /** How many header lines there are, folded ones counted once. */
  get lineCount(): number {
    return this.#presentCount + this.#repeatCount + this.#otherCount;
  }

  /**
   * Finds the next line of a header at or behind `from` (-1 or 0: the first one; then `iterLineEnd`): fills `iterStart`,
   * `iterEnd`, `iterLineStart`, `iterLineEnd`; false when there is none.
   */
  nextLine(header: Header, from: number): boolean {
    const first = this.lineStart[header]!;
    if (first < 0) return false;
    if (from <= first) {
      this.iterLineStart = first;
      this.iterStart = this.valueStart[header]!;
      this.iterEnd = this.valueEnd[header]!;
      this.iterLineEnd = this.lineEnd[header]!;
      return true;
    }
    if (this.count[header]! === 1) return false;
    const lines = this.#repeats;
    for (let i = 0; i < this.#repeatCount; i++) {
      if (this.#repeatId[i] !== header || lines[i * STRIDE]! < from) continue;
      this.iterLineStart = lines[i * STRIDE]!;
      this.iterStart = lines[i * STRIDE + 1]!;
      this.iterEnd = lines[i * STRIDE + 2]!;
      this.iterLineEnd = lines[i * STRIDE + 3]!;
      return true;
    }
    return false;
  }

  /** Notes the first thing that is wrong. */
  protected fault(reason: Reason): void {
    if (this.reason === Reason.ok) this.reason = reason;
  }

  protected clearHeaders(): void {
    const { valueStart, lineStart, count } = this;
    const present = this.#present;
    for (let i = this.#presentCount - 1; i >= 0; i--) {
      const id = present[i]!;
      valueStart[id] = -1;
      lineStart[id] = -1;
      count[id] = 0;
    }
    this.#presentCount = 0;
    this.#repeatCount = 0;
    this.#otherCount = 0;
    this.viaLost = false;
    this.bodyStart = this.end;
  }

  /** Reads the lines from `headersStart` on and sets `bodyStart`. */
  protected readHeaders(view: DataView): void {
    const { bytes, end, valueStart, valueEnd, lineStart, lineEnd, count } = this;
    const present = this.#present;
    // A search may look a few bytes past the end; what it finds there is told apart afterwards.
    const last = Math.min(end, bytes.length - 16);
    let at = this.headersStart;
    for (;;) {
      const id = at + NAME_ROOM <= end ? quickHeader(view, at) : OTHER;
      if (id === OTHER) {
        if (at >= end) {
          this.fault(Reason.noTerminator);
          return;
        }
        if (bytes[at] === 0x0d && at + 1 < end && bytes[at + 1] === 0x0a) {
          this.bodyStart = at + 2;
          return;
        }
        at = this.#readOther(view, at);
        continue;
      }
      // The usual line: known header, one space, visible text, CRLF, no folding. Anything else goes the long way.
      const colon = at + LENGTHS[id]!;
      const start = bytes[colon + 1] === 0x20 ? colon + 2 : colon + 1;
      let p = start;
      for (; p <= last; p += 16) {
        const a = view.getInt32(p, true);
        const b = view.getInt32(p + 4, true);
        const c = view.getInt32(p + 8, true);
        const d = view.getInt32(p + 12, true);
        const inA = (a - 0x0e0e0e0e) & ~a;
        const inB = (b - 0x0e0e0e0e) & ~b;
        const inC = (c - 0x0e0e0e0e) & ~c;
        if (((inA | inB | inC | ((d - 0x0e0e0e0e) & ~d)) & 0x80808080) === 0) continue;
        p += firstOf(inA & 0x80808080, inB & 0x80808080, inC & 0x80808080, (d - 0x0e0e0e0e) & ~d & 0x80808080);
        break;
      }
      if (
        p + 2 < end &&
        bytes[p] === 0x0d &&
        bytes[p + 1] === 0x0a &&
        bytes[p + 2] !== 0x20 &&
        bytes[p + 2] !== 0x09 &&
        bytes[start]! > 0x20 &&
        bytes[p - 1]! > 0x20
      ) {
        if (count[id] !== 0) {
          this.#record(id, at, start, p);
          at = p + 2;
          continue;
        }
        valueStart[id] = start;
        valueEnd[id] = p;
        lineStart[id] = at;
        at = p + 2;
        lineEnd[id] = at;
        count[id] = 1;
        present[this.#presentCount++] = id;
      } else at = this.#readLine(view, at, colon + 1, id);
    }
  }

  /** Reads a line whose name is unknown or spelled in another way; returns the start of the next line. */
  #readOther(view: DataView, at: number): number {
    const { bytes, end } = this;
    const nameEnd = skipName(bytes, at, end);
    let colon = nameEnd;
    while (colon < end && (bytes[colon] === 0x20 || bytes[colon] === 0x09)) colon++;
    if (nameEnd === at || colon >= end || bytes[colon] !== 0x3a) {
      this.fault(Reason.badHeaderLine);
      return this.#readLine(view, at, at, OTHER);
    }
    let id = headerOf(bytes, at, nameEnd);
    if (id === OTHER && this.watched.length > 0 && this.#isWatched(at, nameEnd)) id = Header.watched;
    return this.#readLine(view, at, colon + 1, id);
  }

  #isWatched(start: number, end: number): boolean {
    const { bytes, watched } = this;
    for (let i = 0; i < watched.length; i++) if (isNamed(bytes, start, end, watched[i]!)) return true;
    return false;
  }

  /** Reads the value at `from` of the line at `lineStart`; returns the start of the next line. */
  #readLine(view: DataView, lineStart: number, from: number, id: Header): number {
    const { bytes, end } = this;
    let at = from;
    let fault: Reason = Reason.ok;
    let nuls = 0;
    for (;;) {
      at = findControl(view, at, end);
      if (at >= end) {
        this.fault(Reason.noTerminator);
        if (id === Header.via) this.viaLost = true;
        return end;
      }
      const c = bytes[at]!;
      if (c === 0x0d) {
        if (at + 1 < end && bytes[at + 1] === 0x0a) {
          if (at + 2 >= end || (bytes[at + 2] !== 0x20 && bytes[at + 2] !== 0x09)) break;
          at += 2;
          while (at < end && (bytes[at] === 0x20 || bytes[at] === 0x09)) at++;
          // Some readers take a line of white space for the empty line that ends the headers.
          if (at < end && bytes[at] === 0x0d) fault = Reason.badFolding;
          continue;
        }
        fault = Reason.bareLineEnd;
      } else if (c === 0x0a) fault = Reason.bareLineEnd;
      else if (c === 0 && fault === Reason.ok && (++nuls > MAX_ESCAPED_NULS || !isQuotedPair(bytes, from, at)))
        fault = Reason.nulInHeader;
      at++;
    }
    if (fault !== Reason.ok) {
      this.fault(fault);
      if (id === Header.via) this.viaLost = true;
    } else this.#record(id, lineStart, from, at);
    return at + 2;
  }

  #record(id: Header, lineStart: number, from: number, lineBreak: number): void {
    if (id === OTHER) {
      this.#otherCount++;
      return;
    }
    const { bytes } = this;
    let start = from;
    while (start < lineBreak && isBlank(bytes[start]!)) start++;
    const end = isBlank(bytes[lineBreak - 1]!) ? trimEnd(bytes, start, lineBreak) : lineBreak;
    const count = this.count[id]!;
    this.count[id] = count + 1;
    if (count === 0) {
      this.valueStart[id] = start;
      this.valueEnd[id] = end;
      this.lineStart[id] = lineStart;
      this.lineEnd[id] = lineBreak + 2;
      this.#present[this.#presentCount++] = id;
      return;
    }
    if (IS_SINGLE[id] !== 0) this.fault(Reason.repeatedHeader);
    if (this.#repeatCount >= MAX_REPEATED_LINES) {
      this.fault(Reason.tooManyHeaders);
      return;
    }
    const n = this.#repeatCount++;
    this.#repeatId[n] = id;
    this.#repeats[n * STRIDE] = lineStart;
    this.#repeats[n * STRIDE + 1] = start;
    this.#repeats[n * STRIDE + 2] = end;
    this.#repeats[n * STRIDE + 3] = lineBreak + 2;
  }
}

/** Offset of the first byte with its top bit set in four words that have no other bits, at least one of them. */
function firstOf(a: number, b: number, c: number, d: number): number {
  // Without branches, which would be guessed wrong as often as not: all ones as long as nothing was found.
  const notA = ((a - 1) & ~a) >> 31;
  const notB = notA & (((b - 1) & ~b) >> 31);
  const notC = notB & (((c - 1) & ~c) >> 31);
  const word = a | (b & notA) | (c & notB) | (d & notC);
  return (4 & notA) + (4 & notB) + (4 & notC) + ((31 - Math.clz32(word & -word)) >> 3);
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x0d || c === 0x0a || c === 0x09;
}

/** Whether the byte at `at` is escaped inside a quoted string of the value at `start` (RFC 3261 25.1 quoted-pair). */
function isQuotedPair(bytes: Uint8Array, start: number, at: number): boolean {
  for (let p = start; p < at; p++) {
    if (bytes[p] !== 0x22) continue;
    const close = skipQuoted(bytes, p, at);
    if (close < 0) {
      let slashes = 0;
      while (bytes[at - 1 - slashes] === 0x5c) slashes++;
      return (slashes & 1) === 1;
    }
    p = close - 1;
  }
  return false;
}
