// CPU time of a process and all that it started, from the scheduler's own accounts.
import { readdirSync, readFileSync } from "node:fs";

/** Nanoseconds on a CPU so far: every thread of `pid` and of its children. Threads that have ended are not counted. */
export function cpuOf(pid: number): number {
  let sum = 0;
  for (const thread of list(`/proc/${pid}/task`)) {
    sum += Number(read(`/proc/${pid}/task/${thread}/schedstat`).split(" ")[0] ?? 0);
    for (const child of read(`/proc/${pid}/task/${thread}/children`).split(" ")) {
      if (child.trim() !== "") sum += cpuOf(Number(child));
    }
  }
  return sum;
}

/** Ticks of 10 ms that a core, or all of them together, has spent so far, in the order of /proc/stat: user, nice, system, idle and so on. */
export function ticksOf(core: number | "all"): readonly number[] {
  const name = core === "all" ? "cpu" : `cpu${core}`;
  const line = new RegExp(`^${name} +(.*)$`, "m").exec(read("/proc/stat"))?.[1] ?? "";
  return line.trim().split(/\s+/).map(Number);
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
