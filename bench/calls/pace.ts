// Calls at an even rate.
import type { Generator } from "./generator.ts";

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Begins `rate` calls per second for `milliseconds`. Sleeps a little where nothing is due: the core is not ours alone. */
export function pace(generator: Generator, rate: number, milliseconds: number): void {
  const begin = performance.now();
  const { started } = generator.totals;
  for (let now = begin; now < begin + milliseconds; now = performance.now()) {
    const due = Math.floor(((now - begin) * rate) / 1000) - (generator.totals.started - started);
    generator.turn(Math.max(0, Math.min(due, 64)));
    if (due < 8) Atomics.wait(nap, 0, 0, 0.5);
  }
}
