// Health at work: the registry, the prober and all that watches, with the timers that drive them.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { DestinationState } from "../dispatch/types.ts";
import { CallLengths } from "../health/call-lengths.ts";
import type { StateChange } from "../health/health-record.ts";
import { Outliers } from "../health/outliers.ts";
import { type PassiveDestination, PassiveHealth } from "../health/passive.ts";
import { ProbePauses } from "../health/probe-pauses.ts";
import { Prober, type ProberContext } from "../health/prober.ts";
import { HealthRegistry } from "../health/registry.ts";
import { Rests } from "../health/rests.ts";
import { recentFigures } from "../health/saved-figures.ts";
import type { SavedHealth } from "../health/saved-states.ts";
import { Scores } from "../health/scores.ts";
import { SlowStart } from "../health/slow-start.ts";
import { isWell } from "../health/standby.ts";
import { USUAL_TIMES } from "./event-socket.ts";
import {
  healthDestinations,
  lossDestinations,
  outlierDestinations,
  passiveDestinations,
  presetLatencies,
  probeDestinations,
  scoreDestinations,
  slowStartDestinations,
} from "./health-plan.ts";
import type { Log } from "./log.ts";
import { LostCalls } from "./lost-calls.ts";
import { MeasuredCapacities } from "./measured-capacities.ts";
import type { PlacedDestination } from "./place.ts";
import { ownAddresses } from "./source-address.ts";

/** The outside world of health. */
export interface HealthLoopOptions extends Omit<ProberContext, "registry"> {
  readonly live: LiveTables;
  /** Milliseconds of a clock that all threads share, and that wraps (proxy/context.ts `skew`). */
  readonly shared: () => number;
  readonly onChange: (change: StateChange) => void;
  readonly log: Log;
  /** The calls on these destinations are over. */
  readonly onLost: (slots: readonly number[]) => void;
}

const PROBE_TICK = 25;
const PASSIVE_POLL = 100;
const JUDGE_POLL = 1_000;

/** All of health. */
export class HealthLoop {
  readonly registry: HealthRegistry;
  readonly prober: Prober;
  readonly passive: PassiveHealth;
  readonly rests: Rests;
  readonly outliers: Outliers;
  readonly slowStart: SlowStart;
  readonly scores: Scores;
  readonly pauses: ProbePauses = new ProbePauses();
  readonly lostCalls: LostCalls;
  readonly callLengths: CallLengths;
  readonly capacities: MeasuredCapacities;
  readonly #options: HealthLoopOptions;
  #timers: NodeJS.Timeout[] = [];
  #probing: NodeJS.Timeout | null = null;
  #isStarted = false;
  #placed: readonly PlacedDestination[] = [];

