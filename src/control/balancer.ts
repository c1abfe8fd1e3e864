// A running load balancer: sockets, shared memory, workers, health and control plane, put together and taken apart in order.
// Signals, files and the admin API are the caller's.

import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { MAX_WORKERS } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { MarkedFailure } from "../bridge/mark-word.ts";
import { policyOf } from "../bridge/stream-start.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import { formatHostPort } from "../config/values/address.ts";
import type { StateChange } from "../health/health-record.ts";
import { nameOfState, type Outcome } from "../health/state.ts";
import type { DnsCounts } from "../net/dns/counts.ts";
import { chooseIo } from "../net/io.ts";
import { receiveBufferWarning } from "../net/listen.ts";
import { isStream } from "../net/transport.ts";
import { Audit } from "./audit.ts";
import { CallLists } from "./call-lists.ts";
import { ControlPlane, type ControlPlaneOptions } from "./control-plane.ts";
import { HealthLoop } from "./health-loop.ts";
import type { Log } from "./log.ts";
import { MainRings } from "./main-rings.ts";
import { DnsNames, SYSTEM_NAMES } from "./name-source.ts";
import { followNames } from "./name-watch.ts";
import { openSockets } from "./open-sockets.ts";
import { ProcessorLoad } from "./processor-load.ts";
import { configurationProblem } from "./restart.ts";
import { RingWatch } from "./ring-watch.ts";
import { createSharedMemory, type SharedMemory } from "./shared-memory.ts";
import { Spare } from "./spare.ts";
import { readStates, StateFile } from "./state-file.ts";
import { Streams } from "./streams.ts";
import { perWorker } from "./worker-limits.ts";
import { workerSink } from "./worker-sink.ts";
import { until, Workers } from "./workers.ts";

/** What a balancer is started with. */
export interface BalancerOptions {
  readonly config: Config;
  /** Reads the files again, for reloads. */
  readonly load: ControlPlaneOptions["load"];
  /** The entry files of a worker and of the stream worker. */
  readonly workerUrl: URL;
  readonly streamsUrl: URL;
  readonly log: Log;
  /** Takes one line per finished transaction. */
  readonly accessLog: (line: string) => void;
  /** Told of every change of a destination's state. */
  readonly onState: (change: StateChange) => void;
  /** Called when the workers' threads have begun and this one has nothing to do until they are ready. */
  readonly whileStarting?: () => void;
}

/** It runs, or why not. `problems` hold what the configuration is to blame for. */
export type StartResult =
  | { readonly ok: true; readonly balancer: Balancer }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly failure: string };

/** A balancer that runs. */
export interface Balancer {
  readonly control: ControlPlane;
  readonly health: HealthLoop;
  readonly workers: Workers;
  readonly live: LiveTables;
  readonly audit: Audit;
  readonly callLists: CallLists;
  readonly memory: SharedMemory;
  /** What the resolver has counted. */
  readonly dnsCounts: DnsCounts;
  readonly io: "batched" | "portable";
  /** Bound listeners, `udp://127.0.0.1:5060`. */
  readonly listeners: readonly string[];
  /** Null where no listener is one of streams. */
  readonly streams: Streams | null;
  /** Calls `listener` for every probe that was decided; `rtt` in milliseconds, -1 when unknown. */
  watchProbes(listener: (slot: number, outcome: Outcome, rtt: number) => void): void;
  /** Lets calls come to their end, for at most `deadline` ms; then `stop`. Returns how many calls were still alive. */
  drain(deadline: number): Promise<number>;
  /** Stops everything at once. */
  stop(): Promise<void>;
}

/** Number of workers behind `workers:`. */
export function workerCount(workers: Config["workers"]): number {
  if (workers !== "auto") return Math.min(workers, MAX_WORKERS);
  return Math.max(1, Math.min(4, availableParallelism() - 1));
}

/** Shortest time between closing and stopping. */
const GRACE = 1_000;

