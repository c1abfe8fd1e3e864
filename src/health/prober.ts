// Sends probes and judges the answers. Owns when each destination is probed next; what a result means is decided by
// health/state.ts and kept by the registry. No timer of its own: `tick` is called every 25 ms or so.
import type { LiveTables } from "../bridge/live-tables.ts";
import { ENDPOINT_WORDS, sameEndpoint } from "../net/endpoint.ts";
import { Latency } from "./latency.ts";
import { probeCheck, readProbeAnswer, writeProbe } from "./probe-message.ts";
import { isProbed } from "./probe-mode.ts";
import { newTask, type ProbeDestination, type Task } from "./probe-task.ts";
import type { HealthRegistry } from "./registry.ts";
import { byDestination, type SavedLatency, savedKey } from "./saved-figures.ts";
import type { Outcome } from "./state.ts";

/** The outside world of a prober. */
export interface ProberContext {
  readonly live: LiveTables;
  readonly registry: HealthRegistry;
  /** Monotonic milliseconds, with fractions. */
  readonly now: () => number;
  /** Milliseconds since 1970, for the record. */
  readonly clock: () => number;
  /** 0 to 1. */
  readonly random: () => number;
  /** Secret of the branches' checks. */
  readonly key: Uint8Array;
  /** Hands a datagram to the network; false when there is no room just now. */
  readonly send: (listener: number, endpoint: Int32Array, bytes: Buffer) => boolean;
  /** Whether no new probes begin for this destination; absent: none is paused. */
  readonly isPaused?: (slot: number) => boolean;
  /** A probe was decided; for metrics. `rtt` in milliseconds, -1 when unknown. */
  readonly onResult?: (slot: number, outcome: Outcome, rtt: number) => void;
}

/** RFC 3261 T1: a probe is sent again after this long, and once more after twice as long again. */
const T1 = 500;
/** Destinations per second that may be started in the first round. */
const FIRST_ROUND_RATE = 500;
/** An interval is shortened by up to this share, so that rounds spread and stay spread, yet detection is never late. */
const JITTER = 0.1;
const RETRY_WHEN_FULL = 100;

/** Probes all destinations it was told of. */
export class Prober {
  /** False: no new probes begin; those under way come to their end (Kamailio's `dispatcher.ping_active`). */
  isActive = true;
  readonly #context: ProberContext;
  readonly #tasks = new Map<number, Task>();
  #before: ReadonlyMap<string, SavedLatency> = new Map();

  constructor(context: ProberContext) {
    this.#context = context;
  }

  /** Destinations that are new begin with the round trips that were measured before. */
  recallFrom(latencies: readonly SavedLatency[]): void {
    this.#before = byDestination(latencies);
  }

