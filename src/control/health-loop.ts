// Health at work: the registry, the prober and passive health, with the timers that drive them.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { ListenerEntry } from "../bridge/snapshot.ts";
import { PassiveHealth } from "../health/passive.ts";
import { Prober, type ProberContext } from "../health/prober.ts";
import { HealthRegistry, type StateChange } from "../health/registry.ts";
import { Rests } from "../health/rests.ts";
import { healthTargets, passiveTargets, probeTargets } from "./health-plan.ts";
import type { PlacedDestination } from "./place.ts";
import { ownAddresses } from "./source-address.ts";

/** The outside world of health. */
export interface HealthLoopOptions extends Omit<ProberContext, "registry"> {
  readonly live: LiveTables;
  readonly onChange: (change: StateChange) => void;
}

const PROBE_TICK = 25;
const PASSIVE_POLL = 100;

/** All of health. */
export class HealthLoop {
  readonly registry: HealthRegistry;
  readonly prober: Prober;
  readonly passive: PassiveHealth;
  readonly rests: Rests;
  #timers: NodeJS.Timeout[] = [];

  constructor(options: HealthLoopOptions) {
    const { live, clock, now, onChange } = options;
    this.registry = new HealthRegistry(live, clock, onChange);
    this.prober = new Prober({ ...options, registry: this.registry });
    this.rests = new Rests(live, now);
    this.passive = new PassiveHealth(live, this.registry, now, (slot) => this.prober.probeNow(slot));
  }

  /** Takes over the destinations of a new configuration; states of those that stay are kept. */
  adopt(placed: readonly PlacedDestination[], listeners: readonly ListenerEntry[]): void {
    this.registry.adopt(healthTargets(placed));
    const own = listeners.some(({ isWildcard }) => isWildcard) ? ownAddresses() : [];
    const probed = probeTargets(placed, listeners, own);
    const watched = passiveTargets(placed);
    this.prober.adopt(probed);
    this.passive.adopt(watched);
    this.rests.adopt(placed.map(({ slot }) => slot));
    const cared = new Set([...probed, ...watched.filter(({ failures }) => failures > 0)].map(({ slot }) => slot));
    for (const { slot } of placed) if (!cared.has(slot)) this.registry.unwatched(slot);
  }

  /** Begins probing and watching. */
  start(): void {
    this.#timers = [
      setInterval(() => this.prober.tick(), PROBE_TICK),
      setInterval(() => this.passive.poll(), PASSIVE_POLL),
      setInterval(() => this.rests.poll(), PASSIVE_POLL),
    ];
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }
}
