// One measurement in a process of its own, so that it can have a core of its own: waits until the balancer answers, then a
// steady rate for latency, then as many calls as it can carry. Argument: a `Task` as JSON. Prints a `Measured` as JSON.
import { loadLibc } from "../../src/net/libc.ts";
import { cpuOf } from "./cpu.ts";
import { openDatagrams } from "./datagram-wire.ts";
import { Generator } from "./generator.ts";
import { openStreams } from "./stream-wire.ts";
import type { Transport } from "./wire.ts";

/** What to measure. */
export interface Task {
  /** The balancer's process; its threads and children count with it. */
  readonly pid: number;
  readonly port: number;
  readonly destinationPort: number;
  readonly transport: Transport;
  /** Connections of callers, where the transport has connections. */
  readonly connections: number;
  /** Calls kept under way. */
  readonly window: number;
  /** In how many lengths every kind of message comes, by one byte each. */
  readonly lengths: number;
  /** Seconds measured, and seconds before that. */
  readonly secs: number;
  readonly warm: number;
  /** INVITEs per second for the latency; 0: none is measured. */
  readonly rate: number;
}

/** What was measured. */
export interface Measured {
  /** Messages through the balancer per second of its CPU time, and of real time. */
  readonly perCpuSecond: number;
  readonly perSecond: number;
  /** CPU seconds per second: of the balancer, and of this generator. */
  readonly balancerCpu: number;
  readonly generatorCpu: number;
  /** Of all calls begun while measuring, in percent. */
  readonly lost: number;
  readonly refused: number;
  /** Microseconds from caller to destination at the rate; 0: not measured. */
  readonly p50: number;
  readonly p99: number;
  /** INVITEs per second that were really answered then, and lost ones in percent. */
  readonly rate: number;
  readonly rateLost: number;
}

/** Kamailio touches 3 GB of memory before it listens. */
const PATIENCE_MS = 60_000;
/** Longer than a busy machine makes a process wait for its core. */
const STALL_MS = 1_000;
const DRAIN_MS = 300;
/** Time for what a balancer does once after its start (Fairlead: the rest of the warm-up; its first spare worker comes after ten seconds or more). */
const SETTLE_SECONDS = 4;
const MOST_AT_ONCE = 64;
const FEWEST_AT_ONCE = 8;

/** Begins `rate` calls per second for `secs` seconds. */
function pace(generator: Generator, rate: number, secs: number): void {
  const begin = performance.now();
  const { started } = generator.totals;
  for (let now = begin; now < begin + secs * 1000; now = performance.now()) {
    const due = Math.floor(((now - begin) * rate) / 1000) - (generator.totals.started - started);
    generator.turn(Math.max(0, Math.min(due, MOST_AT_ONCE)));
  }
}

/** Keeps `window` calls under way for `secs` seconds; returns how many had to be given up. */
function saturate(generator: Generator, window: number, secs: number): number {
  const end = performance.now() + secs * 1000;
  let lost = 0;
  let progress = performance.now();
  let { done } = generator.totals;
  for (let now = performance.now(); now < end; now = performance.now()) {
    const room = window - generator.open;
    generator.turn(room >= FEWEST_AT_ONCE ? Math.min(room, MOST_AT_ONCE) : 0);
    if (generator.totals.done !== done) {
      done = generator.totals.done;
      progress = now;
    } else if (now - progress > STALL_MS) {
      lost += generator.giveUp();
      progress = now;
    }
  }
  return lost;
}

function drain(generator: Generator): number {
  pace(generator, 0, DRAIN_MS / 1000);
  return generator.giveUp();
}

async function untilAnswered(generator: Generator, pid: number): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; generator.totals.done < 5; ) {
    if (cpuOf(pid) === 0) throw new Error("it did not start");
    if (performance.now() > end) throw new Error(`no call was answered within ${PATIENCE_MS / 1000} s`);
    pace(generator, 100, 0.1);
    // Connections of the balancer are taken by the event loop, which runs only here.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  pace(generator, 100, SETTLE_SECONDS);
  drain(generator);
}

async function measure(task: Task): Promise<Measured> {
  const loaded = loadLibc();
  if (!loaded.ok) throw new Error(loaded.reason);
  const { libc } = loaded;
  const { port, destinationPort, connections, lengths } = task;
  const isUdp = task.transport === "udp";
  const wire = isUdp
    ? openDatagrams(libc, port, destinationPort)
    : await openStreams(libc, port, destinationPort, connections);
  const generator = new Generator(wire, destinationPort, lengths);
  const { totals, latencies } = generator;
  await untilAnswered(generator, task.pid);
  let answered = 0;
  let rateLost = 0;
  if (task.rate > 0) {
    generator.shape = "answered";
    pace(generator, task.rate, 1);
    drain(generator);
    latencies.clear();
    const before = { ...totals };
    pace(generator, task.rate, task.secs);
    answered = totals.done - before.done;
    rateLost = (100 * drain(generator)) / (totals.started - before.started);
  }
  const [p50, p99] = [latencies.quantile(0.5), latencies.quantile(0.99)];
  generator.shape = "whole";
  saturate(generator, task.window, task.warm);
  const before = { ...totals, cpu: cpuOf(task.pid), own: cpuOf(process.pid), at: performance.now() };
  let lost = saturate(generator, task.window, task.secs);
  const seconds = (performance.now() - before.at) / 1000;
  const messages = totals.messages - before.messages;
  const cpu = (cpuOf(task.pid) - before.cpu) / 1e9;
  const generatorCpu = (cpuOf(process.pid) - before.own) / 1e9 / seconds;
  lost += drain(generator);
  const calls = Math.max(1, totals.started - before.started);
  return {
    perCpuSecond: messages / cpu,
    perSecond: messages / seconds,
    balancerCpu: cpu / seconds,
    generatorCpu,
    lost: (100 * lost) / calls,
    refused: totals.refused,
    p50: task.rate > 0 ? p50 : 0,
    p99: task.rate > 0 ? p99 : 0,
    rate: answered / task.secs,
    rateLost,
  };
}

try {
  console.log(JSON.stringify(await measure(JSON.parse(process.argv[2] ?? "{}") as Task)));
  // Sockets stay open for as long as anybody asks.
  process.exit();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
