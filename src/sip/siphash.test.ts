import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SipHash } from "./siphash.ts";

// The first 16 of the 64 vectors of the reference implementation: key 00..0f, message 00, 01, ... of length i, result as
// eight bytes, the lowest first.
const VECTORS = [
  "310e0edd47db6f72",
  "fd67dc93c539f874",
  "5a4fa9d909806c0d",
  "2d7efbd796666785",
  "b7877127e09427cf",
  "8da699cd64557618",
  "cee3fe586e46c9cb",
  "37d1018bf50002ab",
  "6224939a79f5f593",
  "b0e4a90bdf82009e",
  "f3b9dd94c5bb5d7a",
  "a7ad6b22462fb3f4",
  "fbe50e86bc8f1e75",
  "903d84c02756ea14",
  "eef27a8e90ca23f7",
  "e545be4961ca29a1",
];
const PYTHON_VECTORS: readonly (readonly [number, string])[] = [
  [1, "68a914128e01e473"],
  [7, "2f098ab0c751325a"],
  [8, "ead411e67ebe2eea"],
  [20, "639e355ae68c0100"],
  [40, "95bc321ab41d8206"],
];
const KEY = Uint8Array.from({ length: 16 }, (_, i) => i);
const TEXT = Uint8Array.from({ length: 64 }, (_, i) => i);

function hex(hash: SipHash): string {
  const bytes = Buffer.alloc(8);
  bytes.writeInt32LE(hash.lo, 0);
  bytes.writeInt32LE(hash.hi, 4);
  return bytes.toString("hex");
}

describe("SipHash-2-4", () => {
  it("yields the vectors of the reference implementation", () => {
    const hash = new SipHash();
    VECTORS.forEach((expected, length) => {
      hash.init(KEY);
      hash.update(TEXT, 0, length);
      hash.final();
      assert.equal(hex(hash), expected, `length ${length}`);
    });
  });

  it("yields as SipHash-1-3 what CPython 3.11 hashes its bytes with, under the key of PYTHONHASHSEED=0", () => {
    const hash = new SipHash();
    for (const [length, expected] of PYTHON_VECTORS) {
      hash.init(new Uint8Array(16));
      hash.update(TEXT, 0, length);
      hash.finalQuick();
      const value = (BigInt(hash.hi >>> 0) << 32n) | BigInt(hash.lo >>> 0);
      assert.equal(value.toString(16).padStart(16, "0"), expected, `length ${length}`);
    }
  });

  it("yields the same for one range and for any division of it", () => {
    const whole = new SipHash();
    const parts = new SipHash();
    for (let cut = 0; cut <= 40; cut++) {
      whole.init(KEY);
      whole.update(TEXT, 0, 40);
      whole.final();
      parts.init(KEY);
      parts.update(TEXT, 0, cut);
      parts.update(TEXT, cut, 40);
      parts.final();
      assert.deepEqual([parts.hi, parts.lo], [whole.hi, whole.lo]);
    }
  });

  it("takes a word for its four bytes, wherever it comes", () => {
    const a = new SipHash();
    const b = new SipHash();
    for (let offset = 0; offset < 9; offset++) {
      a.init(KEY);
      a.update(TEXT, 0, offset);
      a.updateWord(0xfedcba98);
      a.final();
      b.init(KEY);
      b.update(TEXT, 0, offset);
      b.update(Uint8Array.of(0x98, 0xba, 0xdc, 0xfe), 0, 4);
      b.final();
      assert.deepEqual([a.hi, a.lo], [b.hi, b.lo]);
    }
  });

  it("yields what the definition in numbers of 64 bits yields, whatever the length, and leaves what it was given alone", () => {
    const hash = new SipHash();
    const bytes = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 167 + 13) & 255));
    const before = Buffer.from(bytes);
    const key = bytes.subarray(100, 116);
    for (let length = 0; length < 200; length++) {
      for (const [perBlock, atEnd] of [
        [2, 4],
        [1, 3],
      ] as const) {
        hash.init(key);
        hash.update(bytes, length, Math.min(2 * length, bytes.length));
        if (perBlock === 2) hash.final();
        else hash.finalQuick();
        const expected = byDefinition(key, bytes.subarray(length, 2 * length), perBlock, atEnd);
        assert.equal(
          (BigInt(hash.hi >>> 0) << 32n) | BigInt(hash.lo >>> 0),
          expected,
          `${perBlock}-${atEnd} of ${length}`,
        );
      }
    }
    assert.ok(bytes.equals(before));
  });

  it("takes a range for its length and its bytes, filled up to whole words", () => {
    const a = new SipHash();
    const view = new DataView(TEXT.buffer);
    for (let length = 0; length < 40; length++) {
      a.init(KEY);
      a.updateWord(7);
      a.updateRange(view, 3, 3 + length);
      a.final();
      const all = Buffer.alloc(8 + ((length + 3) & ~3));
      all.writeInt32LE(7, 0);
      all.writeInt32LE(length, 4);
      all.set(TEXT.subarray(3, 3 + length), 8);
      const expected = byDefinition(KEY, all, 2, 4);
      assert.equal((BigInt(a.hi >>> 0) << 32n) | BigInt(a.lo >>> 0), expected, `length ${length}`);
    }
  });

  it("counts what is beyond 64 KiB for nothing, and throws nothing", () => {
    const hash = new SipHash();
    const zeros = new Uint8Array(1 << 20);
    const ends = [1 << 16, 1 << 17, 1 << 20].map((end) => {
      hash.init(KEY);
      hash.update(TEXT, 0, 8);
      for (let at = 0; at < end; at += 4096) hash.update(zeros, at, at + 4096);
      hash.final();
      return hex(hash);
    });
    assert.equal(new Set(ends).size, 1);
    hash.init(KEY);
    hash.update(TEXT, 0, 15);
    hash.final();
    assert.equal(hex(hash), VECTORS[15]);
  });
});