/** Starts a balancer; resolves when every worker receives. */
export async function startBalancer(options: BalancerOptions): Promise<StartResult> {
  const { config, log } = options;
  const choice = chooseIo(config.io);
  if (config.io === "batched" && choice.io !== "batched")
    return failed(`io: batched is not possible here: ${choice.reason}`);
  const count = workerCount(config.workers);
  const result = await openSockets(choice.io, config, count);
  if (!result.ok) return failed(result.problem);
  const { opened } = result;
  const streamListeners = config.listeners.flatMap(({ transport, host, web, connectOnly }, index) =>
    isStream(transport) ? [{ index, transport, host, port: opened.ports[index] ?? 0, web, connectOnly }] : [],
  );
  const memory = createSharedMemory(count, streamListeners.length > 0);
  const live = new LiveTables(memory.live);
  const probeWatchers: ((slot: number, outcome: Outcome, rtt: number) => void)[] = [];
  const clock = () => Date.now();
  const health = new HealthLoop({
    live,
    now: () => performance.now(),
    shared: () => Number(process.hrtime.bigint() / 1_000_000n) | 0,
    clock,
    random: Math.random,
    key: randomBytes(16),
    send: (listener, endpoint, bytes) => send(listener, endpoint, bytes),
    log,
    onResult: (slot, outcome, rtt) => {
      for (const watcher of probeWatchers) watcher(slot, outcome, rtt);
    },
    onChange(change) {
      logChange(log, change);
      options.onState(change);
    },
    onLost: (slots) => void audit.forgetCalls(slots, "their destination has been down for too long"),
  });
  const tooOld = health.recallFrom(readStates(config.state.file, log), config.state.maxAge);
  if (tooOld > 0) log.info({ tooOld }, "saved latencies and scores are older than state.max_age: these begin anew");
  const stateFile = new StateFile(() => health.save(), log);
  const keys = [new Uint8Array(randomBytes(16))];
  const names = new DnsNames(SYSTEM_NAMES);
  const control = new ControlPlane({ live, health, names, load: options.load, ports: opened.ports, keys, clock, log });
  const begun = await control.begin(config);
  health.recallFrom(null);
  if (!begun.ok) {
    opened.close();
    return { ok: false, problems: begun.problems, failure: "" };
  }
  const rested = (slot: number, time: number) => health.rests.begin(slot, time);
  const marked = (slot: number, failure: MarkedFailure) => health.passive.mark(slot, failure);
  const rings = new MainRings(memory, workerSink({ prober: health.prober, rested, marked }, log, options.accessLog));
  const ringWatch = new RingWatch(rings, memory);
  const processors = new ProcessorLoad();
  const workers = new Workers(
    {
      url: options.workerUrl,
      spare: new Spare(
        options.workerUrl,
        opened.libc,
        (why) => log.warn({ why }, "a spare worker died"),
        () => control.turns.isBusy,
        () => processors.isFull(),
      ),
      memory,
      live,
      io: choice.io,
      sockets: opened.sockets,
      bells: opened.bells,
      coalesces: config.coalescing === "auto",
      ring: opened.ring,
      limits: perWorker(config.limits, count),
      receiveBuffer: config.receiveBuffer,
      log,
      onBell: () => ringWatch.look(),
    },
    control.inForce.snapshot,
  );
  const nameOf = (slot: number) => health.registry.target(slot)?.name ?? "";
  const audit = new Audit({ live, control: workers.control, wake: (worker) => workers.wake(worker), nameOf, log });
  const send = (listener: number, endpoint: Int32Array, bytes: Buffer): boolean => {
    const worker = Math.max(
      0,
      workers.status().findIndex(({ isReady }) => isReady),
    );
    if (!rings.send(worker, listener, endpoint, bytes)) return false;
    workers.wake(worker);
    return true;
  };
  const streams = new Streams({
    url: options.streamsUrl,
    start: {
      workers: count,
      io: choice.io,
      listeners: streamListeners,
      limits: { ...config.streams, headerBytes: config.limits.headerBytes },
      policy: policyOf(control.inForce.snapshot),
      bells: opened.bells,
      control: memory.control,
      words: memory.streamWords,
      toWorkers: memory.streams.map(({ fromStreams }) => fromStreams),
      fromWorkers: memory.streams.map(({ toStreams }) => toStreams),
      seed: memory.seed,
    },
    libc: opened.libc,
    tls: control.inForce.tls,
    log,
    wake: (worker) => workers.wake(worker),
  });
  const startStreams = async () => (streamListeners.length > 0 ? await streams.start() : "");
  const starting = workers.start();
  options.whileStarting?.();
  const failure = (await starting) || (await startStreams());
  if (failure !== "") {
    await workers.stop();
    await streams.stop();
    opened.close();
    return failed(failure);
  }
  control.attach({
    secure: async (tls) => (streamListeners.length > 0 ? await streams.secure(tls) : ""),
    publish: (snapshot) => {
      workers.publish(snapshot);
      streams.adopt(policyOf(snapshot));
    },
    adopted: (generation, patience) => workers.adopted(generation, patience),
    oldestAdopted: () => workers.control.oldestAdopted(),
  });
  warnOfSmallBuffer(config.receiveBuffer, opened.receiveBuffer, workers, log);
  health.start();
  const unsave = stateFile.keep(() => control.inForce.config.state);
  const unfollow = followNames(control, names.now, log);
  ringWatch.start();
  // Every row that was ever used: calls of a destination that is no longer configured are calls too, and so are those that
  // destinations make.
  const calls = () => {
    let sum = 0;
    for (let index = 0; index < count; index++) sum += workers.control.read(index, ControlWord.callsOutside);
    for (let slot = 0; slot < control.inForce.snapshot.destinationRows; slot++) sum += live.load(slot);
    return sum;
  };
  let stopped: Promise<void> | null = null;
  const stopAll = async () => {
    unfollow();
    health.stop();
    ringWatch.stop();
    unsave();
    await workers.stop();
    await streams.stop();
    while (rings.drain());
    opened.close();
  };
  // Once: a second signal may come while the first one's work goes on, and descriptors are closed only once.
  const stop = () => {
    stopped ??= stopAll();
    return stopped;
  };
  return {
    ok: true,
    balancer: {
      control,
      health,
      workers,
      live,
      audit,
      callLists: new CallLists(live, workers.control, (worker) => workers.wake(worker)),
      memory,
      dnsCounts: names.counts,
      io: choice.io,
      streams: streamListeners.length > 0 ? streams : null,
      listeners: control.inForce.snapshot.listeners.flatMap(({ transport, host, port, connectOnly }) =>
        connectOnly ? [] : [`${transport}://${formatHostPort(host, port)}`],
      ),
      watchProbes: (listener) => void probeWatchers.push(listener),
      async drain(deadline) {
        const end = performance.now() + deadline;
        await control.close();
        // Requests outside of calls are not counted; their answers come soon or not at all.
        const soonest = performance.now() + GRACE;
        const isOver = () => stopped !== null || (calls() === 0 && performance.now() >= soonest);
        await until(isOver, end - performance.now());
        const left = calls();
        await stop();
        return left;
      },
      stop,
    },
  };
}

function failed(failure: string): StartResult {
  return { ok: false, problems: [configurationProblem(failure)], failure };
}

function logChange(log: Log, { target, from, to, reason }: StateChange): void {
  const fields = { set: target.set, destination: target.name, from: nameOfState(from), to: nameOfState(to), reason };
  log.warn(fields, "a destination changed its state");
}

function warnOfSmallBuffer(asked: number, opened: number, workers: Workers, log: Log): void {
  const told = workers
    .status()
    .map(({ receiveBuffer }) => receiveBuffer)
    .filter((bytes) => bytes > 0);
  const granted = Math.min(asked, ...(opened > 0 ? [opened] : told));
  const warning = receiveBufferWarning(asked, granted);
  if (warning !== "") log.warn({ asked, granted }, warning);
}
