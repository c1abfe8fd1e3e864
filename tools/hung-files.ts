// A test file that blocks its thread for ever neither hears that it is to end nor ends itself (file-limit.ts). Whoever runs it ends it then,
// or the whole suite would wait.
import { existsSync, readdirSync, readFileSync } from "node:fs";

const LOOK = 5_000;
/** Ticks of the kernel's clock per second, in what it tells user space: 100 on every Linux that Node runs on. */
const TICKS = 100;
/** Places of the parent and of when the process started in its `stat`, behind the name, which may have anything in it. */
const PARENT = 1;
const STARTED = 19;

/** The children of this process that are older than so many seconds; none where there is no /proc. */
export function childrenOlderThan(seconds: number): number[] {
  if (!existsSync("/proc/uptime")) return [];
  const uptime = Number(readFileSync("/proc/uptime", "latin1").split(" ")[0]);
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => {
      const stat = statOf(pid);
      return Number(stat[PARENT]) === process.pid && uptime - Number(stat[STARTED]) / TICKS > seconds;
    });
}

function statOf(pid: number): readonly string[] {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    // It is gone.
    return [];
  }
}

/** Ends those of them that are left, and tells whom, every few seconds; the timer keeps nobody alive. */
export function endHungFiles(seconds: number, tell: (pid: number) => void): void {
  setInterval(() => {
    for (const pid of childrenOlderThan(seconds)) {
      tell(pid);
      process.kill(pid, "SIGKILL");
    }
  }, LOOK).unref();
}
