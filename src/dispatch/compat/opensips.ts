// OpenSIPS's dispatcher: hashes over weights, re-hashed once over the active destinations; turns repeated by weight; the order.
import { type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { selectTurn } from "./kamailio-turns.ts";
import { probe, selectFrom, workingSize } from "./linear-probing.ts";

const empty = (_: readonly Destination[]): Uint16Array => new Uint16Array(0);

/** The cursor of algorithm 4: how often the current position was chosen in a row above, its position below. */
const TIMES_SHIFT = 16;
const POSITION = 0xffff;

function hashOf(number: number, key: KeySource, what: string, beside: string): CompatAlgorithm {
  return {
    name: `opensips:${number}`,
    summary: `Hash of the ${what}, by weight.`,
    key,
    portByTransport: true,
    uses: ["weight", "order"],
    weighsNow: true,
    isPure: true,
    beside,
    difference:
      "Weights do not count (`consistent-hash` has them); when a destination falls, each key keeps its own order of the others.",
    compile: empty,
    select: selectByWeight,
  };
}

/** Algorithms 0 to 3. */
export const opensipsHashes: readonly CompatAlgorithm[] = [
  hashOf(0, KeySource.callId, "Call-ID", "hash-call-id"),
  hashOf(1, KeySource.from, "From URI", "hash-from"),
  hashOf(2, KeySource.to, "To URI", "hash-to"),
  hashOf(3, KeySource.requestUri, "request URI", "hash-request-uri"),
];

/** Algorithm 4. */
export const opensipsRoundRobin: CompatAlgorithm = {
  name: "opensips:4",
  summary: "In turn, each as many times in a row as its weight says, at least once.",
  key: KeySource.none,
  uses: ["weight", "order"],
  weighsNow: true,
  goesBy: "the turn",
  isPure: false,
  beside: "weighted",
  difference: "The same shares, evenly spread in time; weight 0 is the last resort.",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const size = workingSize(set);
    if (size === 0 || out.length === 0) return 0;
    for (;;) {
      const cursor = live.cursor(set.index);
      let wanted = (cursor & POSITION) % size;
      let times = cursor >>> TIMES_SHIFT;
      if (times > 0 && times >= set.weights[wanted]!) {
        wanted = wanted + 1 === size ? 0 : wanted + 1;
        times = 0;
      }
      const position = probe(set, wanted, live);
      // Only the default destination is left: nobody has had a turn.
      if (position < 0) return selectFrom(set, 0, live, out);
      const next = ((position === wanted ? times + 1 : 1) << TIMES_SHIFT) | position;
      if (live.moveCursor(set.index, cursor, next)) return selectFrom(set, position, live, out);
    }
  },
};

/** Algorithm 5. */
export const opensipsAuthUser: CompatAlgorithm = {
  name: "opensips:5",
  summary: "Hash of the user name in the credentials, by weight; without one, each destination in turn.",
  key: KeySource.authUser,
  uses: ["weight", "order"],
  weighsNow: true,
  goesBy: "the turn, where there are no credentials",
  isPure: false,
  beside: "hash-auth-user",
  difference: "Without credentials the Call-ID decides; weights do not count.",
  compile: empty,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return key === 0 ? selectTurn(set, key, live, out) : selectByWeight(set, key, live, out);
  },
};

/** Algorithm 7. */
export const opensipsKey: CompatAlgorithm = {
  name: "opensips:7",
  summary: "Hash of what `key` says (their `hash_pvar`), by weight; nobody where that is empty.",
  key: KeySource.none,
  needsKey: true,
  uses: ["weight", "order"],
  weighsNow: true,
  isPure: true,
  beside: "hash-key",
  difference: "With an empty key the Call-ID decides; weights do not count.",
  compile: empty,
  select(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
    return key === 0 ? 0 : selectByWeight(set, key, live, out);
  },
};

/** Algorithm 6. */
export const opensipsRandom: CompatAlgorithm = {
  name: "opensips:6",
  summary: "A random destination, by weight.",
  key: KeySource.none,
  uses: ["weight", "order"],
  weighsNow: true,
  goesBy: "chance",
  isPure: false,
  beside: "weighted",
  difference: "By turns and not by chance, so shares are exact in every round.",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectByWeight(set, live.random(), live, out);
  },
};

/** Algorithm 8. */
export const opensipsFirst: CompatAlgorithm = {
  name: "opensips:8",
  summary: "The first in the set's order.",
  key: KeySource.none,
  uses: ["order"],
  isPure: true,
  beside: "priority",
  difference: "None.",
  compile: empty,
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    return selectFrom(set, 0, live, out);
  },
};

/** The destination in whose part of the summed weights `key` falls; if it is down, once more over the active ones. */
function selectByWeight(set: DispatcherSet, key: number, live: Live, out: Uint16Array): number {
  const { slots, weights } = set;
  const size = workingSize(set);
  if (size === 0) return 0;
  const hash = key >>> 0;
  let sum = 0;
  let activeSum = 0;
  let active = 0;
  for (let i = 0; i < size; i++) {
    sum += weights[i]!;
    if (!live.isUsable(slots[i]!)) continue;
    activeSum += weights[i]!;
    active++;
  }
  let left = sum === 0 ? hash % size : hash % sum;
  for (let i = 0; i < size; i++) {
    left -= sum === 0 ? 1 : weights[i]!;
    if (left >= 0) continue;
    if (live.isUsable(slots[i]!)) return selectFrom(set, i, live, out);
    break;
  }
  if (active === 0) return selectFrom(set, 0, live, out);
  left = activeSum === 0 ? hash % active : hash % activeSum;
  for (let i = 0; i < size; i++) {
    if (!live.isUsable(slots[i]!)) continue;
    left -= activeSum === 0 ? 1 : weights[i]!;
    if (left < 0) return selectFrom(set, i, live, out);
  }
  return selectFrom(set, 0, live, out);
}
