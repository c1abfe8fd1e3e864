// fast-check as every property test of the project uses it. By default the same cases every time, so that a green run says
// the same thing on every machine; FAIRLEAD_SEED=random (or a number) looks for new ones, FAIRLEAD_FUZZ=N runs N times as many.
import fc from "fast-check";

const FIXED_SEED = 20_261_121;
const wanted = process.env.FAIRLEAD_SEED;
const seed = wanted === undefined ? FIXED_SEED : wanted === "random" ? Date.now() & 0x7fffffff : Number(wanted);
const times = Number(process.env.FAIRLEAD_FUZZ ?? 1);
if (!Number.isSafeInteger(seed)) throw new Error(`FAIRLEAD_SEED=${wanted}: "random" or a whole number is expected`);
if (!(times >= 1)) throw new Error(`FAIRLEAD_FUZZ=${process.env.FAIRLEAD_FUZZ}: a number of 1 or more is expected`);

fc.configureGlobal({ seed, numRuns: Math.round(100 * times) });

/** `count` cases of a property, or as many times more as FAIRLEAD_FUZZ says. */
export function runs(count: number): number {
  return Math.round(count * times);
}

export { fc };
