// SipHash (Aumasson, Bernstein 2012) with a 128-bit key and a 64-bit result, over several byte ranges. Signs what we hand
// out and want back unchanged: Record-Route parameters and probes with SipHash-2-4; branches of stateless hops, which live
// for seconds and guard a single answer, with SipHash-1-3.
import { openSipHashModule, SIPHASH_CAPACITY, SipHashAt } from "./siphash-module.ts";

const { memory, hash24, hash13 } = openSipHashModule();
const bytesOf: Uint8Array = Buffer.from(memory);
const words = new Int32Array(memory);
const STATE = SipHashAt.state >> 2;
const RESULT = SipHashAt.result >> 2;
const FIRST: number = SipHashAt.blocks;

/**
 * One computation at a time in a thread, whichever object does it: `init`, any number of `update`s, `final`. What goes in
 * must fit into 64 KiB; the rest counts for nothing.
 */
export class SipHash {
  /** The result of `final`, as signed 32-bit words. */
  hi = 0;
  lo = 0;
  /** Offset behind what went in. */
  #end: number = FIRST;

  /** Starts over with a key of 16 bytes. */
  init(key: Uint8Array): void {
    const k0l = word(key, 0);
    const k0h = word(key, 4);
    const k1l = word(key, 8);
    const k1h = word(key, 12);
    words[STATE] = k0l ^ 0x70736575;
    words[STATE + 1] = k0h ^ 0x736f6d65;
    words[STATE + 2] = k1l ^ 0x6e646f6d;
    words[STATE + 3] = k1h ^ 0x646f7261;
    words[STATE + 4] = k0l ^ 0x6e657261;
    words[STATE + 5] = k0h ^ 0x6c796765;
    words[STATE + 6] = k1l ^ 0x79746573;
    words[STATE + 7] = k1h ^ 0x74656462;
    this.#end = FIRST;
  }

  /** Takes in `bytes[start..end]`. Where one range ends and the next begins makes no difference to the result. */
  update(bytes: Uint8Array, start: number, end: number): void {
    let to = this.#end;
    for (let at = start; at < end; at++) bytesOf[to++] = bytes[at]!;
    this.#end = to;
  }

  /**
   * Takes in a range in whole words: its length, then its bytes, the last word filled up with zeros. All that went in
   * before must have been whole words too. Quicker than `update`, and ranges cannot be mistaken for each other.
   */
  updateRange(view: DataView, start: number, end: number): void {
    let to = this.#end >>> 2;
    words[to++] = end - start;
    let at = start;
    for (; at + 4 <= end; at += 4) words[to++] = view.getInt32(at, true);
    if (at < end) {
      let tail = 0;
      for (let shift = 0; at < end; shift += 8) tail |= view.getUint8(at++) << shift;
      words[to++] = tail;
    }
    this.#end = to * 4;
  }

  /** Takes in a 32-bit number, as four bytes, the lowest first. */
  updateWord(value: number): void {
    const to = this.#end;
    this.#end = to + 4;
    if ((to & 3) === 0) {
      words[to >>> 2] = value;
      return;
    }
    bytesOf[to] = value;
    bytesOf[to + 1] = value >>> 8;
    bytesOf[to + 2] = value >>> 16;
    bytesOf[to + 3] = value >>> 24;
  }

  /** Finishes as SipHash-2-4: the result is in `hi` and `lo`. */
  final(): void {
    hash24(this.#fillUp());
    this.lo = words[RESULT]!;
    this.hi = words[RESULT + 1]!;
  }

  /** Finishes as SipHash-1-3. */
  finalQuick(): void {
    hash13(this.#fillUp());
    this.lo = words[RESULT]!;
    this.hi = words[RESULT + 1]!;
  }

  /** Zeros and the length behind what went in; the end of the last block. */
  #fillUp(): number {
    const length = Math.min(this.#end - FIRST, SIPHASH_CAPACITY);
    const last = FIRST + (length & ~7);
    // What stands behind the last whole block, and is less than one, stays; the rest of its bytes are to be zero.
    const kept = length & 7;
    const at = last >>> 2;
    if (kept < 4) {
      words[at] = words[at]! & ((1 << (kept * 8)) - 1);
      words[at + 1] = length << 24;
    } else words[at + 1] = (words[at + 1]! & ((1 << ((kept - 4) * 8)) - 1)) | (length << 24);
    return last + 8;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
