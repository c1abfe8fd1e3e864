import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ProcessorLoad } from "./processor-load.ts";

describe("the load of the processors", () => {
  it("is what was used since the last look", () => {
    let now = 1_000;
    let used = 900;
    const load = new ProcessorLoad(
      () => now,
      () => used,
      2,
    );
    const pass = (milliseconds: number, spent: number): boolean => {
      now += milliseconds;
      used += spent;
      return load.isFull();
    };
    assert.equal(load.isFull(), true, "nobody has looked before");
    assert.equal(pass(500, 500), false, "one of two processors");
    assert.equal(pass(500, 990), true);
    assert.equal(pass(500, 10), false);
    assert.equal(pass(60_000, 10), true, "a look long ago says nothing about now");
    assert.equal(pass(500, 10), false);
  });

  it("is told by the system", () => {
    const [all, none] = [1_000, 0.16].map((processors) => new ProcessorLoad(undefined, undefined, processors));
    for (const load of [all!, none!]) assert.equal(load.isFull(), true);
    // However little of a processor others leave: a hundredth of one is asked for.
    const until = process.cpuUsage().user + 20_000;
    while (process.cpuUsage().user < until);
    assert.deepEqual([all!.isFull(), none!.isFull()], [false, true]);
  });
});
