// The header section: finds every line once, recognises its name, remembers where it is. Line ends other than CRLF, NULs
// and blank folded lines are refused here, because another reader would split them differently (request smuggling).
import { Header, headerOf, isNamed, NAME_LENGTH, QUICK_BYTES, quickHeader, skipName } from "./header.ts";
import { HeaderTables } from "./header-tables.ts";
import { LINE_WORDS } from "./line-finder.ts";
import { FOUND, findHeaderLines, LINES } from "./packet-memory.ts";
import { Reason } from "./reason.ts";
import { findControl, skipQuoted } from "./scan.ts";

// Constants of our own: see CLASS.
const OTHER = Header.other;
const NAME_ROOM = QUICK_BYTES;
const LENGTHS = NAME_LENGTH;

/** Escaped NULs that one header line may have: each is looked for from the start of its value. */
const MAX_ESCAPED_NULS = 16;

/** The part of a message view that reads the header lines. */
export class HeaderLines extends HeaderTables {
  /**
   * Names in lower case that `Header` has no number for and that are to be found all the same: each is recorded as
   * `Header.watched`. May change between two messages.
   */
  watched: readonly Uint8Array[] = [];

  /** Reads the lines from `headersStart` on and sets `bodyStart`. */
  protected readHeaders(view: DataView): void {
    const { bytes, end, valueStart, valueEnd, lineStart, lineEnd, count } = this;
    const present = this.present;
    // A search may look a few bytes past the end; what it finds there is told apart afterwards.
    const last = Math.min(end, bytes.length - 16);
    let at = this.place >= 0 && this.tablesAt >= 0 ? this.#findLines(view) : this.headersStart;
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
          this.record(id, at, start, p);
          at = p + 2;
          continue;
        }
        valueStart[id] = start;
        valueEnd[id] = p;
        lineStart[id] = at;
        at = p + 2;
        lineEnd[id] = at;
        count[id] = 1;
        present[this.presentCount++] = id;
      } else at = this.#readLine(view, at, colon + 1, id);
    }
  }

  /** Has the lines found by others, up to the first that only `readHeaders` can judge; returns where it stands. */
  #findLines(view: DataView): number {
    const { place } = this;
    const others = findHeaderLines(place + this.headersStart, place + this.end, this.tablesAt, place);
    this.presentCount = FOUND[1]!;
    for (let i = 0; i < others * LINE_WORDS; i += LINE_WORDS) {
      const id = LINES[i]!;
      if (id === OTHER) this.#readOther(view, LINES[i + 1]!);
      else this.record(id as Header, LINES[i + 1]!, LINES[i + 2]!, LINES[i + 3]!);
    }
    return FOUND[0]!;
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
    } else this.record(id, lineStart, from, at);
    return at + 2;
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
