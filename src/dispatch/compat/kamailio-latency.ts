// Kamailio 13: turns among the best, where a priority is worn down by latency.
import { type Destination, type DispatcherSet, KeySource, type Live } from "../types.ts";
import type { CompatAlgorithm } from "./compat-algorithm.ts";
import { appendDefault, workingSize } from "./linear-probing.ts";

/** Entries of the table for each position. */
const COLUMNS = 3;
/** What is left of the priorities of those in `out`, and of whom. */
const left = new Int32Array(65_536);
const positions = new Uint16Array(65_536);

/** Algorithm 13; the table holds the priorities, in halves, and behind each whether the destination has congestion control. */
export const kamailioLatency: CompatAlgorithm = {
  name: "kamailio:13",
  summary:
    "In turn, by priority less one for each time that the latency in milliseconds (with `cc=1`: what it is above the average) exceeds it.",
  key: KeySource.none,
  uses: ["order", "latency", "congestion"],
  goesBy: "the turn and the latest probes",
  isPure: false,
  beside: "fastest",
  difference:
    "No numbers to be tuned: answer times of calls count as well as those of probes, and the calls that are there.",
  deviation:
    "Latency is always measured, and in fractions of milliseconds. `use_default` keeps the last one for when no other can; theirs (5.6.3) gives its turns to the first, may name one destination twice in the failover list, and has nobody when only the last one is usable.",
  compile(destinations: readonly Destination[]): Uint16Array {
    return Uint16Array.from(
      destinations.flatMap(({ priority, congestionControl }) => [
        (priority >>> 16) & 0xffff,
        priority & 0xffff,
        congestionControl === true ? 1 : 0,
      ]),
    );
  },
  select(set: DispatcherSet, _key: number, live: Live, out: Uint16Array): number {
    const size = workingSize(set);
    if (size === 0 || out.length === 0) return 0;
    for (;;) {
      const cursor = live.cursor(set.index);
      const count = sortFrom(set, (cursor >>> 0) % size, live, out);
      if (count === 0) return appendDefault(set, live, out, 0);
      const next = positions[0]! + 1;
      if (live.moveCursor(set.index, cursor, next === size ? 0 : next)) return appendDefault(set, live, out, count);
    }
  },
};

/** Fills `out` with what is usable, most of its priority left first, equals as they come from `start` on. */
function sortFrom(set: DispatcherSet, start: number, live: Live, out: Uint16Array): number {
  const { slots, table } = set;
  const size = workingSize(set);
  const room = Math.min(out.length, size);
  let count = 0;
  let position = start;
  for (let i = 0; i < size; i++, position = position + 1 === size ? 0 : position + 1) {
    const slot = slots[position]!;
    if (!live.isUsable(slot)) continue;
    const row = position * COLUMNS;
    const priority = (table[row]! << 16) | table[row + 1]!;
    const isControlled = table[row + 2] === 1;
    const worn = wornDown(priority, isControlled ? live.congestion(slot) : Math.trunc(live.latency(slot) / 1000));
    if (count === room && worn <= left[count - 1]!) continue;
    let at = count === room ? count - 1 : count++;
    for (; at > 0 && left[at - 1]! < worn; at--) {
      left[at] = left[at - 1]!;
      out[at] = out[at - 1]!;
      positions[at] = positions[at - 1]!;
    }
    left[at] = worn;
    out[at] = slot;
    positions[at] = position;
  }
  return count;
}

function wornDown(priority: number, latency: number): number {
  if (priority <= 0 || latency <= priority) return priority;
  return Math.max(1, priority - Math.trunc(latency / priority));
}
