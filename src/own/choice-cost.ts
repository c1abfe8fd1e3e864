// What one choice of an algorithm costs, and how that grows with the set.
import { compileSet } from "../dispatch/compile-set.ts";
import { destinationsOf } from "../dispatch/contract.ts";
import { FakeLive } from "../dispatch/live-fake.ts";
import { type Algorithm, SlotChoice } from "../dispatch/types.ts";
import { faultOf, type ModuleFault } from "./module-text.ts";
import { underLimits } from "./own-module.ts";

/** Milliseconds. */
const MEASURED = 100;

/** Nanoseconds of a choice, or why there is none. */
export type Measured = { readonly ok: true; readonly cost: number } | ({ readonly ok: false } & ModuleFault);

/**
 * Nanoseconds for a list of four of `size` destinations that are all well; `clock` in milliseconds. The algorithm may fail, or never come
 * back, in a set of that size only: it has so many milliseconds. Never throws.
 */
export function tryCost(algorithm: Algorithm, size: number, milliseconds: number, clock: () => number): Measured {
  try {
    return { ok: true, cost: underLimits(milliseconds, () => choiceCost(algorithm, size, clock)) };
  } catch (error) {
    return { ok: false, ...faultOf(error) };
  }
}

function choiceCost(algorithm: Algorithm, size: number, clock: () => number): number {
  const destinations = destinationsOf(Array.from({ length: size }, (_, i) => 1 + (i % 5)));
  const set = compileSet(0, "cost", algorithm, SlotChoice.spread, destinations);
  const live = new FakeLive(7);
  const out = new Uint16Array(4);
  let key = 1;
  let choices = 0;
  const start = clock();
  let now = start;
  while (now - start < MEASURED) {
    for (let i = 0; i < 100; i++) {
      key = (Math.imul(key, 1_664_525) + 1_013_904_223) | 0;
      algorithm.select(set, key, live, out);
    }
    choices += 100;
    now = clock();
  }
  return ((now - start) * 1e6) / choices;
}
