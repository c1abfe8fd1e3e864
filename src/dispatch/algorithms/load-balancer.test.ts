// Vectors for OpenSIPS's load_balancer, worked out by hand from the description of its choice: a digit is the destination that got
// the call, `-` is nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import { compileSet } from "../compile-set.ts";
import { FakeLive } from "../live-fake.ts";
import { demandOf, PLAIN_RULE } from "../resources.ts";
import { DestinationState, type DispatcherSet, type ResourceRule, SlotChoice } from "../types.ts";
import { loadBalancer } from "./load-balancer.ts";

const NAMES = ["a", "b", "c"];

/** Capacities as in their table, `a=3;b=2`; a number alone is of `a`. */
type Capacities = readonly (string | number)[];

function setOf(capacities: Capacities, rule: Partial<ResourceRule> = {}, maxCalls = 0): DispatcherSet {
  const destinations = capacities.map((_, slot) => {
    const uri = `sip:10.0.0.${slot}`;
    return { slot, uri, name: uri, weight: 1, priority: 0, maxCalls };
  });
  const table = new Int32Array(capacities.length * NAMES.length).fill(-1);
  for (const [slot, text] of capacities.entries()) {
    for (const part of (typeof text === "number" ? `a=${text}` : text).split(";")) {
      const [name = "", value] = part.split("=");
      table[slot * NAMES.length + NAMES.indexOf(name)] = Number(value);
    }
  }
  const resources = { stride: NAMES.length, accounts: Int32Array.from(capacities.keys()), capacities: table };
  const full = { ...PLAIN_RULE, ...rule };
  return compileSet(0, "test", loadBalancer, SlotChoice.spread, destinations, false, resources, full);
}

function bitsOf(needed: string): number {
  return [...needed].reduce((bits, name) => bits | (1 << NAMES.indexOf(name)), 0);
}

function add(live: FakeLive, slot: number, needed: string, by: number): void {
  for (const name of needed) live.resourceLoads[slot * 32 + NAMES.indexOf(name)]! += by;
}

/** Plays calls (`c`) and hang-ups (the digit of the destination); every call stays. */
function play(set: DispatcherSet, needed: string, live: FakeLive, script: string): string {
  const out = new Uint16Array(1);
  let went = "";
  for (const step of script) {
    if (step !== "c") {
      add(live, Number(step), needed, -1);
      continue;
    }
    const count = loadBalancer.select(set, demandOf(bitsOf(needed), true), live, out);
    went += count === 0 ? "-" : String(out[0]);
    if (count > 0) add(live, out[0]!, needed, 1);
  }
  return went;
}

interface Vector {
  readonly of: Capacities;
  /** Letters: what every call needs; default `a`. */
  readonly needs?: string;
  /** OpenSIPS's flags. */
  readonly flags?: string;
  readonly down?: readonly number[];
  /** What is in use of `a` before. */
  readonly loads?: readonly number[];
  /** Default: calls only. */
  readonly script?: string;
  readonly gives: string;
}

const ABC = ["a=3;b=2;c=1", "a=1;b=2;c=3", "a=2;b=2;c=2"];