/** The definition of SipHash, word by word (Aumasson, Bernstein 2012, section 2). */
function byDefinition(key: Uint8Array, message: Uint8Array, perBlock: number, atEnd: number): bigint {
  const word = (bytes: Uint8Array): bigint => bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const cut = (value: bigint): bigint => BigInt.asUintN(64, value);
  const rotate = (value: bigint, by: bigint): bigint => cut(value << by) | (value >> (64n - by));
  const k0 = word(key.subarray(0, 8));
  const k1 = word(key.subarray(8, 16));
  let v0 = k0 ^ 0x736f6d6570736575n;
  let v1 = k1 ^ 0x646f72616e646f6dn;
  let v2 = k0 ^ 0x6c7967656e657261n;
  let v3 = k1 ^ 0x7465646279746573n;
  const rounds = (count: number): void => {
    for (let i = 0; i < count; i++) {
      v0 = cut(v0 + v1);
      v2 = cut(v2 + v3);
      v1 = rotate(v1, 13n) ^ v0;
      v3 = rotate(v3, 16n) ^ v2;
      v0 = rotate(v0, 32n);
      v2 = cut(v2 + v1);
      v0 = cut(v0 + v3);
      v1 = rotate(v1, 17n) ^ v2;
      v3 = rotate(v3, 21n) ^ v0;
      v2 = rotate(v2, 32n);
    }
  };
  const blocks = Buffer.alloc((message.length & ~7) + 8);
  blocks.set(message);
  blocks[blocks.length - 1] = message.length;
  for (let at = 0; at < blocks.length; at += 8) {
    const block = word(blocks.subarray(at, at + 8));
    v3 ^= block;
    rounds(perBlock);
    v0 ^= block;
  }
  v2 ^= 0xffn;
  rounds(atEnd);
  return v0 ^ v1 ^ v2 ^ v3;
}
