// Lists of address blocks, as they are written and as they are searched.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inBlock } from "../bridge/address-block.ts";
import { inRanges } from "../bridge/address-ranges.ts";
import { parseAddressBlock } from "../config/values/address-block.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { compileBlock } from "./compile-block.ts";
import { compileRanges } from "./compile-ranges.ts";

const blocksOf = (...texts: readonly string[]) => texts.map((text) => compileBlock(parseAddressBlock(text)!));

function endpoint(host: string): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, 5060, words, 0), host);
  return words;
}

test("an address is in the ranges exactly when it is in one of the blocks", () => {
  let seed = 7;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  let asked = 0;
  for (let round = 0; round < 300; round++) {
    const texts = Array.from({ length: random(12) }, () =>
      random(3) === 0
        ? `2001:db8:${random(4)}::${random(3)}/${random(129)}`
        : `${random(2) * 200}.${random(4)}.${random(4)}.${random(256)}/${random(33)}`,
    );
    const blocks = blocksOf(...texts);
    const ranges = compileRanges(blocks);
    for (let i = 0; i < 60; i++) {
      const host =
        random(3) === 0
          ? `2001:db8:${random(5)}:0:${random(2)}::${random(4)}`
          : `${random(3) * 100}.${random(5)}.${random(5)}.${random(256)}`;
      const peer = endpoint(host);
      const wanted = blocks.some(({ words, prefix }) => inBlock(peer, 0, words, prefix));
      assert.equal(inRanges(ranges, peer, 0), wanted, `${host} in ${texts.join(" ")}`);
      asked++;
    }
  }
  assert.equal(asked, 18_000);
});

test("edges belong to their block; neighbours become one range; nothing is in an empty list", () => {
  const ranges = compileRanges(blocksOf("10.0.1.0/24", "10.0.0.0/24", "10.0.0.128/25", "203.0.113.7", "::1"));
  assert.equal(ranges.length, 3 * 8);
  for (const host of ["10.0.0.0", "10.0.1.255", "203.0.113.7", "::1", "::ffff:10.0.0.9"])
    assert.ok(inRanges(ranges, endpoint(host), 0), host);
  for (const host of ["9.255.255.255", "10.0.2.0", "203.0.113.6", "203.0.113.8", "::", "::2", "255.255.255.255"])
    assert.ok(!inRanges(ranges, endpoint(host), 0), host);
  assert.ok(!inRanges(compileRanges([]), endpoint("10.0.0.1"), 0));
  assert.ok(inRanges(compileRanges(blocksOf("::/0")), endpoint("255.255.255.255"), 0));
  assert.ok(inRanges(compileRanges(blocksOf("0.0.0.0/0")), endpoint("255.255.255.255"), 0));
  assert.ok(!inRanges(compileRanges(blocksOf("0.0.0.0/0")), endpoint("2001:db8::1"), 0));
});
