// The heap tells choices that allocate from those that do not, whatever the collector and the compiler do meanwhile.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allocatedBy } from "./allocation.ts";

const heapUsed = (): number => process.memoryUsage().heapUsed;
const held: unknown[] = [];
let turn = 0;

test("choices that only count allocate nothing", () => {
  const counts = new Int32Array(64);
  for (let i = 0; i < 20; i++) {
    const choose = (): void => {
      counts[turn++ % 64]!++;
    };
    assert.equal(allocatedBy(choose, heapUsed), 0);
  }
});

test("an object, a closure or a boxed number for each choice is found, every time", () => {
  for (let i = 0; i < 20; i++) {
    for (const make of [() => [turn], () => () => turn, () => turn + Math.random()]) {
      const choose = (): void => {
        held[turn++ % 64] = make();
      };
      assert.ok(allocatedBy(choose, heapUsed) >= 12_000);
    }
  }
});
