// Kamailio's congestion control: who gets how many of 100 calls under 11, and who comes first under 13, worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { allocatedBy } from "../allocation.ts";
import { compileSet } from "../compile-set.ts";
import { FakeLive } from "../live-fake.ts";
import { type Algorithm, type Destination, DestinationState, type DispatcherSet, SlotChoice } from "../types.ts";
import { kamailioLatency } from "./kamailio-latency.ts";
import { kamailioRelativeWeights } from "./kamailio-shares.ts";

function setOf(
  algorithm: Algorithm,
  weights: readonly number[],
  isControlled: (position: number) => boolean = () => true,
): DispatcherSet {
  const destinations = weights.map((number, slot): Destination => {
    const uri = `sip:10.0.0.${slot}`;
    const { weight, priority } =
      algorithm === kamailioLatency ? { weight: 1, priority: number } : { weight: number, priority: 0 };
    return { slot, uri, name: uri, weight, priority, maxCalls: 0, congestionControl: isControlled(slot) };
  });
  return compileSet(0, "test", algorithm, SlotChoice.spread, destinations);
}

function liveWith(congestions: readonly number[], down: readonly number[] = []): FakeLive {
  const live = new FakeLive();
  live.congestions.set(congestions);
  for (const slot of down) live.states[slot] = DestinationState.inactive;
  return live;
}

/** How many of 100 calls go to each. */
function sharesOf(set: DispatcherSet, live: FakeLive): number[] {
  const counts = new Array<number>(set.slots.length).fill(0);
  const out = new Uint16Array(set.slots.length);
  for (let i = 0; i < 100; i++) {
    assert.ok(set.algorithm.select(set, 0, live, out) > 0);
    counts[out[0]!]!++;
  }
  return counts;
}

/** Weights, milliseconds above the usual, who is down; then the shares. */
const CASES: readonly (readonly [string, number[], number[], number[], number[]])[] = [
  ["nobody is slow", [50, 30, 20], [0, 0, 0], [], [50, 30, 20]],
  // 30, 30, 20 of 80: 37, 37, 25, and the last one gets what is left.
  ["one is a little slower", [50, 30, 20], [20, 0, 0], [], [37, 37, 26]],
  // 0, 30, 20 of 50.
  ["one is so slow that nothing is left to it", [50, 30, 20], [50, 0, 0], [], [0, 60, 40]],
  ["one is slower by more than its weight", [50, 30, 20], [4000, 0, 0], [], [0, 60, 40]],
  ["all but one are slow", [50, 30, 20], [60, 29, 60], [], [0, 100, 0]],
  // 400 in all, times 16: 64, 64, 32 parts of 160.
  ["all are slow", [50, 30, 20], [100, 100, 200], [], [40, 40, 20]],
  // 110 in all, times 16: 1760 over 50, 30, 30 is 35, 58, 58 of 151: 23, 38, 38.
  ["all have just lost everything", [50, 30, 30], [50, 30, 30], [], [23, 38, 39]],
  // 300 in all, times 16: 48, 24 of 72: 66, 33.
  ["all that are up are slow", [50, 30, 20], [0, 100, 200], [0], [0, 66, 34]],
  ["the only one that is up is slow", [50, 30, 20], [0, 0, 200], [0, 1], [0, 0, 100]],
  // Who has no weight has no share, and no part in it either: 4800 over 100, 200.
  ["all with a weight are slow", [50, 0, 20], [100, 0, 200], [], [66, 0, 34]],
  ["a weight above 100 is none", [101, 60, 40], [0, 20, 0], [], [0, 50, 50]],
  ["one is slower by a millisecond and one by weeks", [1, 1], [1, 2_147_483_647], [], [100, 0]],
  ["the delays are huge", [1, 1], [2_147_483_647, 2_147_483_647], [], [50, 50]],
];

for (const [what, weights, congestions, down, shares] of CASES)
  test(`11 with cc=1, when ${what}: ${shares.join(", ")} of 100 calls`, () => {
    assert.deepEqual(sharesOf(setOf(kamailioRelativeWeights, weights), liveWith(congestions, down)), shares);
  });

test("11: congestion control is heeded where all of the set have it, and by nobody else", () => {
  const congestions = [50, 0, 0];
  const some = setOf(kamailioRelativeWeights, [50, 30, 20], (position) => position !== 2);
  assert.deepEqual(sharesOf(some, liveWith(congestions)), [50, 30, 20]);
  const none = setOf(kamailioRelativeWeights, [50, 30, 20], () => false);
  assert.deepEqual(sharesOf(none, liveWith(congestions)), [50, 30, 20]);
});

test("11 with cc=1: who has no share stays in the failover list", () => {
  const set = setOf(kamailioRelativeWeights, [50, 30, 20]);
  const out = new Uint16Array(3);
  assert.equal(set.algorithm.select(set, 0, liveWith([50, 0, 0]), out), 3);
  assert.deepEqual([...out].sort(), [0, 1, 2]);
});

test("13: with cc=1 a priority is worn down by what the latency is above its average, without by all of it", () => {
  const live = liveWith([0, 120, 9]);
  live.latencies.set([120_000, 120_000, 9000]);
  const out = new Uint16Array(3);
  const first = (set: DispatcherSet) => {
    live.turns = 0;
    assert.equal(set.algorithm.select(set, 0, live, out), 3);
    return [...out];
  };
  // 50; 50 - 120/50 = 48; 49.
  assert.deepEqual(first(setOf(kamailioLatency, [50, 50, 49])), [0, 2, 1]);
  // 48, 48, 49.
  assert.deepEqual(first(setOf(kamailioLatency, [50, 50, 49], () => false)), [2, 0, 1]);
  // 48 for who is without; 48; 49.
  assert.deepEqual(first(setOf(kamailioLatency, [50, 50, 49], (position) => position === 0)), [0, 2, 1]);
});

test("1,000 choices under congestion control allocate nothing", () => {
  const set = setOf(kamailioRelativeWeights, [30, 10, 20, 50, 10, 10, 40, 0, 10, 90]);
  const live = liveWith([0, 12, 30, 100, 20, 20, 50, 90, 20, 99]);
  const out = new Uint16Array(4);
  let turn = 0;
  const choose = (): void => {
    // Every other time all are congested.
    const isEven = turn++ % 2 === 0;
    live.congestions[0] = isEven ? 0 : 40;
    live.congestions[9] = isEven ? 99 : 90;
    set.algorithm.select(set, 0, live, out);
  };
  assert.equal(
    allocatedBy(choose, () => process.memoryUsage().heapUsed),
    0,
  );
});
