// What V8 is told before the workers begin: the packet path is many small functions on purpose, and its compiler stops putting
// them into each other too early (decision 0038). And whom its threads stand behind once the workers work (0047).
import { readdirSync, readFileSync } from "node:fs";
import { getPriority, setPriority } from "node:os";
import { setFlagsFromString } from "node:v8";

/** V8s that know the flags, and with which the gain was measured or may be expected: those of Node 24 to 26. */
const FIRST_V8 = 13;
const LAST_V8 = 14;
const FLAGS = [
  "--min-inlining-frequency=0",
  "--max-inlined-bytecode-size=1000",
  "--max-inlined-bytecode-size-cumulative=3000",
] as const;

/** Sets the flags for all threads of the process, once, before the first of them is started. Another V8 is left as it is. */
export function compileForPackets(): void {
  const v8 = Number.parseInt(process.versions.v8, 10);
  if (v8 < FIRST_V8 || v8 > LAST_V8) return;
  for (const flag of FLAGS) setFlagsFromString(flag);
}

/** What the system calls V8's own threads, which compile and collect garbage. */
const THREADS = /V8Worker/;
/** So much nicer they are: four of them have three tenths of a core that a worker wants, and all of one that nobody wants. */
const NICER = 10;
const NICEST = 19;

/**
 * Makes V8's own threads stand behind the workers where both want the processor. For when the workers are warm: until then they wait for
 * the compilers. Where the system does not tell threads apart (it is not Linux), all stays as it is.
 */
export function compilersStandBack(): void {
  try {
    for (const thread of readdirSync("/proc/self/task")) {
      if (!THREADS.test(readFileSync(`/proc/self/task/${thread}/comm`, "latin1"))) continue;
      setPriority(Number(thread), Math.min(NICEST, getPriority(Number(thread)) + NICER));
    }
  } catch {
    // No such files, or a sandbox that hides them: then they have the ordinary share.
  }
}
