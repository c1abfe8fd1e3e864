// What the algorithms that look at calls and answer times promise: how evenly, how bounded, and how little moves.
import assert from "node:assert/strict";
import { test } from "node:test";
import { kamailioLatency } from "../compat/kamailio-latency.ts";
import { compileSet } from "../compile-set.ts";
import { mix32 } from "../core-hash.ts";
import { FakeLive } from "../live-fake.ts";
import { type Algorithm, type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../types.ts";
import { consistentHash } from "./consistent-hash.ts";
import { consistentHashBounded } from "./consistent-hash-bounded.ts";
import { fastest } from "./fastest.ts";
import { priorityWeighted } from "./priority-weighted.ts";
import { rendezvousHash } from "./rendezvous-hash.ts";
import { twoChoices } from "./two-choices.ts";

const KEYS = 100_000;

function destination(slot: number, extra: Partial<Destination> = {}): Destination {
  const uri = `sip:10.0.0.${slot}:5060`;
  return { slot, uri, name: uri, weight: 1, priority: 0, maxCalls: 0, ...extra };
}

function setOf(algorithm: Algorithm, destinations: readonly Destination[], loadBound?: number): DispatcherSet {
  return compileSet(0, "test", algorithm, SlotChoice.spread, destinations, false, undefined, undefined, loadBound);
}

function range(size: number): Destination[] {
  return Array.from({ length: size }, (_, slot) => destination(slot));
}

function listOf(set: DispatcherSet, key: number, live: FakeLive): number[] {
  const out = new Uint16Array(set.slots.length);
  return [...out.subarray(0, set.algorithm.select(set, key, live, out))];
}

function mapOf(set: DispatcherSet, live: FakeLive): Uint16Array {
  const out = new Uint16Array(1);
  return Uint16Array.from({ length: KEYS }, (_, i) => {
    set.algorithm.select(set, mix32(i), live, out);
    return out[0]!;
  });
}

/** Calls come and stay; returns the loads. */
function fill(set: DispatcherSet, live: FakeLive, calls: number, keyOf: (i: number) => number = mix32): number[] {
  const out = new Uint16Array(1);
  for (let i = 0; i < calls; i++) {
    assert.equal(set.algorithm.select(set, keyOf(i), live, out), 1);
    live.loads[out[0]!]!++;
  }
  return [...live.loads.subarray(0, set.slots.length)];
}

test("rendezvous-hash: one of ten removed moves its own keys and no other; put back, the old map; order in the file is irrelevant", (t) => {
  const all = range(10);
  const before = mapOf(setOf(rendezvousHash, all), new FakeLive());
  for (const gone of all) {
    const rest = all.filter((one) => one !== gone);
    const after = mapOf(setOf(rendezvousHash, rest), new FakeLive());
    let moved = 0;
    for (let i = 0; i < KEYS; i++) {
      if (before[i] === gone.slot) moved++;
      else assert.equal(after[i], before[i]);
    }
    t.diagnostic(`without ${gone.uri}: ${moved} of ${KEYS} keys move`);
    assert.ok(moved <= KEYS * 0.12, String(moved));
  }
  const shuffled = [...all.slice(4), ...all.slice(0, 4).reverse()];
  assert.deepEqual(mapOf(setOf(rendezvousHash, shuffled), new FakeLive()), before);
});

test("rendezvous-hash: a weight that changes moves keys to or from that destination only", () => {
  const before = mapOf(setOf(rendezvousHash, range(10)), new FakeLive());
  const heavier = range(10).map((one) => (one.slot === 3 ? { ...one, weight: 2 } : one));
  const after = mapOf(setOf(rendezvousHash, heavier), new FakeLive());
  let moved = 0;
  for (let i = 0; i < KEYS; i++) {
    if (after[i] === before[i]) continue;
    assert.equal(after[i], 3);
    moved++;
  }
  assert.ok(moved > KEYS * 0.06 && moved < KEYS * 0.1, String(moved));
});

for (const algorithm of [rendezvousHash, consistentHashBounded]) {
  const { name } = algorithm;

  for (const bound of [1.05, 1.25, 2])
    test(`${name}: no destination has more than ${bound} times its share of the calls, even if all have one key`, () => {
      const weights = [1, 1, 2, 4, 1, 1];
      const weighed = weights.map((weight, slot) => destination(slot, { weight }));
      for (const keyOf of [() => 4711, (i: number) => mix32(i % 3), mix32]) {
        const loads = fill(setOf(algorithm, weighed, bound), new FakeLive(), 5_000, keyOf);
        const most = weights.map((weight) => Math.ceil((bound * 5_000 * weight) / 10));
        loads.forEach((load, slot) => {
          assert.ok(load <= most[slot]!, `${loads} within ${most}`);
        });
      }
    });

  test(`${name}: the bound holds for 1,000 destinations, of which the calls are not counted for each choice`, () => {
    const loads = fill(setOf(algorithm, range(1000)), new FakeLive(), 20_000, (i) => mix32(i % 7));
    assert.ok(Math.max(...loads) <= Math.ceil((1.25 * 20_000) / 1000), String(Math.max(...loads)));
  });

  test(`${name}: with the calls of ordinary keys in place, the bound moves fewer than 1 key in 100`, (t) => {
    const set = setOf(algorithm, range(10));
    const live = new FakeLive();
    const free = mapOf(set, live);
    fill(set, live, 20_000);
    const moved = mapOf(set, live).reduce((sum, slot, i) => sum + (slot === free[i] ? 0 : 1), 0);
    t.diagnostic(`${KEYS - moved} of ${KEYS} keys where they are without calls`);
    assert.ok(moved < KEYS / 100, String(moved));
  });

  test(`${name}: while nobody is above the bound, one of ten that goes moves at most 12 % of the keys, and none when it is only down`, () => {
    const before = mapOf(setOf(algorithm, range(10)), new FakeLive());
    const after = mapOf(setOf(algorithm, range(9)), new FakeLive());
    const live = new FakeLive();
    live.states[9] = DestinationState.inactive;
    const down = mapOf(setOf(algorithm, range(10)), live);
    const moved = (map: Uint16Array) => map.reduce((sum, slot, i) => sum + (slot === before[i] ? 0 : 1), 0);
    assert.ok(moved(after) <= KEYS * 0.12, String(moved(after)));
    assert.equal(moved(down), before.filter((slot) => slot === 9).length);
  });

  test(`${name}: who is above the bound comes behind all that are within it, and before those without a weight`, () => {
    const set = setOf(algorithm, [...range(4), destination(4, { weight: 0 })]);
    const live = new FakeLive();
    const [first] = listOf(set, 4711, live);
    live.loads[first!] = 5;
    assert.deepEqual(listOf(set, 4711, live).slice(3), [first, 4]);
  });
}

test("consistent-hash-bounded: every key is where consistent-hash has it while nobody is above the bound", () => {
  const weighed = range(10).map((one) => ({ ...one, weight: 1 + (one.slot % 3) }));
  assert.deepEqual(
    mapOf(setOf(consistentHashBounded, weighed), new FakeLive()),
    mapOf(setOf(consistentHash, weighed), new FakeLive()),
  );
});

test("two-choices: 10,000 calls over 50 destinations differ by a handful, by weight too; chance alone differs by dozens", (t) => {
  const loads = fill(setOf(twoChoices, range(50)), new FakeLive(7), 10_000);
  t.diagnostic(`two-choices: ${Math.min(...loads)} to ${Math.max(...loads)} calls of 200 each`);
  assert.ok(Math.max(...loads) - Math.min(...loads) <= 8, String(loads));
  const weights = [1, 2, 3, 4];
  const weighed = fill(
    setOf(
      twoChoices,
      weights.map((weight, slot) => destination(slot, { weight })),
    ),
    new FakeLive(7),
    10_000,
  );
  // The last one of four is drawn in half of the pairs: that is its share at most.
  weights.forEach((weight, slot) => {
    assert.ok(Math.abs(weighed[slot]! - weight * 1000) < 100, String(weighed));
  });
});

test("two-choices and fastest: who is full is last, and who is down is nowhere", () => {
  for (const algorithm of [twoChoices, fastest]) {
    const set = setOf(algorithm, [destination(0, { maxCalls: 1 }), destination(1), destination(2)]);
    const live = new FakeLive(5);
    live.loads.set([1, 500, 500]);
    live.states[2] = DestinationState.inactive;
    for (let i = 0; i < 50; i++) assert.deepEqual(listOf(set, 0, live), [1, 0]);
  }
});

test("fastest: a server that is ten times slower gets few calls, and one that grows slow is left alone at once", (t) => {
  const set = setOf(fastest, range(5));
  const live = new FakeLive(9);
  live.latencies.set([20_000, 20_000, 20_000, 200_000, 20_000]);
  const loads = fill(set, live, 5_000);
  t.diagnostic(`fastest: ${loads[3]} of 5000 calls at the slow server`);
  assert.ok(loads[3]! < 200, String(loads));
  live.loads.fill(0);
  live.latencies[0] = 2_000_000;
  const out = new Uint16Array(1);
  for (let i = 0; i < 500; i++) {
    fastest.select(set, 0, live, out);
    assert.notEqual(out[0], 0);
  }
});

test("priority-weighted: shares by weight in the best tier that can serve, failover to the next", () => {
  const set = setOf(priorityWeighted, [
    destination(0, { priority: 9, weight: 3 }),
    destination(1, { priority: 9, weight: 1 }),
    destination(2, { priority: 5, weight: 2 }),
    destination(3, { priority: 5, weight: 2 }),
    destination(4, { priority: 1, weight: 0 }),
  ]);
  const live = new FakeLive();
  const counts = (turns: number): number[] => {
    const got = [0, 0, 0, 0, 0];
    for (let i = 0; i < turns; i++) got[listOf(set, 0, live)[0]!]!++;
    return got;
  };
  assert.deepEqual(counts(400), [300, 100, 0, 0, 0]);
  assert.deepEqual(new Set(listOf(set, 0, live).slice(0, 2)), new Set([0, 1]));
  assert.deepEqual(listOf(set, 0, live).slice(2), [2, 3, 4]);
  live.states[0] = DestinationState.inactive;
  assert.deepEqual(counts(40), [0, 40, 0, 0, 0]);
  live.states[1] = DestinationState.draining;
  assert.deepEqual(counts(40), [0, 0, 20, 20, 0]);
  live.states[2] = DestinationState.disabled;
  live.states[3] = DestinationState.inactive;
  assert.deepEqual(counts(40), [0, 0, 0, 0, 40]);
});

test("kamailio:13: a priority is less by one for each time that the latency exceeds it, and stays 1 at least", () => {
  const set = setOf(kamailioLatency, [
    destination(0, { priority: 50 }),
    destination(1, { priority: 49 }),
    destination(2, { priority: 48 }),
    destination(3, { priority: 0 }),
  ]);
  const live = new FakeLive();
  assert.deepEqual(listOf(set, 0, live), [0, 1, 2, 3]);
  live.latencies.set([50_999, 49_000, 48_000, 9_000_000]);
  assert.deepEqual(listOf(set, 0, live), [0, 1, 2, 3]);
  live.latencies[0] = 101_000; // two times 50 in 101 ms: 48 are left, as many as the third has
  assert.deepEqual(listOf(set, 0, live), [1, 2, 0, 3]);
  assert.deepEqual(listOf(set, 0, live), [1, 2, 0, 3]);
  live.latencies[1] = 9_000_000;
  live.latencies[2] = 9_000_000;
  live.latencies[0] = 9_000_000;
  assert.deepEqual(listOf(set, 0, live), [2, 0, 1, 3]);
});
