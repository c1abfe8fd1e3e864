// What is known of the header section: where each header's first line stands, and the further lines. In the packets' memory, where
// others than JavaScript can fill it in (line-finder.ts).
import { HEADER_COUNT, Header, IS_SINGLE } from "./header.ts";
import { LineTables } from "./line-finder.ts";
import { packetWords, placeOf } from "./packet-memory.ts";
import { Reason } from "./reason.ts";
import { trimEnd } from "./scan.ts";
import { StartLine } from "./start-line.ts";

// Constants of our own: see CLASS.
const OTHER = Header.other;

/** Lines beyond the first of known headers that a message may have; one with more gets 513. */
const MAX_REPEATED_LINES = 1024;
const STRIDE = 4;

/** The part of a message view that holds the header lines. */
export class HeaderTables extends StartLine {
  readonly #tables: Int32Array = packetWords(LineTables.words);
  /** Where they lie in the packets' memory; -1: elsewhere. */
  protected readonly tablesAt: number = placeOf(this.#tables);
  /** Behind the empty line. */
  bodyStart = 0;
  /**
   * First occurrence of each header: its value, trimmed, and its line with line end and folded lines. The starts are -1
   * when the header is absent; the ends mean nothing then.
   */
  readonly valueStart: Int32Array = this.#table(LineTables.valueStart).fill(-1);
  readonly valueEnd: Int32Array = this.#table(LineTables.valueEnd).fill(-1);
  readonly lineStart: Int32Array = this.#table(LineTables.lineStart).fill(-1);
  readonly lineEnd: Int32Array = this.#table(LineTables.lineEnd).fill(-1);
  /** Lines of each header. */
  readonly count: Int32Array = this.#table(LineTables.count);
  /** The line that `nextLine` found. */
  iterStart = -1;
  iterEnd = -1;
  iterLineStart = -1;
  iterLineEnd = -1;
  /** Whether a Via line was not legible. */
  protected viaLost = false;
  /** The headers that are there, so that only their places have to be cleared. */
  protected readonly present: Int32Array = this.#table(LineTables.present);
  protected presentCount = 0;
  /** Second and later lines of a header: which one, then start, value's start and end, end. */
  #repeatId: Uint8Array = new Uint8Array(MAX_REPEATED_LINES);
  #repeats: Int32Array = new Int32Array(MAX_REPEATED_LINES * STRIDE);
  #repeatCount = 0;
  /** The one of them that `nextLine` found last. */
  #found = 0;
  #otherCount = 0;

  /** How many header lines there are, folded ones counted once. */
  get lineCount(): number {
    return this.presentCount + this.#repeatCount + this.#otherCount;
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
    // They stand in their order, so whoever goes on from the last one need not pass by all before it, again for each line.
    const last = this.#found;
    let i = last < this.#repeatCount && lines[last * STRIDE]! < from ? last + 1 : 0;
    for (; i < this.#repeatCount; i++) {
      if (this.#repeatId[i] !== header || lines[i * STRIDE]! < from) continue;
      this.#found = i;
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
    const present = this.present;
    for (let i = this.presentCount - 1; i >= 0; i--) {
      const id = present[i]!;
      valueStart[id] = -1;
      lineStart[id] = -1;
      count[id] = 0;
    }
    this.presentCount = 0;
    this.#repeatCount = 0;
    this.#otherCount = 0;
    this.viaLost = false;
    this.bodyStart = this.end;
  }

  /**
   * Notes a line: its value is what stands between `from` and the line end at `lineBreak`, without white space around it.
   */
  protected record(id: Header, lineStart: number, from: number, lineBreak: number): void {
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
      this.present[this.presentCount++] = id;
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

  #table(at: number): Int32Array {
    return this.#tables.subarray(at, at + HEADER_COUNT);
  }
}

function isBlank(c: number): boolean {
  return c === 0x20 || c === 0x0d || c === 0x0a || c === 0x09;
}
