// SipHash (Aumasson, Bernstein 2012) with a 128-bit key and a 64-bit result, over several byte ranges. Signs what we hand
// out and want back unchanged: Record-Route parameters and probes with SipHash-2-4; branches of stateless hops, which live
// for seconds and guard a single answer, with SipHash-1-3.

const CAPACITY = 1 << 16;

/** One computation at a time: `init`, any number of `update`s, `final`. What goes in must fit into 64 KiB. */
export class SipHash {
  /** The result of `final`, as signed 32-bit words. */
  hi = 0;
  lo = 0;
  #k0l = 0;
  #k0h = 0;
  #k1l = 0;
  #k1h = 0;
  // The ranges are joined first: rounds over one run of words keep the state in registers.
  readonly #bytes: Uint8Array = new Uint8Array(CAPACITY + 8);
  readonly #words: Int32Array = new Int32Array(this.#bytes.buffer);
  #length = 0;

  /** Starts over with a key of 16 bytes. */
  init(key: Uint8Array): void {
    this.#k0l = word(key, 0);
    this.#k0h = word(key, 4);
    this.#k1l = word(key, 8);
    this.#k1h = word(key, 12);
    this.#length = 0;
  }

  /** Takes in `bytes[start..end]`. Where one range ends and the next begins makes no difference to the result. */
  update(bytes: Uint8Array, start: number, end: number): void {
    const into = this.#bytes;
    let to = this.#length;
    for (let at = start; at < end; at++) into[to++] = bytes[at]!;
    this.#length = to;
  }

  /**
   * Takes in a range in whole words: its length, then its bytes, the last word filled up with zeros. All that went in
   * before must have been whole words too. Quicker than `update`, and ranges cannot be mistaken for each other.
   */
  updateRange(view: DataView, start: number, end: number): void {
    const words = this.#words;
    let to = this.#length >>> 2;
    words[to++] = end - start;
    let at = start;
    for (; at + 4 <= end; at += 4) words[to++] = view.getInt32(at, true);
    if (at < end) {
      let tail = 0;
      for (let shift = 0; at < end; shift += 8) tail |= view.getUint8(at++) << shift;
      words[to++] = tail;
    }
    this.#length = to * 4;
  }

  /** Takes in a 32-bit number, as four bytes, the lowest first. */
  updateWord(value: number): void {
    const to = this.#length;
    this.#length = to + 4;
    if ((to & 3) === 0) {
      this.#words[to >>> 2] = value;
      return;
    }
    const into = this.#bytes;
    into[to] = value;
    into[to + 1] = value >>> 8;
    into[to + 2] = value >>> 16;
    into[to + 3] = value >>> 24;
  }

  /** Finishes as SipHash-2-4: the result is in `hi` and `lo`. */
  final(): void {
    this.#finish(2, 4);
  }

  /** Finishes as SipHash-1-3. */
  finalQuick(): void {
    this.#finish(1, 3);
  }

  #finish(perBlock: number, atEnd: number): void {
    const length = this.#length;
    const bytes = this.#bytes;
    const words = this.#words;
    const blocks = (length >>> 3) + 1;
    for (let at = length; at < blocks * 8 - 1; at++) bytes[at] = 0;
    bytes[blocks * 8 - 1] = length;
    let l0 = this.#k0l ^ 0x70736575;
    let h0 = this.#k0h ^ 0x736f6d65;
    let l1 = this.#k1l ^ 0x6e646f6d;
    let h1 = this.#k1h ^ 0x646f7261;
    let l2 = this.#k0l ^ 0x6e657261;
    let h2 = this.#k0h ^ 0x6c796765;
    let l3 = this.#k1l ^ 0x79746573;
    let h3 = this.#k1h ^ 0x74656462;
    let ml = 0;
    let mh = 0;
    let a = 0;
    let b = 0;
    for (let block = 0; block <= blocks; block++) {
      let rounds = perBlock;
      if (block < blocks) {
        ml = words[block * 2]!;
        mh = words[block * 2 + 1]!;
        l3 ^= ml;
        h3 ^= mh;
      } else {
        ml = 0;
        mh = 0;
        l2 ^= 0xff;
        rounds = atEnd;
      }
      for (let round = 0; round < rounds; round++) {
        // The carry out of a sum s = a + b is the top bit of (a & b) | ((a | b) & ~s).
        a = (l0 + l1) | 0;
        h0 = (h0 + h1 + (((l0 & l1) | ((l0 | l1) & ~a)) >>> 31)) | 0;
        l0 = a;
        b = (h1 << 13) | (l1 >>> 19);
        l1 = ((l1 << 13) | (h1 >>> 19)) ^ l0;
        h1 = b ^ h0;
        b = l0;
        l0 = h0;
        h0 = b;
        a = (l2 + l3) | 0;
        h2 = (h2 + h3 + (((l2 & l3) | ((l2 | l3) & ~a)) >>> 31)) | 0;
        l2 = a;
        b = (h3 << 16) | (l3 >>> 16);
        l3 = ((l3 << 16) | (h3 >>> 16)) ^ l2;
        h3 = b ^ h2;
        a = (l0 + l3) | 0;
        h0 = (h0 + h3 + (((l0 & l3) | ((l0 | l3) & ~a)) >>> 31)) | 0;
        l0 = a;
        b = (h3 << 21) | (l3 >>> 11);
        l3 = ((l3 << 21) | (h3 >>> 11)) ^ l0;
        h3 = b ^ h0;
        a = (l2 + l1) | 0;
        h2 = (h2 + h1 + (((l2 & l1) | ((l2 | l1) & ~a)) >>> 31)) | 0;
        l2 = a;
        b = (h1 << 17) | (l1 >>> 15);
        l1 = ((l1 << 17) | (h1 >>> 15)) ^ l2;
        h1 = b ^ h2;
        b = l2;
        l2 = h2;
        h2 = b;
      }
      l0 ^= ml;
      h0 ^= mh;
    }
    this.lo = l0 ^ l1 ^ l2 ^ l3;
    this.hi = h0 ^ h1 ^ h2 ^ h3;
  }
}

function word(bytes: Uint8Array, at: number): number {
  return bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24);
}
