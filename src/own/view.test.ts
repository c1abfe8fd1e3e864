// What a user's algorithm is shown is for looking at.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setOf } from "../dispatch/contract.ts";
import { FakeLive } from "../dispatch/live-fake.ts";
import { type Algorithm, KeySource } from "../dispatch/types.ts";
import { guarded } from "./guarded.ts";
import { HANG_WORDS, HangWatch } from "./hang-watch.ts";

test("select sees of its set and of the present what the guide names, and can change none of it but the set's turn", () => {
  let names: string[][] = [];
  const algorithm: Algorithm = {
    name: "own:a",
    summary: "s",
    key: KeySource.none,
    isPure: false,
    compile: () => Uint16Array.of(1, 2),
    select(set, _key, live, out) {
      names = [Object.keys(set).sort(), Object.keys(live).sort()];
      assert.throws(() => Object.assign(set, { slots: null }));
      assert.throws(() => Object.assign(live, { load: null, live: null }));
      out[0] = set.slots[0]!;
      for (const numbers of [set.slots, set.weights, set.maxCalls, set.table]) numbers.fill(9);
      live.turn(set.index + 1);
      return 1;
    },
  };
  const set = setOf(algorithm, [1, 1, 1]);
  const before = JSON.stringify(set);
  const asked: number[] = [];
  const live = Object.assign(new FakeLive(), { turn: (index: number) => asked.push(index) });
  const faults: string[] = [];
  const watch = new HangWatch(new Int32Array(HANG_WORDS));
  const own = guarded(set, new Uint16Array(1), "text", { onFault: (_set, _own, what) => faults.push(what), watch });
  assert.equal(own.select(set, 0, live, new Uint16Array(2)), 1);
  assert.deepEqual(faults, []);
  assert.deepEqual(names, [
    ["facts", "index", "loadBound", "maxCalls", "slots", "table", "weights"],
    ["answerTime", "congestion", "isUsable", "latency", "load", "random", "score", "turn"],
  ]);
  assert.equal(JSON.stringify(set), before);
  assert.deepEqual(asked, [set.index]);
});
