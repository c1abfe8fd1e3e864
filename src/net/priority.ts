// The share of the processor that one thread gets beside the others: setpriority(2), which on Linux is each thread's own and
// is inherited by the threads that it makes.
import type { Libc } from "./libc.ts";

const PRIO_PROCESS = 0;
const THIS_THREAD = 0;
/** The least that there is: about a seventieth of what a thread of ordinary priority gets when both want to run. */
const LEAST = 19;

/**
 * Whether a thread that stood back could come forward again. That takes CAP_SYS_NICE, or an RLIMIT_NICE above the priority
 * that the process has now. For the main thread.
 */
export function canStandBack(libc: Libc): boolean {
  const ordinary = libc.getpriority(PRIO_PROCESS, THIS_THREAD);
  // Who may go above the ordinary priority may also come back to it.
  if (libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary - 1) !== 0) return false;
  libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary);
  return true;
}

/** What `make` returns; the threads that it makes get the least share of the processor. Ask `canStandBack` before. */
export function standingBack<T>(libc: Libc, make: () => T): T {
  const ordinary = libc.getpriority(PRIO_PROCESS, THIS_THREAD);
  libc.setpriority(PRIO_PROCESS, THIS_THREAD, LEAST);
  try {
    return make();
  } finally {
    libc.setpriority(PRIO_PROCESS, THIS_THREAD, ordinary);
  }
}

/** Whether the calling thread has a smaller share than the main thread. */
export function standsBack(libc: Libc): boolean {
  return libc.getpriority(PRIO_PROCESS, THIS_THREAD) > libc.getpriority(PRIO_PROCESS, process.pid);
}

/** Gives the calling thread the share of the main thread. */
export function comeForward(libc: Libc): void {
  libc.setpriority(PRIO_PROCESS, THIS_THREAD, libc.getpriority(PRIO_PROCESS, process.pid));
}
