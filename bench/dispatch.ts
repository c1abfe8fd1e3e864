// How long one choice takes, for every algorithm: all destinations well, four candidates asked for.
// Run: tools/with-node bench/dispatch.ts
import { ALGORITHMS } from "../src/dispatch/algorithms/index.ts";
import { COMPAT } from "../src/dispatch/compat/index.ts";
import { compileSet } from "../src/dispatch/compile-set.ts";
import { FakeLive } from "../src/dispatch/live-fake.ts";
import { type Algorithm, type Destination, SlotChoice } from "../src/dispatch/types.ts";

const SIZES = [10, 1000, 10_000];
const BUDGET_MS = 60;

function destinationsOf(size: number): Destination[] {
  return Array.from({ length: size }, (_, slot) => {
    const uri = `sip:10.${slot >> 8}.0.${slot & 255}:5060`;
    return { slot, uri, name: uri, weight: 1 + (slot % 5), priority: 0, maxCalls: 0 };
  });
}

/** Nanoseconds per select and milliseconds to compile. */
function measure(algorithm: Algorithm, size: number, downShare: number): { select: number; compile: number } {
  const live = new FakeLive(7);
  const begin = performance.now();
  const set = compileSet(0, "bench", algorithm, SlotChoice.spread, destinationsOf(size));
  const compile = performance.now() - begin;
  for (let i = 0; i < size * downShare; i++) live.states[i * Math.round(1 / downShare)] = 2;
  const out = new Uint16Array(4);
  let key = 1;
  let selects = 0;
  let sum = 0;
  const start = performance.now();
  let now = start;
  while (now - start < BUDGET_MS) {
    for (let i = 0; i < 100; i++) {
      key = (Math.imul(key, 1664525) + 1013904223) | 0;
      sum += algorithm.select(set, key, live, out) + out[0]!;
    }
    selects += 100;
    now = performance.now();
  }
  if (sum < 0) throw new Error("unreachable: slots are not negative");
  return { select: ((now - start) * 1e6) / selects, compile };
}

process.stdout.write(
  `${"ns per select (compile ms)".padEnd(28)}${SIZES.map((n) => String(n).padStart(18)).join("")}\n`,
);
for (const downShare of [0, 0.25]) {
  if (downShare > 0) process.stdout.write(`a quarter of the set down\n`);
  for (const algorithm of [...ALGORITHMS, ...COMPAT]) {
    for (const size of SIZES) measure(algorithm, size, downShare);
    const cells = SIZES.map((size) => {
      const { select, compile } = measure(algorithm, size, downShare);
      return `${select.toFixed(0)} (${compile.toFixed(1)})`.padStart(18);
    });
    process.stdout.write(`${algorithm.name.padEnd(28)}${cells.join("")}\n`);
  }
}
