// What changes in a message on its way through: inserts, removals and replacements by offset of the bytes that arrived,
// applied once, while writing (Kamailio's lumps). New text lies in a scratch buffer that one Edits owns and reuses.
import { packetBytes } from "./packet-memory.ts";
import { ViewCache } from "./view-cache.ts";
import { copyBytes, copyRange, writeDecimal } from "./write.ts";

const FIRST_EDITS = 64;
const FIRST_SCRATCH = 16_384;
const STRIDE = 4;

/** A list of edits, kept in order of their offsets. */
export class Edits {
  /** Text for inserts; `length` bytes of it are in use. Replaced by a larger one when it runs full. */
  scratch: Buffer = packetBytes(FIRST_SCRATCH);
  length = 0;
  #count = 0;
  /** Per edit: offset, end of what is removed, start and end of its text in the scratch buffer. */
  #list: Int32Array = new Int32Array(FIRST_EDITS * STRIDE);
  #patchAt: Int32Array = new Int32Array(8);
  #patchEnd: Int32Array = new Int32Array(8);
  #patchFrom: Int32Array = new Int32Array(8);
  #patchCount = 0;
  /** Of messages, of the buffers that it writes to, and of its own. */
  readonly #views: ViewCache = new ViewCache();
  readonly #outViews: ViewCache = new ViewCache();
  readonly #scratchViews: ViewCache = new ViewCache();

  /** Forgets all edits and the text. */
  clear(): void {
    this.length = 0;
    this.#count = 0;
    this.#patchCount = 0;
  }

  /** Adds text from `bytes`, which must not be the scratch buffer; returns where it starts. */
  text(bytes: Uint8Array, start = 0, end: number = bytes.length): number {
    const at = this.#room(end - start);
    this.length = copyBytes(bytes, start, end, this.scratch, at);
    return at;
  }

  /** Adds one byte; returns where it stands. */
  byte(value: number): number {
    const at = this.#room(1);
    this.scratch[at] = value;
    this.length = at + 1;
    return at;
  }

  /** Adds an unsigned number in decimal; returns where it starts. */
  decimal(value: number): number {
    const at = this.#room(10);
    this.length = writeDecimal(this.scratch, at, value);
    return at;
  }

  /** Adds `count` bytes for the caller to fill; returns where they start. */
  claim(count: number): number {
    const at = this.#room(count);
    this.length = at + count;
    return at;
  }

  /** Inserts the text from `from` to the end of what was added so far, before the byte at `at`. */
  insert(at: number, from: number): void {
    this.#add(at, at, from, this.length);
  }

  /** Leaves `at..end` out. */
  remove(at: number, end: number): void {
    this.#add(at, end, 0, 0);
  }

  /** Writes the text from `from` on in place of `at..end`. */
  replace(at: number, end: number, from: number): void {
    if (end - at === this.length - from && this.#patchCount < 8) {
      // The same length: the bytes around it are copied in one piece and overwritten afterwards.
      const i = this.#patchCount++;
      this.#patchAt[i] = at;
      this.#patchEnd[i] = end;
      this.#patchFrom[i] = from;
    } else this.#add(at, end, from, this.length);
  }

  /** Replaces `at..end` by a decimal number. */
  replaceDecimal(at: number, end: number, value: number): void {
    this.replace(at, end, this.decimal(value));
  }

  /** By how many bytes the message grows (negative: shrinks); what is left out twice is gone once. */
  get growth(): number {
    const list = this.#list;
    let growth = 0;
    let at = 0;
    for (let i = 0; i < this.#count * STRIDE; i += STRIDE) {
      growth += list[i + 3]! - list[i + 2]!;
      if (list[i]! > at) at = list[i]!;
      if (list[i + 1]! <= at) continue;
      growth -= list[i + 1]! - at;
      at = list[i + 1]!;
    }
    return growth;
  }

  /** Writes `start..end` of the message with its edits at `out[outAt]`; returns how many bytes that are. */
  writeTo(bytes: Uint8Array, start: number, end: number, out: Buffer, outAt: number): number {
    return this.#write(bytes, start, end, end + 1, out, outAt);
  }

  /** The same without the edits at `end` itself: they belong to the range that begins there. */
  writeUpTo(bytes: Uint8Array, start: number, end: number, out: Buffer, outAt: number): number {
    return this.#write(bytes, start, end, end, out, outAt);
  }

  /** With the edits from `start` on and before `bound`. */
  #write(bytes: Uint8Array, start: number, end: number, bound: number, out: Buffer, outAt: number): number {
    const list = this.#list;
    const count = this.#count * STRIDE;
    const patches = this.#patchCount;
    const view = this.#views.of(bytes);
    const outView = this.#outViews.of(out);
    const from = this.#views.place;
    const outPlace = this.#outViews.place;
    let to = outAt;
    let at = start;
    for (let i = 0; i < count; i += STRIDE) {
      const next = list[i]!;
      if (next >= bound) break;
      if (next < start) {
        if (list[i + 1]! > at) at = list[i + 1]!;
        continue;
      }
      if (next > at) {
        const run = to;
        to = copyRange(bytes, view, from, at, next, out, outView, outPlace, to);
        if (patches > 0) this.#patch(out, run, at, next);
      }
      if (list[i + 3]! > list[i + 2]!) {
        const { scratch } = this;
        const text = this.#scratchViews.of(scratch);
        const place = this.#scratchViews.place;
        to = copyRange(scratch, text, place, list[i + 2]!, list[i + 3]!, out, outView, outPlace, to);
      }
      if (next > at) at = next;
      if (list[i + 1]! > at) at = list[i + 1]!;
    }
    if (end > at) {
      const run = to;
      to = copyRange(bytes, view, from, at, end, out, outView, outPlace, to);
      if (patches > 0) this.#patch(out, run, at, end);
    }
    return to - outAt;
  }

  #patch(out: Buffer, outAt: number, start: number, end: number): void {
    for (let i = 0; i < this.#patchCount; i++) {
      const at = this.#patchAt[i]!;
      if (at < start || at >= end) continue;
      let from = this.#patchFrom[i]!;
      const shift = outAt - start;
      for (let p = at; p < this.#patchEnd[i]!; p++) out[p + shift] = this.scratch[from++]!;
    }
  }

  /** Keeps the list in order; edits at one offset stay in the order in which they were made. */
  #add(at: number, end: number, from: number, to: number): void {
    const count = this.#count;
    if ((count + 1) * STRIDE > this.#list.length) {
      const larger = new Int32Array(this.#list.length * 2);
      larger.set(this.#list);
      this.#list = larger;
    }
    const list = this.#list;
    let i = count * STRIDE;
    while (i > 0 && list[i - STRIDE]! > at) {
      list[i] = list[i - STRIDE]!;
      list[i + 1] = list[i - STRIDE + 1]!;
      list[i + 2] = list[i - STRIDE + 2]!;
      list[i + 3] = list[i - STRIDE + 3]!;
      i -= STRIDE;
    }
    list[i] = at;
    list[i + 1] = end;
    list[i + 2] = from;
    list[i + 3] = to;
    this.#count = count + 1;
  }

  /** Makes sure that `count` more bytes fit; returns where they begin. */
  #room(count: number): number {
    if (this.length + count > this.scratch.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(this.scratch.length * 2, this.length + count));
      this.scratch.copy(larger, 0, 0, this.length);
      this.scratch = larger;
    }
    return this.length;
  }
}
