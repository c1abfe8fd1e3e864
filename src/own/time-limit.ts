// Code that may never come back, run where it must.
import { Script } from "node:vm";

/** By this name the script finds what it is to call. */
const SLOT = "fairleadLimited";
const script = new Script(`${SLOT}()`);

/** It was not done in time, and goes no further. */
export class TooLate extends Error {}

/** What `work` returns or throws; `TooLate` when it is not done after so many milliseconds. */
export function within<T>(milliseconds: number, work: () => T): T {
  const results: T[] = [];
  Object.defineProperty(globalThis, SLOT, { value: () => void results.push(work()), configurable: true });
  try {
    script.runInThisContext({ timeout: milliseconds });
  } catch (error) {
    const isLate = error instanceof Error && "code" in error && error.code === "ERR_SCRIPT_EXECUTION_TIMEOUT";
    throw isLate ? new TooLate(`it does not come back within ${milliseconds} ms`) : error;
  } finally {
    Reflect.deleteProperty(globalThis, SLOT);
  }
  return results[0]!;
}
