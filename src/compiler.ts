// What V8 is told before the workers begin: the packet path is many small functions on purpose, and its compiler stops putting
// them into each other too early (decision 0038); and a worker compiles what it needs itself, at once (0051). The stream worker does not
// (0053).
import { setFlagsFromString } from "node:v8";
import type { Worker } from "node:worker_threads";

/** V8s that know the flags, and with which the gain was measured or may be expected: those of Node 24 to 26. */
const FIRST_V8 = 13;
const LAST_V8 = 14;
const FLAGS = [
  "--min-inlining-frequency=0",
  "--max-inlined-bytecode-size=1000",
  "--max-inlined-bytecode-size-cumulative=3000",
  "--no-concurrent-recompilation",
] as const;
let isSet = false;

/**
 * Sets the flags for the process: all threads inline more, and those that are started later compile themselves, while main goes on with a
 * compiler beside it. Another V8 is left as it is.
 */
export function compileForPackets(): void {
  const v8 = Number.parseInt(process.versions.v8, 10);
  if (v8 < FIRST_V8 || v8 > LAST_V8) return;
  for (const flag of FLAGS) setFlagsFromString(flag);
  isSet = true;
}

/**
 * The thread that `make` starts; V8 compiles beside it, as beside main: what becomes hot holds up nobody. A V8 has that from its making
 * on, so whatever else is started in the same moment has it, too.
 */
export function compiledBeside(make: () => Worker): Worker {
  if (!isSet) return make();
  setFlagsFromString("--concurrent-recompilation");
  const thread = make();
  const back = () => setFlagsFromString("--no-concurrent-recompilation");
  return thread.once("online", back).once("exit", back);
}
