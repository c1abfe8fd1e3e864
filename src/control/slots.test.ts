import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Slots } from "./slots.ts";

function lab() {
  const load = new Map<number, number>();
  const present = { oldest: 0, now: 0 };
  const slots = new Slots({
    limit: 65_536,
    load: (slot) => load.get(slot) ?? 0,
    oldestGeneration: () => present.oldest,
    clock: () => present.now,
  });
  let generation = 0;
  const apply = (...identities: string[]) => {
    const plan = slots.plan(identities);
    assert.ok(plan);
    slots.commit(plan, ++generation);
    return plan;
  };
  return { load, present, slots, apply };
}

describe("slots", () => {
  it("a destination keeps its slot whatever comes before it", () => {
    const { apply } = lab();
    assert.deepEqual(apply("a", "b").slots, [0, 1]);
    assert.deepEqual(apply("c", "b", "a").slots, [2, 1, 0]);
  });

  it("a slot is reused only without calls, when every worker has let go of it, and after ten minutes", () => {
    const { apply, load, present } = lab();
    apply("a", "b");
    apply("b");
    present.now = 600_000;
    assert.deepEqual(apply("b", "c").slots, [1, 2], "a worker may still mean a");
    present.oldest = 3;
    load.set(0, 4);
    assert.deepEqual(apply("b", "c", "d").slots, [1, 2, 3], "a has calls");
    load.set(0, 0);
    present.now = 599_999;
    assert.deepEqual(apply("b", "c", "d", "e").slots, [1, 2, 3, 4], "a transaction may still have a for a candidate");
    present.now = 600_000;
    const plan = apply("b", "c", "d", "e", "f");
    assert.deepEqual([plan.slots, plan.reused], [[1, 2, 3, 4, 0], [0]]);
  });

  it("a destination that comes back finds its row, with calls and counters", () => {
    const { apply, load } = lab();
    apply("a", "b");
    load.set(0, 2);
    apply("b");
    const plan = apply("b", "a");
    assert.deepEqual([plan.slots, plan.reused], [[1, 0], []]);
  });

  it("a plan that is refused changes nothing", () => {
    const { apply, slots } = lab();
    apply("a");
    slots.plan(["x", "y", "z"]);
    assert.equal(slots.rows, 1);
    assert.deepEqual(apply("a", "b").slots, [0, 1]);
  });

  it("the same destinations once more have their slots, and no row is cleared again", () => {
    const { apply, present, slots } = lab();
    apply("a", "b");
    apply("b");
    present.now = 600_000;
    present.oldest = 2;
    assert.deepEqual(apply("b", "c").reused, [0]);
    const again = apply("b", "c");
    assert.deepEqual([again.slots, again.reused, slots.rows], [[1, 0], [], 2]);
    assert.deepEqual(apply("c", "b").slots, [0, 1], "in another order");
    assert.deepEqual(apply("c").slots, [0]);
    assert.deepEqual(apply("c", "b").slots, [0, 1], "one was gone in between");
  });

  it("says when the tables are full", () => {
    const { slots } = lab();
    assert.equal(slots.plan(Array.from({ length: 65_537 }, (_, i) => String(i))), null);
  });
});
