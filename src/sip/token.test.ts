import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { TableHash } from "./hash.ts";
import { base64Length, NOT_HEX, readBase64, readHex32, writeBase64, writeHex32 } from "./token.ts";

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

describe("hexadecimal words", () => {
  it("come back as they went", () => {
    const out = Buffer.alloc(16);
    fc.assert(
      fc.property(fc.integer(), (word) => {
        assert.equal(writeHex32(out, 3, word), 11);
        assert.equal(out.toString("latin1", 3, 11), (word >>> 0).toString(16).padStart(8, "0"));
        assert.equal(readHex32(out, 3), word >>> 0);
      }),
    );
  });

  it("are refused when a digit is none, or missing", () => {
    assert.equal(readHex32(Buffer.from("0123456g"), 0), NOT_HEX);
    assert.equal(readHex32(Buffer.from("0123456"), 0), NOT_HEX);
    assert.equal(readHex32(Buffer.from("ABCDEF01"), 0), 0xabcdef01);
  });
});

describe("base64url", () => {
  it("is Node's, and comes back as it went", () => {
    const out = Buffer.alloc(200);
    const back = Buffer.alloc(200);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        const end = writeBase64(bytes, 0, bytes.length, out, 2);
        assert.equal(out.toString("latin1", 2, end), Buffer.from(bytes).toString("base64url"));
        assert.equal(end - 2, base64Length(bytes.length));
        assert.equal(readBase64(out, 2, end, back, 1), bytes.length + 1);
        assert.deepEqual(Uint8Array.from(back.subarray(1, 1 + bytes.length)), Uint8Array.from(bytes));
      }),
    );
  });

  it("has one spelling per value", () => {
    const back = Buffer.alloc(8);
    for (const text of ["A", "AB", "AAB", "A=", "AA+/", "AAAAA"])
      assert.equal(readBase64(Buffer.from(text), 0, text.length, back, 0), -1, text);
    assert.equal(readBase64(Buffer.from("AA"), 0, 2, back, 0), 1);
  });
});

describe("the table hash", () => {
  it("spreads Call-IDs that differ in one digit over all buckets, in both lanes", () => {
    const hash = new TableHash(0x1234567, 0x89abcdef);
    const low = new Int32Array(256);
    const high = new Int32Array(256);
    for (let i = 0; i < 25_600; i++) {
      const bytes = Buffer.from(`${i}-8261548@127.0.0.2`);
      hash.of(viewOf(bytes), 0, bytes.length);
      low[hash.lo & 255]!++;
      high[hash.hi & 255]!++;
    }
    for (const lane of [low, high]) for (const n of lane) assert.ok(n > 50 && n < 160, String(n));
  });

  it("has no differences that cancel whatever the seed", () => {
    for (const seed of [1, 0x7654321, -3]) {
      const hash = new TableHash(seed, seed ^ 0x5a5a5a);
      const lanes = [new Set<number>(), new Set<number>()];
      // The top bit of one word, and what a multiplication and a shift make of it in the next: for a lane that only
      // multiplies, each pair of such words doubles the number of keys with one and the same result.
      for (const second of [0x8001_0000, 0x8000_8000, 0x8000_0000]) {
        for (let pairs = 1; pairs < 1024; pairs++) {
          const key = Buffer.alloc(80, 0x61);
          for (let i = 0; i < 10; i++) {
            if (((pairs >> i) & 1) === 0) continue;
            key.writeUInt32LE(0xe161_6161, i * 8);
            key.writeUInt32LE((0x6161_6161 ^ second) >>> 0, i * 8 + 4);
          }
          lanes[0]!.add(hash.of(viewOf(key), 0, key.length));
          lanes[1]!.add(hash.hi);
        }
      }
      for (const lane of lanes) assert.ok(lane.size > 3 * 1023 - 5, String(lane.size));
    }
  });

  it("has no two equal results among 100,000 keys, and depends on the seed", () => {
    const a = new TableHash(1, 2);
    const b = new TableHash(3, 4);
    const seen = new Set<string>();
    let same = 0;
    for (let i = 0; i < 100_000; i++) {
      const bytes = Buffer.from(`call-${i}`);
      a.of(viewOf(bytes), 0, bytes.length);
      b.of(viewOf(bytes), 0, bytes.length);
      if (a.lo === b.lo) same++;
      seen.add(`${a.hi}:${a.lo}`);
    }
    assert.equal(seen.size, 100_000);
    assert.ok(same < 5);
  });
});
