// What the system itself says of the priority of threads (Linux).
import { readdirSync, readFileSync } from "node:fs";

/** Nice values of this process' threads with that name. */
export function niceOf(name: string): number[] {
  return readdirSync("/proc/self/task").flatMap((id) => {
    const stat = readFileSync(`/proc/self/task/${id}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return stat.includes(`(${name})`) ? [Number(fields[16])] : [];
  });
}
