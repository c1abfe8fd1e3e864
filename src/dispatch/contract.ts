// What every algorithm must show, whatever it prefers: ours, those of others by number, and a user's own. The tests and `fairlead
// algorithm check` run the same list.
import { allocatedBy } from "./allocation.ts";
import { compileSet } from "./compile-set.ts";
import { FakeLive } from "./live-fake.ts";
import { type Algorithm, type Destination, DestinationState, type DispatcherSet, SlotChoice } from "./types.ts";

/** One promise. */
export interface Clause {
  readonly title: string;
  /** What breaks it, in words; empty: nothing does. What the algorithm throws comes through. */
  readonly broken: (algorithm: Algorithm, trial: Trial) => string;
}

/** How thoroughly it is looked at. */
export interface Trial {
  /** Random sets for the clauses that take some. */
  readonly rounds: number;
  /** Bytes of the heap in use now; the clause about allocation is not looked at without. */
  readonly heapUsed?: () => number;
}

const MOST_DESTINATIONS = 200;

/** Destinations with these weights; slots are apart from positions on purpose. */
export function destinationsOf(weights: readonly number[]): Destination[] {
  return weights.map((weight, i) => {
    const uri = `sip:10.0.${i >> 8}.${i & 255}:5060`;
    return { slot: 1000 + 3 * i, uri, name: uri, weight, priority: 0, maxCalls: 0 };
  });
}

/** A set of such destinations. */
export function setOf(
  algorithm: Algorithm,
  weights: readonly number[],
  slotChoice: SlotChoice = SlotChoice.spread,
  useDefault = false,
): DispatcherSet {
  return compileSet(0, "test", algorithm, slotChoice, destinationsOf(weights), useDefault);
}

/** All promises. */
export const CONTRACT: readonly Clause[] = [
  {
    title: "offers every usable destination exactly once, and no other",
    broken: (algorithm, { rounds }) => firstBroken(rounds, (seed) => offersWrongly(algorithm, seed)),
  },
  {
    title: "a set without destinations, and one without a usable one, offer nothing",
    broken(algorithm) {
      const out = new Uint16Array(4);
      const live = new FakeLive();
      if (algorithm.select(setOf(algorithm, []), 5, live, out) !== 0) return "it offers somebody of an empty set";
      const set = setOf(algorithm, [1, 2, 3]);
      for (const slot of set.slots) live.states[slot] = DestinationState.inactive;
      return algorithm.select(set, 5, live, out) === 0 ? "" : "it offers somebody where all are down";
    },
  },
  {
    title: "a single destination gets everything, whatever its weight",
    broken(algorithm) {
      const out = new Uint16Array(1);
      for (const weight of [0, 1, 65_535]) {
        const set = setOf(algorithm, [weight]);
        const live = new FakeLive();
        for (let key = 1; key <= 50; key++)
          if (algorithm.select(set, key, live, out) !== 1 || out[0] !== set.slots[0])
            return `not with weight ${weight}`;
      }
      return "";
    },
  },
  {
    title: "with all weights 0 everybody is still offered",
    broken(algorithm) {
      const count = algorithm.select(setOf(algorithm, [0, 0, 0, 0]), 99, new FakeLive(), new Uint16Array(10));
      return count === 4 ? "" : `${count} of 4 are`;
    },
  },
  {
    title: "a shorter list is the beginning of a longer one",
    broken(algorithm) {
      const set = setOf(algorithm, [3, 1, 2, 5, 1, 1, 4]);
      const long = new Uint16Array(7);
      for (let length = 1; length < 7; length++) {
        const short = new Uint16Array(length);
        algorithm.select(set, 77_777, new FakeLive(9), long);
        algorithm.select(set, 77_777, new FakeLive(9), short);
        if (short.join() !== long.subarray(0, length).join()) return `${short.join(" ")}, and not of ${long.join(" ")}`;
      }
      return "";
    },
  },
  {
    title: "1,000 choices allocate nothing",
    broken(algorithm, { heapUsed }) {
      if (heapUsed === undefined) return "";
      const allocated = allocatedBy(choicesOf(algorithm), heapUsed);
      return allocated === 0 ? "" : `they allocate ${allocated} bytes`;
    },
  },
  {
    title: "a pure algorithm repeats itself, and takes no turn",
    broken(algorithm) {
      if (!algorithm.isPure) return "";
      const set = setOf(algorithm, [1, 1, 1, 1, 1]);
      const live = new FakeLive();
      const out = new Uint16Array(5);
      algorithm.select(set, 4711, live, out);
      const first = out.join();
      for (let i = 0; i < 100; i++) {
        algorithm.select(set, 4711, live, out);
        if (out.join() !== first) return `${out.join(" ")} after ${first.replaceAll(",", " ")}`;
      }
      return live.turns === 0 ? "" : "it takes turns";
    },
  },
];

function firstBroken(rounds: number, look: (seed: number) => string): string {
  for (let seed = 1; seed <= rounds; seed++) {
    const what = look(Math.imul(seed, 0x9e3779b1));
    if (what !== "") return what;
  }
  return "";
}

/** A set by chance, some of it down, and a list of it; what is wrong with the list. */
function offersWrongly(algorithm: Algorithm, seed: number): string {
  const live = new FakeLive(seed);
  const below = (limit: number): number => (live.random() >>> 0) % limit;
  const weights = Array.from({ length: 1 + below(MOST_DESTINATIONS) }, () => below(10));
  const choice = below(2) === 0 ? SlotChoice.spread : SlotChoice.kamailio;
  const set = setOf(algorithm, weights, choice, below(2) === 0);
  const key = below(16) === 0 ? 0 : live.random();
  live.turns = key & 0x7fffffff;
  const isAnyDown = below(8) > 0;
  set.slots.forEach((slot, i) => {
    if (isAnyDown) live.states[slot] = below(DestinationState.ejected + 1);
    live.loads[slot] = (i * 7) % 5;
  });
  const usable = [...set.slots].filter((slot) => live.isUsable(slot));
  const out = new Uint16Array(below(251)).fill(65_535);
  // Whoever needs a key chooses nobody without one (Kamailio 7).
  const count = algorithm.select(set, algorithm.needsKey === true && key === 0 ? 1 : key, live, out);
  const where = `of ${weights.length} destinations, ${usable.length} of them usable, with room for ${out.length}`;
  if (count !== Math.min(out.length, usable.length)) return `it returns ${count} ${where}`;
  const offered = [...out.subarray(0, count)];
  if (new Set(offered).size !== count) return `it offers somebody twice ${where}`;
  const stranger = offered.find((slot) => !set.slots.includes(slot));
  if (stranger !== undefined) return `it offers slot ${stranger}, which is none ${where}`;
  if (!offered.every((slot) => live.isUsable(slot))) return `it offers somebody who is down ${where}`;
  return out.subarray(count).every((slot) => slot === 65_535) ? "" : `it writes behind what it returns ${where}`;
}

/** A choice by another key each time, from a set of which one is down. */
function choicesOf(algorithm: Algorithm): () => void {
  const set = setOf(algorithm, [3, 1, 2, 5, 1, 1, 4, 0, 1, 9]);
  const live = new FakeLive(3);
  live.states[set.slots[2]!] = DestinationState.inactive;
  const out = new Uint16Array(4);
  let key = 1;
  return () => {
    key = (Math.imul(key, 1_664_525) + 1_013_904_223) | 0;
    algorithm.select(set, key | 1, live, out);
    live.loads[out[0]!]!++;
  };
}