const VECTORS: readonly Vector[] = [
  // What is free, as a number; equals in the set's order; nobody below 1.
  { of: [1], gives: "0-" },
  { of: [2], gives: "00-" },
  { of: [1, 1], gives: "01-" },
  { of: [2, 1], gives: "001-" },
  { of: [1, 2], gives: "101-" },
  { of: [3, 2, 1], gives: "001012-" },
  { of: [1, 2, 3], gives: "212012-" },
  { of: [4, 4], gives: "01010101-" },
  { of: [5, 2], gives: "0000101-" },
  { of: [0, 2], gives: "11-" },
  { of: [0, 0], gives: "-" },
  { of: [2, 2, 2], gives: "012012-" },
  { of: [3, 1, 3], gives: "0202012-" },
  { of: [6, 3], gives: "000010101-" },
  // What is free, in percents: 100 less the load's share in whole ones.
  { of: [2, 1], flags: "r", gives: "010-" },
  { of: [1, 2], flags: "r", gives: "011-" },
  { of: [4, 2], flags: "r", gives: "010010-" },
  { of: [3, 3], flags: "r", gives: "010101-" },
  { of: [3, 2], flags: "r", gives: "01010-" },
  { of: [10, 5], flags: "r", gives: "010010010010010-" },
  { of: [0, 1], flags: "r", gives: "1-" },
  { of: [1, 3, 2], flags: "r", gives: "012121-" },
  // One of 200 is half a percent, which is none; two are one.
  { of: [200, 1], flags: "r", gives: "0010" },
  { of: [300, 100], flags: "r", gives: "00010001" },
  // More than there is.
  { of: [1], flags: "n", gives: "0000" },
  { of: [1, 1], flags: "n", gives: "01010" },
  { of: [2, 0], flags: "n", gives: "000101" },
  { of: [2, 1], flags: "nr", gives: "0100100" },
  { of: [0, 1], flags: "nr", gives: "1000" },
  { of: [0, 0], flags: "n", gives: "010" },
  // Several resources: what is scarcest counts, and who lacks one is not there.
  { of: ["a=2;b=1", "a=1;b=2"], needs: "ab", gives: "01-" },
  { of: ["a=3;b=3", "a=9;b=2"], needs: "ab", gives: "00101-" },
  { of: ["a=10;b=1", "a=2;b=2"], needs: "ab", gives: "101-" },
  { of: ["a=10;b=1", "a=2;b=2"], needs: "a", gives: "0000000001" },
  { of: ["a=10;b=1", "a=2;b=2"], needs: "b", gives: "101-" },
  { of: ["a=5", "a=1;b=1"], needs: "ab", gives: "1-" },
  { of: ["a=5", "b=5"], needs: "ab", gives: "-" },
  { of: ["b=5", "a=2"], needs: "a", gives: "11-" },
  { of: ["a=4;b=2", "a=2;b=4"], needs: "ab", flags: "r", gives: "0101-" },
  { of: ["a=100;b=1", "a=1;b=100"], needs: "ab", flags: "r", gives: "01-" },
  { of: ABC, needs: "abc", gives: "2012-" },
  { of: ABC, needs: "ac", gives: "2012-" },
  { of: ABC, needs: "ab", gives: "02012-" },
  { of: ABC, needs: "bc", gives: "12012-" },
  { of: ABC, needs: "a", gives: "002012-" },
  { of: ABC, needs: "b", gives: "012012-" },
  { of: ABC, needs: "c", gives: "112012-" },
  // Who is disabled takes no part, overbooked or not.
  { of: [3, 2, 1], down: [0], gives: "112-" },
  { of: [3, 2, 1], down: [1], gives: "0002-" },
  { of: [3, 2, 1], down: [2], gives: "00101-" },
  { of: [3, 2, 1], down: [0, 1], gives: "2-" },
  { of: [3, 2, 1], down: [0, 1, 2], gives: "-" },
  { of: [1, 1], flags: "n", down: [0], gives: "111" },
  { of: [1, 1], flags: "n", down: [0, 1], gives: "-" },
  // Calls that were there before, more of them than a smaller capacity allows in the last two.
  { of: [32, 16], loads: [30, 10], gives: "11110101-" },
  { of: [32, 16], loads: [30, 10], flags: "r", gives: "11111010-" },
  { of: [5, 3], loads: [7, 1], gives: "11-" },
  { of: [5, 3], loads: [7, 1], flags: "n", gives: "111101" },
  // Calls that end make room.
  { of: [2, 2], script: "cc0cc1ccc", gives: "010011-" },
  { of: [3, 1], script: "cccc00cc1cc", gives: "0001001-" },
  { of: [1, 1, 1], script: "ccc1c0c2cc", gives: "012102-" },
  { of: [4, 2], flags: "r", script: "cc0c1cccccc", gives: "01010010-" },
];

test("OpenSIPS's load_balancer: every vector worked out by hand", (t) => {
  let vectors = 0;
  for (const { of, needs = "a", flags = "", down = [], loads = [], script, gives } of VECTORS) {
    const set = setOf(of, { isRelative: flags.includes("r"), mayOverbook: flags.includes("n") });
    const live = new FakeLive();
    for (const slot of down) live.states[slot] = DestinationState.inactive;
    for (const [slot, load] of loads.entries()) add(live, slot, "a", load);
    const went = play(set, needs, live, script ?? "c".repeat(gives.length));
    assert.equal(went, gives, `${of}, needs ${needs}, flags "${flags}", down ${down}, loads ${loads}`);
    vectors += gives.length;
  }
  t.diagnostic(`OpenSIPS load_balancer: ${vectors} of ${vectors} vectors`);
  assert.ok(vectors >= 200);
});

test("the whole list: best first, equals in the set's order; under ties by chance every equal comes first as often", () => {
  const listOf = (set: DispatcherSet, live: FakeLive, demand: number, room = 9): string => {
    const out = new Uint16Array(room);
    return [...out.subarray(0, loadBalancer.select(set, demand, live, out))].join("");
  };
  const call = demandOf(1, true);
  assert.equal(listOf(setOf([1, 3, 2, 0, 3]), new FakeLive(), call), "1420");
  assert.equal(listOf(setOf([1, 3, 2, 0, 3]), new FakeLive(), call, 2), "14");
  // What is no call takes nothing: it goes to those without room as well, not to those that have no such thing.
  assert.equal(listOf(setOf([1, 3, 2, 0, "b=9"]), new FakeLive(), demandOf(1, false)), "1203");
  // Nothing is needed: all are equal.
  assert.equal(listOf(setOf([1, 3, 0]), new FakeLive(), demandOf(0, true)), "012");
  const chance = setOf([1, 3, 3, 3], { isByChance: true });
  const live = new FakeLive(3);
  const firsts = [0, 0, 0, 0];
  for (let i = 0; i < 3000; i++) firsts[Number(listOf(chance, live, call)[0])]!++;
  assert.equal(firsts[0], 0);
  for (const count of firsts.slice(1)) assert.ok(count > 900 && count < 1100, String(firsts));
});

test("whoever has its max_calls has no room, whatever else is free", () => {
  const set = setOf([9, 5], {}, 2);
  const live = new FakeLive();
  live.loads.set([2, 1]);
  assert.equal(play(set, "a", live, "c"), "1");
  live.loads[1] = 2;
  assert.equal(play(set, "a", live, "c"), "-");
});
