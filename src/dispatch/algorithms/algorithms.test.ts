// What single algorithms promise beyond the contract of all.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSet } from "../compile-set.ts";
import { mix32 } from "../core-hash.ts";
import { FakeLive } from "../live-fake.ts";
import { type Algorithm, type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../types.ts";
import { callLoad } from "./call-load.ts";
import { consistentHash } from "./consistent-hash.ts";
import { hashCallId } from "./hash-call-id.ts";
import { priority } from "./priority.ts";
import { roundRobin } from "./round-robin.ts";
import { weighted } from "./weighted.ts";

const KEYS = 100_000;

function destination(slot: number, extra: Partial<Destination> = {}): Destination {
  const uri = `sip:10.0.0.${slot}:5060`;
  return { slot, uri, name: uri, weight: 1, priority: 0, maxCalls: 0, ...extra };
}

function setOf(
  algorithm: Algorithm,
  destinations: readonly Destination[],
  choice: SlotChoice = SlotChoice.spread,
): DispatcherSet {
  return compileSet(0, "test", algorithm, choice, destinations);
}

function range(size: number): Destination[] {
  return Array.from({ length: size }, (_, slot) => destination(slot));
}

function listOf(set: DispatcherSet, key: number, live: FakeLive): number[] {
  const out = new Uint16Array(set.slots.length);
  return [...out.subarray(0, set.algorithm.select(set, key, live, out))];
}

function firstOf(set: DispatcherSet, key: number, live: FakeLive): number {
  return listOf(set, key, live)[0] ?? -1;
}

function mapOf(set: DispatcherSet, live: FakeLive): number[] {
  const out = new Uint16Array(1);
  return Array.from({ length: KEYS }, (_, i) => (set.algorithm.select(set, mix32(i), live, out) === 1 ? out[0]! : -1));
}

function down(...slots: number[]): FakeLive {
  const live = new FakeLive();
  for (const slot of slots) live.states[slot] = DestinationState.inactive;
  return live;
}

test("hash, kamailio slots: the next index takes a dead one's share, and the list wraps around", () => {
  const set = setOf(hashCallId, range(5), SlotChoice.kamailio);
  assert.deepEqual(listOf(set, 13, new FakeLive()), [3, 4, 0, 1, 2]);
  assert.deepEqual(listOf(set, 13, down(3, 4)), [0, 1, 2]);
});

test("hash: a key above 2^31 is the same as its signed form", () => {
  const set = setOf(hashCallId, range(7), SlotChoice.kamailio);
  assert.equal(firstOf(set, 3883463682, new FakeLive()), 3883463682 % 7);
  assert.equal(firstOf(set, 3883463682 | 0, new FakeLive()), 3883463682 % 7);
});

test("hash, spread slots: as Kamailio while all are well; later only the keys of the dead move, to everybody", () => {
  const kamailio = setOf(hashCallId, range(10), SlotChoice.kamailio);
  const spread = setOf(hashCallId, range(10));
  const before = mapOf(spread, new FakeLive());
  assert.deepEqual(before, mapOf(kamailio, new FakeLive()));
  const oneDown = mapOf(spread, down(4));
  const twoDown = mapOf(spread, down(4, 7));
  const heirs = new Set<number>();
  for (let i = 0; i < KEYS; i++) {
    if (before[i] !== 4) assert.equal(oneDown[i], before[i]);
    else heirs.add(oneDown[i]!);
    if (oneDown[i] !== 7) assert.equal(twoDown[i], oneDown[i]);
  }
  assert.equal(heirs.size, 9);
});

for (const algorithm of [hashCallId, consistentHash]) {
  test(`${algorithm.name}: the second candidate is where the key goes when the first is down`, () => {
    const set = setOf(algorithm, range(8));
    for (let i = 0; i < 200; i++) {
      const [first, second] = listOf(set, mix32(i), new FakeLive());
      assert.equal(firstOf(set, mix32(i), down(first!)), second);
    }
  });
}

test("consistent-hash: removing 1 of 10 moves at most 12 % of the keys; putting it back gives the old map", () => {
  const all = range(10);
  const before = mapOf(setOf(consistentHash, all), new FakeLive());
  for (const gone of all) {
    const after = mapOf(
      setOf(
        consistentHash,
        all.filter((d) => d !== gone),
      ),
      new FakeLive(),
    );
    const moved = after.filter((slot, i) => slot !== before[i]).length;
    assert.ok(moved <= KEYS * 0.12, `${gone.uri}: ${moved} of ${KEYS} moved`);
  }
  const back = [...all.slice(1), destination(0)];
  assert.deepEqual(mapOf(setOf(consistentHash, back), new FakeLive()), before);
});

test("consistent-hash: neither the order in the file nor the slots matter", () => {
  const all = range(10).map((d, i) => ({ ...d, weight: 1 + (i % 3) }));
  const before = mapOf(setOf(consistentHash, all), new FakeLive());
  assert.deepEqual(mapOf(setOf(consistentHash, [...all].reverse()), new FakeLive()), before);
  const renumbered = all.map((d) => ({ ...d, slot: 900 - d.slot }));
  const after = mapOf(setOf(consistentHash, renumbered), new FakeLive());
  assert.deepEqual(
    after.map((slot) => 900 - slot),
    before,
  );
});

test("consistent-hash: a dead destination moves only its own keys", () => {
  const set = setOf(consistentHash, range(10));
  const before = mapOf(set, new FakeLive());
  const after = mapOf(set, down(3));
  for (let i = 0; i < KEYS; i++) if (before[i] !== 3) assert.equal(after[i], before[i]);
});

test("consistent-hash: changing one weight of ten moves few keys", () => {
  const before = mapOf(setOf(consistentHash, range(10)), new FakeLive());
  const heavier = range(10).map((d) => ({ ...d, weight: d.slot === 5 ? 2 : 1 }));
  const moved = mapOf(setOf(consistentHash, heavier), new FakeLive()).filter((slot, i) => slot !== before[i]).length;
  assert.ok(moved <= KEYS * 0.25, `${moved} of ${KEYS}`);
});

test("consistent-hash: two destinations with the same URI and name share their part", () => {
  const twins = [destination(0), { ...destination(0), slot: 1 }];
  const slots = mapOf(setOf(consistentHash, twins), new FakeLive());
  const share = slots.filter((slot) => slot === 1).length / KEYS;
  assert.ok(share > 0.45 && share < 0.55, String(share));
});

test("round-robin: strict turns over the usable ones", () => {
  const set = setOf(roundRobin, range(4));
  const live = new FakeLive();
  const firsts = (n: number) => Array.from({ length: n }, () => firstOf(set, 0, live));
  assert.deepEqual(firsts(5), [0, 1, 2, 3, 0]);
  live.states[1] = DestinationState.inactive;
  live.turns = 0;
  assert.deepEqual(firsts(6), [0, 2, 3, 0, 2, 3]);
  live.turns = 3;
  assert.deepEqual(listOf(set, 0, live), [3, 0, 2]);
  // Who comes back has its turn where it stands; a cursor that a larger set has left leads somewhere.
  live.states[1] = DestinationState.active;
  assert.deepEqual(firsts(5), [0, 1, 2, 3, 0]);
  live.turns = -5;
  assert.deepEqual(firsts(2), [3, 0]);
  const worker = { moved: false };
  const move = live.moveCursor.bind(live);
  live.moveCursor = (index, from, to) => {
    // Another worker takes the turn between the look and the step.
    if (!worker.moved) live.turns = 3;
    worker.moved = true;
    return move(index, from, to);
  };
  assert.deepEqual(firsts(2), [3, 0]);
});

test("weighted: a smooth sequence, exact in every round", () => {
  const weights = [5, 1, 1];
  const { table } = setOf(
    weighted,
    weights.map((weight, slot) => destination(slot, { weight })),
  );
  assert.equal(table.length, 7);
  const twice = [...table, ...table].join("");
  assert.ok(!twice.includes("00000"), twice);
  for (let slot = 0; slot < 3; slot++)
    assert.equal(table.filter((position) => position === slot).length, weights[slot]);
});

test("weighted: equal weights are plain round robin, and common factors cost nothing", () => {
  const destinations = range(4).map((d) => ({ ...d, weight: 250 }));
  assert.deepEqual([...weighted.compile(destinations)], [0, 1, 2, 3]);
});

test("weighted: sums above 65,535 are scaled, nobody with a weight is lost", () => {
  const destinations = range(200).map((d) => ({ ...d, weight: d.slot === 0 ? 1 : 65_000 + d.slot }));
  const table = weighted.compile(destinations);
  assert.ok(table.length <= 65_535 && table.length > 60_000);
  assert.equal(new Set(table).size, 200);
});

test("weighted: weight 0 is the last resort", () => {
  const set = setOf(weighted, [
    destination(0, { weight: 0 }),
    destination(1, { weight: 3 }),
    destination(2, { weight: 0 }),
  ]);
  const live = new FakeLive();
  for (let i = 0; i < 20; i++) assert.equal(firstOf(set, 0, live), 1);
  live.states[1] = DestinationState.inactive;
  const firsts = new Set(Array.from({ length: 20 }, () => firstOf(set, 0, live)));
  assert.deepEqual([...firsts].sort(), [0, 2]);
});

test("priority: the set's order, without what is down", () => {
  assert.deepEqual(listOf(setOf(priority, range(4)), 0, down(0, 2)), [1, 3]);
});

test("call-load: ascending load, ties in the set's order, full ones left out", () => {
  const set = setOf(callLoad, [
    destination(0, { maxCalls: 10 }),
    destination(1, { maxCalls: 3 }),
    destination(2),
    destination(3),
    destination(4, { maxCalls: 1 }),
  ]);
  const live = new FakeLive();
  live.loads.set([4, 3, 2, 2, 0]);
  assert.deepEqual(listOf(set, 0, live), [4, 2, 3, 0]);
  live.loads[4] = 1;
  assert.deepEqual(listOf(set, 0, live), [2, 3, 0]);
  const out = new Uint16Array(2);
  assert.equal(callLoad.select(set, 0, live, out), 2);
  assert.deepEqual([...out], [2, 3]);
});

test("call-load: all full means nobody", () => {
  const set = setOf(callLoad, [destination(0, { maxCalls: 1 }), destination(1, { maxCalls: 1 })]);
  const live = new FakeLive();
  live.loads.set([1, 5]);
  assert.deepEqual(listOf(set, 0, live), []);
});