  constructor(options: HealthLoopOptions) {
    const { live, clock, now } = options;
    this.#options = options;
    this.registry = new HealthRegistry(live, clock, (change) => this.#changed(change));
    this.prober = new Prober({ ...options, registry: this.registry, isPaused: (slot) => this.isPaused(slot) });
    this.rests = new Rests(live, now);
    this.passive = new PassiveHealth(live, this.registry, options, (slot) => this.prober.probeNow(slot));
    this.scores = new Scores(live, clock);
    this.slowStart = new SlowStart(live, now);
    this.lostCalls = new LostCalls(live, this.registry, now);
    this.callLengths = new CallLengths(live);
    const { log, random } = options;
    this.capacities = new MeasuredCapacities({ live, log, random, times: USUAL_TIMES });
    this.outliers = new Outliers(live, this.registry, now, {
      ejected: (slot, reason) => this.#tell(slot, DestinationState.ejected, reason),
      returned: (slot, reason) => this.#returned(slot, reason),
    });
  }

  /** What is about to come into force has its states: a worker may choose from it at once. The rest of health follows in `adopt`. */
  expect(placed: readonly PlacedDestination[]): void {
    this.registry.adopt(healthDestinations(placed));
    presetLatencies(placed, this.#options.live);
    this.scores.adopt(scoreDestinations(placed));
  }

  /** Takes over the destinations of a new configuration; states of those that stay are kept. */
  adopt(placed: readonly PlacedDestination[], snapshot: Pick<Snapshot, "listeners" | "resources" | "sets">): void {
    const { listeners, resources } = snapshot;
    this.registry.adopt(healthDestinations(placed));
    const own = listeners.some(({ isWildcard }) => isWildcard) ? ownAddresses() : [];
    const probed = probeDestinations(placed, listeners, own);
    this.#placed = placed;
    this.pauses.adopt(placed.map(({ target }) => target.group));
    const watched = this.#watched();
    const slots = placed.map(({ slot }) => slot);
    this.prober.adopt(probed);
    this.#probe();
    this.passive.adopt(watched);
    this.rests.adopt(slots);
    this.scores.adopt(scoreDestinations(placed));
    this.slowStart.adopt(slowStartDestinations(placed));
    this.outliers.adopt(outlierDestinations(placed));
    this.lostCalls.adopt(lossDestinations(placed, resources.accounts));
    this.callLengths.adopt(slots);
    this.capacities.adopt(placed, snapshot);
    const down = slots.filter((slot) => this.registry.isDownByResults(slot));
    if (down.length === 0) return;
    const cared = new Set<number>();
    for (const { slot } of probed) cared.add(slot);
    for (const { slot, failures } of watched) if (failures > 0) cared.add(slot);
    for (const slot of down) if (!cared.has(slot)) this.registry.unwatched(slot);
  }

  /** All that is worth knowing after a restart. */
  save(): SavedHealth {
    const [latencies, scores, pauses] = [this.prober.save(), this.scores.save(), this.pauses.save()];
    return { ...this.registry.save(), latencies, scores, pauses };
  }

  /**
   * Until `saved` is null, destinations begin as they were saved; with figures only that are less than `maxAge` milliseconds old.
   * Returns how many were too old.
   */
  recallFrom(saved: SavedHealth | null, maxAge = 0): number {
    const all = saved ?? { latencies: [], scores: [] };
    const { latencies, scores } = recentFigures(all, this.#options.clock(), maxAge);
    this.registry.recallFrom(saved);
    if (saved !== null) this.pauses.restore(saved.pauses);
    this.prober.recallFrom(latencies);
    this.scores.recallFrom(scores);
    return all.latencies.length + all.scores.length - latencies.length - scores.length;
  }

  /** Begins probing and watching. */
  start(): void {
    this.capacities.start();
    this.#isStarted = true;
    this.#probe();
    this.#timers = [
      setInterval(() => this.passive.poll(), PASSIVE_POLL),
      setInterval(() => this.rests.poll(), PASSIVE_POLL),
      setInterval(() => this.slowStart.poll(), PASSIVE_POLL),
      setInterval(() => this.#judge(), JUDGE_POLL),
    ];
  }

  /** What probes, calls and operators have said is void; loads, latencies and counters are not. */
  startOver(): void {
    this.registry.startOver();
    this.rests.adopt([]);
    this.outliers.endAll();
    this.pauses.restore([]);
    this.passive.adopt(this.#watched());
  }

  /** Whether an operator has paused the probes of the destination in this slot. */
  isPaused(slot: number): boolean {
    const group = this.registry.target(slot)?.group;
    return group !== undefined && this.pauses.has(group);
  }

  /** An operator pauses the probes of the destinations in these slots, with all their servers, or has them go on, at once. */
  pauseProbes(slots: readonly number[], isPaused: boolean): void {
    const groups = new Set(slots.map((slot) => this.registry.target(slot)?.group));
    for (const group of groups) if (group !== undefined) this.pauses.set(group, isPaused);
    this.passive.adopt(this.#watched());
    if (!isPaused) for (const slot of slots) this.prober.probeNow(slot);
  }

  /** While probes are paused, nobody may wait for one. */
  #watched(): PassiveDestination[] {
    const all = passiveDestinations(this.#placed);
    return all.map((target) => (this.isPaused(target.slot) ? { ...target, isProbed: false } : target));
  }

  /** Ends it: nothing is probed or concluded any more. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#isStarted = false;
    this.#probe();
    this.capacities.stop();
  }

  /** Ticks while there is somebody to be probed: for nobody it would wake this thread forty times a second. */
  #probe(): void {
    const isWanted = this.#isStarted && !this.prober.isIdle;
    if (isWanted) this.#probing ??= setInterval(() => this.prober.tick(), PROBE_TICK);
    else if (this.#probing !== null) clearInterval(this.#probing);
    if (!isWanted) this.#probing = null;
  }

  #judge(): void {
    this.outliers.poll();
    this.callLengths.poll();
    const lost = this.lostCalls.poll();
    if (lost.length > 0) this.#options.onLost(lost);
  }

  #changed(change: StateChange): void {
    if (isWell(change.to) && !isWell(change.from)) this.slowStart.begin(change.target.slot);
    this.#options.onChange(change);
    if (!isWell(change.to)) this.outliers.spare(change.target.set);
  }

  #returned(slot: number, reason: string): void {
    const state = this.registry.get(slot)?.state;
    if (state === undefined || !isWell(state)) return;
    this.slowStart.begin(slot);
    this.#tell(slot, state, reason);
  }

  /** An ejection or its end, as if it were a change of state: people want to hear of it all the same. */
  #tell(slot: number, to: DestinationState, reason: string): void {
    const [target, record] = [this.registry.target(slot), this.registry.get(slot)];
    if (target === undefined || record === undefined) return;
    const from = to === DestinationState.ejected ? record.state : DestinationState.ejected;
    this.#options.onChange({ target, from, to, reason, at: this.#options.clock() });
  }
}
