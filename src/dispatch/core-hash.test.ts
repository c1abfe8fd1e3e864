import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { coreHash, coreHashTrimmed, mix32 } from "./core-hash.ts";

/** key1, key2, hash: from the C function, compiled alone on x86-64. */
const VECTORS: readonly (readonly [string, string, number])[] = [
  ["a", "", 109],
  ["ab", "", 27998],
  ["abc", "", 7167810],
  ["abcd", "", 1834959896],
  ["abcde", "", 1834960001],
  ["alice", "", 1834153949],
  ["bob", "", 7222211],
  ["alice", "server.com", 1412806172],
  ["bob", "server.com", 3883463682],
  ["alice", "server.com:5070", 3069939755],
  ["1-12345@127.0.0.1", "", 3653088559],
  ["a84b4c76e66710@pc33.atlanta.com", "", 2175018094],
  ["", "example.com", 3905729897],
  ["é", "", 3760405700],
];

function hashOf(key1: string, key2: string): number {
  const one = Buffer.byteLength(key1);
  const bytes = Buffer.from(`${key1}${key2}`);
  return coreHash(bytes, 0, one, one, bytes.length) >>> 0;
}

for (const [key1, key2, expected] of VECTORS) {
  test(`hash of "${key1}" and "${key2}" is ${expected}`, () => {
    assert.equal(hashOf(key1, key2), expected);
  });
}

test("slots of the vectors for 2, 3, 4, 5 and 7 destinations", () => {
  const slots = (key1: string, key2: string) => [2, 3, 4, 5, 7].map((n) => hashOf(key1, key2) % n);
  assert.deepEqual(slots("a", ""), [1, 1, 1, 4, 4]);
  assert.deepEqual(slots("abcd", ""), [0, 2, 0, 1, 0]);
  assert.deepEqual(slots("alice", "server.com"), [0, 2, 0, 2, 1]);
  assert.deepEqual(slots("alice", "server.com:5070"), [1, 2, 3, 0, 1]);
  assert.deepEqual(slots("a84b4c76e66710@pc33.atlanta.com", ""), [0, 1, 2, 4, 4]);
  assert.deepEqual(slots("", "example.com"), [1, 2, 1, 2, 6]);
});

test("nothing hashes to 1, because 0 is not a hash", () => {
  assert.equal(hashOf("", ""), 1);
});

test("the result is 32 bits and never 0 for any bytes, and ranges are respected", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(20), fc.nat(20), (key, before, after) => {
      const framed = Buffer.concat([Buffer.alloc(before, 0xff), key, Buffer.alloc(after, 0x41)]);
      const hash = coreHash(framed, before, before + key.length, 0, 0);
      assert.equal(hash, coreHash(key, 0, key.length, 0, 0));
      assert.ok(Number.isInteger(hash) && hash !== 0 && hash === (hash | 0));
    }),
  );
});

test("white space around a key does not count", () => {
  const bytes = Buffer.from(" \t alice\r\n ");
  assert.equal(coreHashTrimmed(bytes, 0, bytes.length), 1834153949);
  assert.equal(coreHashTrimmed(bytes, 0, 2), 1);
});

test("mix32 changes about half of the bits when one bit changes", () => {
  let bits = 0;
  for (let i = 0; i < 32; i++) {
    for (let x = mix32(12345) ^ mix32(12345 ^ (1 << i)); x !== 0; x &= x - 1) bits++;
  }
  assert.ok(bits > 32 * 12 && bits < 32 * 20, `${bits} of ${32 * 32}`);
});
