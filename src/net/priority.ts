// The share of the processor that one thread gets beside the others: setpriority(2), which on Linux is each thread's own and
// is inherited by the threads that it makes.
import type { Libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const THIS_THREAD = 0;
/** The least that there is: about a seventieth of what a thread of ordinary priority gets when both want to run. */
const LEAST = 19;

/**
 * The calling thread's nice value, if a thread that stood back could come forward to it again; else null. That takes
 * CAP_SYS_NICE, or an RLIMIT_NICE above it.
 */
export function priorityToReturnTo(libc: Libc): number | null {
  const ordinary = libc.getpriority(PRIO_PROCESS, THIS_THREAD);
  // Who may go above the ordinary priority may also come back to it.
  if (libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary - 1) !== 0) return null;
  libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary);
  return ordinary;
}

/**
 * What `make` returns; the threads that it makes get the least share of the processor. The calling thread has it for that
 * moment, too, so that nobody may take its priority then for what it usually is; `ordinary` is `priorityToReturnTo`'s.
 */
export function standingBack<T>(libc: Libc, ordinary: number, make: () => T): T {
  libc.setpriority(PRIO_PROCESS, THIS_THREAD, LEAST);
  try {
    return make();
  } finally {
    libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary);
  }
}

/** Whether the calling thread has the least share. */
export function standsBack(libc: Libc): boolean {
  return libc.getpriority(PRIO_PROCESS, THIS_THREAD) === LEAST;
}

/** Gives a thread of this process, by its number (thread-number.ts), the ordinary share; without one, the calling thread. */
export function comeForward(libc: Libc, ordinary: number, thread: number = THIS_THREAD): void {
  libc.setpriority(PRIO_PROCESS, thread, ordinary);
}
