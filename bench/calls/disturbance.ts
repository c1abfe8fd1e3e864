// Who else had the cores while something was measured, and what the callers themselves missed: a starved machine must not be taken for a
// failure of what is measured, nor for its success.
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { cpuOf, ticksOf } from "./cpu.ts";

/** A core, and the processes that are meant to be on it. */
export interface Share {
  readonly core: number;
  readonly pids: readonly number[];
}

/** What came between. */
export interface Disturbance {
  /** Most that others had of a core, 0 to 1, and which core that was. */
  readonly others: number;
  readonly core: number;
  /** Longest time for which the callers' loop did not turn, in milliseconds. */
  readonly pause: number;
  /** Datagrams that the system dropped before the callers and destinations of this process read them. */
  readonly dropped: number;
}

/** Nanoseconds of a tick of /proc/stat. */
const TICK = 10_000_000;
/** Of a core; a machine is never quite silent. */
const MOST_OTHERS = 0.05;
/** A burst of so much is what a budget allows (overload.burst, a quarter of it kept from strangers). */
const LONGEST_PAUSE = 150;

/** Watches the cores of these processes. */
export class Watch {
  readonly #shares: readonly Share[];
  #at = 0;
  #busy: readonly number[] = [];
  #own: readonly number[] = [];
  #dropped = 0;
  #turned = 0;
  #pause = 0;

  constructor(shares: readonly Share[]) {
    this.#shares = shares;
  }

  begin(): void {
    this.#at = performance.now();
    this.#busy = this.#shares.map(({ core }) => busyOf(core));
    this.#own = this.#shares.map(({ pids }) => sumOf(pids.map(cpuOf)));
    this.#dropped = sumOf(droppedAt("self"));
    this.#pause = 0;
    this.#turned = 0;
  }

  /** The callers' loop has turned. */
  turn(now: number): void {
    if (this.#turned > 0) this.#pause = Math.max(this.#pause, now - this.#turned);
    this.#turned = now;
  }

  end(): Disturbance {
    const elapsed = (performance.now() - this.#at) * 1e6;
    const others = this.#shares.map(({ core, pids }, i) => {
      const own = sumOf(pids.map(cpuOf)) - this.#own[i]!;
      return { core, others: Math.max(0, (busyOf(core) - this.#busy[i]! - own) / elapsed) };
    });
    const worst = others.reduce((most, each) => (each.others > most.others ? each : most));
    return { ...worst, pause: this.#pause, dropped: sumOf(droppedAt("self")) - this.#dropped };
  }
}

/** What of it makes a figure worthless, in words; empty: nothing. */
export function spoiledBy({ others, core, pause, dropped }: Disturbance): string {
  const reasons = [
    ...(others > MOST_OTHERS ? [`other processes had ${(100 * others).toFixed(0)} % of core ${core}`] : []),
    ...(pause > LONGEST_PAUSE ? [`the callers stood still for ${pause.toFixed(0)} ms`] : []),
    ...(dropped > 0 ? [`the system dropped ${dropped} datagrams for the callers`] : []),
  ];
  return reasons.join(", ");
}

/** Nanoseconds that a core was not idle, interrupts apart: nobody in particular causes them. */
function busyOf(core: number): number {
  const [user = 0, nice = 0, system = 0, , , , , steal = 0] = ticksOf(core);
  return (user + nice + system + steal) * TICK;
}

/** Datagrams that the system dropped at the IPv4 UDP sockets of a process, for each in the order in which they were opened. */
export function droppedAt(pid: number | "self"): number[] {
  const rows = readFileSync("/proc/net/udp", "utf8").trim().split("\n").slice(1);
  const columns = rows.map((row) => row.trim().split(/\s+/));
  const drops = new Map(columns.map((column) => [column[9] ?? "", Number(column.at(-1))]));
  const fds = readdirSync(`/proc/${pid}/fd`).sort((a, b) => Number(a) - Number(b));
  return fds.flatMap((fd) => drops.get(socketOf(pid, fd)) ?? []);
}

/** The inode of a socket; empty where the descriptor is none. */
function socketOf(pid: number | "self", fd: string): string {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? "";
  } catch {
    // The folder's own descriptor.
    return "";
  }
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