  /** The round trips that were measured, for a later process. */
  save(): SavedLatency[] {
    return [...this.#tasks].flatMap(([slot, { latency }]) => {
      const target = this.#context.registry.target(slot);
      if (latency.measuredAt === 0 || target === undefined) return [];
      const { set, uri, name } = target;
      return [{ set, uri, name, ...latency.figures }];
    });
  }

  /** Whether there is nobody to be probed. */
  get isIdle(): boolean {
    return this.#tasks.size === 0;
  }

  /** Takes over the destinations of a new configuration; those that stay where they are keep their rhythm. */
  adopt(targets: readonly ProbeDestination[]): void {
    const { now, random } = this.#context;
    const kept = new Set<number>();
    const spread = Math.max(T1, (targets.length * 1000) / FIRST_ROUND_RATE);
    for (const target of targets) {
      kept.add(target.slot);
      const task = this.#tasks.get(target.slot);
      const endpoint = target.endpoint.slice(0, ENDPOINT_WORDS);
      const own = { ...target, endpoint };
      if (task !== undefined && sameEndpoint(task.target.endpoint, 0, endpoint, 0)) {
        const sooner = task.target.settings.every > target.settings.every;
        task.target = own;
        if (sooner && !task.waiting) task.due = Math.min(task.due, now() + random() * target.settings.every);
        continue;
      }
      const due = now() + random() * Math.min(target.settings.every, spread);
      this.#tasks.set(target.slot, newTask(own, due, this.#latencyOf(own)));
    }
    for (const slot of [...this.#tasks.keys()]) if (!kept.has(slot)) this.#tasks.delete(slot);
  }

  /** Begins, repeats and gives up whatever is due. */
  tick(): void {
    const now = this.#context.now();
    for (const task of this.#tasks.values()) if (task.due <= now) this.#act(task, now);
  }

  /** Probes a destination at once, if no probe of it is under way. */
  probeNow(slot: number): void {
    const task = this.#tasks.get(slot);
    if (task !== undefined && !task.waiting) task.due = this.#context.now();
  }

  /** What its round trips have been since it is where it is; undefined: it is not probed. */
  latency(slot: number): Pick<Latency, "deviation" | "most" | "timeouts"> | undefined {
    return this.#tasks.get(slot)?.latency;
  }

  /** A response that names a probe arrived from `peer[at]`. False when it is not the answer to an open probe. */
  answered(bytes: Buffer, start: number, end: number, peer: Int32Array, at: number): boolean {
    const answer = readProbeAnswer(bytes, start, end);
    if (answer === null || answer.status < 100) return false;
    const task = this.#open(answer.slot, answer.check);
    if (task === null || !sameEndpoint(task.target.endpoint, 0, peer, at)) return false;
    if (answer.status < 200) return true;
    // A round trip is only known when there is no doubt which copy was answered (Karn). Latency is the time since the first one, as
    // with Kamailio: else it would not be seen to grow any more in those who take longer than T1.
    const { live } = this.#context;
    const { latency } = task;
    const now = this.#context.now();
    const rtt = task.sends === 1 ? Math.max(0, now - task.sentAt) : -1;
    if (rtt >= 0) live.noteAnswerTime(task.target.slot, Math.round(rtt * 1000));
    latency.add(Math.max(0, now - task.startedAt), task.target.settings.newestShare);
    live.latencies.set(task.target.slot, latency.micros, latency.usualMicros);
    latency.measuredAt = this.#context.clock();
    this.#decide(task, task.target.settings.accepts(answer.status) ? "ok" : "bad", String(answer.status), rtt);
    return true;
  }

  /** The network refused a probe (ICMP, or no connection) that was sent to `peer[at]`; the bytes may be empty. */
  unreachable(bytes: Buffer, start: number, end: number, peer: Int32Array, at: number): void {
    const quoted = readProbeAnswer(bytes, start, end);
    for (const task of this.#tasks.values()) {
      if (!task.waiting || !sameEndpoint(task.target.endpoint, 0, peer, at)) continue;
      if (quoted !== null && (quoted.slot !== task.target.slot || quoted.check !== task.check)) continue;
      this.#decide(
        task,
        "bad",
        task.target.transport === "udp" ? "refused by the network (ICMP)" : "no connection",
        -1,
      );
    }
  }

  /** Begins with what is known, which may be from another place of the same destination or from before a restart. */
  #latencyOf(target: ProbeDestination): Latency {
    const { live } = this.#context;
    const { slot, presetLatency } = target;
    const before = this.#saved(target);
    if (before !== undefined) {
      const known = Latency.of(before);
      live.latencies.set(slot, known.micros, known.usualMicros);
      return known;
    }
    return new Latency(live.latency(slot), live.latencies.usually(slot), presetLatency > 0);
  }

  #saved({ slot }: ProbeDestination): SavedLatency | undefined {
    const target = this.#before.size === 0 ? undefined : this.#context.registry.target(slot);
    return target === undefined ? undefined : this.#before.get(savedKey(target));
  }

  #isActive(slot: number): boolean {
    return this.isActive && this.#context.isPaused?.(slot) !== true;
  }

  #open(slot: number, check: string): Task | null {
    const task = this.#tasks.get(slot);
    return task?.waiting === true && task.check === check ? task : null;
  }

  #act(task: Task, now: number): void {
    if (!task.waiting) this.#begin(task, now);
    else if (now < task.deadline) this.#send(task, now);
    else if (task.sends === 0) this.#forgo(task, now);
    else {
      task.latency.addTimeout();
      this.#decide(task, "bad", `no answer within ${task.target.settings.timeout} ms`, -1);
    }
  }

  #begin(task: Task, now: number): void {
    const { target } = task;
    const { settings } = target;
    task.next = now + settings.every * (1 - JITTER * this.#context.random());
    const record = this.#context.registry.get(target.slot);
    if (record === undefined || !this.#isActive(target.slot) || !isProbed(settings.mode, record.state, record.marked)) {
      task.due = task.next;
      return;
    }
    task.sequence++;
    task.check = probeCheck(this.#context.key, target.slot, task.sequence, target.endpoint);
    const { method, from } = settings;
    const { slot, uri, sentBy, transport } = target;
    task.bytes = writeProbe({ method, uri, sentBy, transport, from, slot, sequence: task.sequence, check: task.check });
    task.deadline = now + settings.timeout;
    task.sends = 0;
    task.waiting = true;
    this.#send(task, now);
  }

  #send(task: Task, now: number): void {
    const { listener, endpoint, transport } = task.target;
    if (task.bytes === null || !this.#context.send(listener, endpoint, task.bytes)) {
      task.due = Math.min(now + RETRY_WHEN_FULL, task.deadline);
      return;
    }
    if (task.sends === 0) task.startedAt = now;
    task.sends++;
    task.sentAt = now;
    // Over a stream nothing is lost on the way, so nothing is sent again.
    task.due = transport === "udp" ? Math.min(task.deadline, now + T1 * 2 ** (task.sends - 1)) : task.deadline;
  }

  /** The probe never left (no worker took it): that says nothing about its destination. */
  #forgo(task: Task, now: number): void {
    task.waiting = false;
    task.bytes = null;
    task.due = Math.max(task.next, now);
  }

  #decide(task: Task, outcome: Outcome, what: string, rtt: number): void {
    const { settings, slot } = task.target;
    task.waiting = false;
    task.bytes = null;
    task.due = Math.max(task.next, this.#context.now());
    this.#context.registry.probed(
      slot,
      { at: this.#context.clock(), outcome, what, rtt },
      settings.thresholds,
      settings.mode,
    );
    this.#context.onResult?.(slot, outcome, rtt);
  }
}
