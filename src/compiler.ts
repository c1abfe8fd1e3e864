// What V8 is told before the workers begin: the packet path is many small functions on purpose, and its compiler stops putting
// them into each other too early (decision 0038). And whom its threads stand behind once the workers work (0047, 0050).
import { readdirSync, readFileSync } from "node:fs";
import { constants, getPriority, setPriority } from "node:os";
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
/** By then the first spare is warm, too, and nearly all is compiled, in milliseconds. */
const COMPILED = 20_000;

/** What to know before V8's threads stand back. */
export interface StandingBack {
  /** Whether there is a stream worker: it makes garbage, and waits for V8's threads until they have collected it (decision 0050). */
  readonly hasStreams: boolean;
  /** Whether the system lets threads come forward again; found out where it is left out. */
  readonly mayReturn?: boolean;
  /** After so many milliseconds they do, if there is a stream worker. */
  readonly returnAfter?: number;
}

/**
 * Makes V8's own threads stand behind the workers where both want the processor. For when the workers are warm: until then they wait for
 * the compilers. With a stream worker only for a while, and not at all if there were no way back. Where the system does not tell threads
 * apart (it is not Linux), all stays as it is.
 */
export function compilersStandBack({ hasStreams, mayReturn, returnAfter = COMPILED }: StandingBack): void {
  if (hasStreams && !(mayReturn ?? mayComeForward())) return;
  try {
    const ordinary = new Map<number, number>();
    for (const thread of v8Threads()) {
      ordinary.set(thread, getPriority(thread));
      setPriority(thread, Math.min(NICEST, getPriority(thread) + NICER));
    }
    if (hasStreams) setTimeout(() => comeForward(ordinary), returnAfter).unref();
  } catch {
    // No such files, or a sandbox that hides them: then they have the ordinary share.
  }
}

function v8Threads(): number[] {
  const threads = readdirSync("/proc/self/task");
  return threads.filter((one) => THREADS.test(readFileSync(`/proc/self/task/${one}/comm`, "latin1"))).map(Number);
}

/** Tried out with the calling thread: who may go above its priority may also come back to it. */
function mayComeForward(): boolean {
  try {
    const ordinary = getPriority();
    setPriority(Math.max(constants.priority.PRIORITY_HIGHEST, ordinary - 1));
    setPriority(ordinary);
    return true;
  } catch {
    return false;
  }
}

function comeForward(ordinary: ReadonlyMap<number, number>): void {
  for (const [thread, priority] of ordinary) {
    try {
      setPriority(thread, priority);
    } catch {
      // It is gone.
    }
  }
}
