// Whole calls at a steady rate, in a process of its own, as often as its parent asks for it: each message from there is an `Order`,
// each answer a `Steady`. It makes no garbage, and sleeps only until the next message comes or the next call is due: what a call waits
// for is the balancer, and whoever stands behind everything else (SCHED_IDLE) can have the rest of its core. Argument: a `SteadyTask` as JSON.
import { loadLibc } from "../../src/net/libc.ts";
import { Generator } from "./generator.ts";
import { StolenTime } from "./stolen-time.ts";
import { openStreams } from "./stream-wire.ts";

/** Whose calls, and over how many connections. */
export interface SteadyTask {
  readonly port: number;
  readonly destinationPort: number;
  readonly connections: number;
}

/** Calls per second, for so many seconds. */
export interface Order {
  readonly rate: number;
  readonly seconds: number;
}

/** What became of them; times in microseconds from an INVITE to its 200. */
export interface Steady {
  readonly calls: number;
  readonly failed: number;
  readonly times: readonly number[];
  /** Those of them during which nobody took the cores from this machine. */
  readonly untouched: readonly number[];
}

const DRAIN_MS = 300;
/** As long as nothing comes it looks that often whether a call is due. */
const PACE_MS = 1;
const PATIENCE_MS = 60_000;

/** Begins `rate` calls per second for so many milliseconds; `turned` after each turn. */
function pace(generator: Generator, rate: number, milliseconds: number, turned?: (now: number) => void): void {
  const begin = performance.now();
  const { started } = generator.totals;
  for (let now = begin; now < begin + milliseconds; now = performance.now()) {
    const due = Math.floor(((now - begin) * rate) / 1000) - (generator.totals.started - started);
    generator.turn(Math.max(0, Math.min(due, 1)));
    turned?.(now);
    if (due <= 1) wire.sleep?.(Math.max(0, Math.min(PACE_MS, Math.floor(begin + milliseconds - now))));
  }
}

function measure(generator: Generator, { rate, seconds }: Order): Steady {
  const before = { ...generator.totals };
  generator.answered = 0;
  generator.answerTimes = new Float64Array(Math.ceil(rate * seconds) + 1);
  const stolen = new StolenTime();
  const ends = new Float64Array(generator.answerTimes.length);
  let known = 0;
  const turned = (now: number): void => {
    for (; known < generator.answered; known++) ends[known] = performance.now();
    stolen.look(now);
  };
  pace(generator, rate, seconds * 1000, turned);
  pace(generator, 0, DRAIN_MS, turned);
  generator.giveUp();
  const calls = generator.totals.started - before.started;
  const failed = calls - (generator.totals.done - before.done);
  const times = [...generator.answerTimes.subarray(0, generator.answered)];
  const untouched = times.filter((time, i) => stolen.isUntouched(ends[i]! - time / 1000, ends[i]!));
  return { calls, failed, times, untouched };
}

const loaded = loadLibc();
if (!loaded.ok) throw new Error(loaded.reason);
const task = JSON.parse(process.argv[2] ?? "{}") as SteadyTask;
const wire = await openStreams(loaded.libc, task.port, task.destinationPort, task.connections);
const generator = new Generator(wire, task.destinationPort);
for (const end = performance.now() + PATIENCE_MS; generator.totals.done < 5; ) {
  if (performance.now() > end) throw new Error("no call was answered");
  pace(generator, 100, 100);
  // Connections of the balancer are taken by the event loop, which runs only here.
  await new Promise((resolve) => setTimeout(resolve, 10));
}
generator.giveUp();
process.on("message", (order) => process.send?.(measure(generator, order as Order)));
process.on("disconnect", () => process.exit());
process.send?.("ready");
