// The number under which the system knows a thread.
import { readlinkSync } from "node:fs";

/** That of the thread that asks; 0: the system has none (it is not Linux). */
export function threadNumber(): number {
  try {
    return Number(readlinkSync("/proc/thread-self").split("/").at(-1));
  } catch {
    return 0;
  }
}
