// Passive health: what calls tell. Workers count failures in a row per destination (no answer, ICMP); enough of them make a
// destination inactive, without waiting for a probe. Kamailio leaves this to scripts (`ds_mark_dst`), and such a destination
// stays inactive until a probe or an operator brings it back. Ours is probed at once where it is probed at all, and one good
// answer brings it back; where it is not, it comes back as "trying" after a back-off of 10 s, doubled with every relapse up to 60 s: one more failure and it is
// inactive again, one answer and it is active. The last usable destination of a set is never taken out: it is "trying".
import type { LiveTables } from "../bridge/live-tables.ts";
import type { MarkedFailure } from "../bridge/mark-word.ts";
import { DestinationState } from "../dispatch/types.ts";
import { type MarkClocks, Marks } from "./marks.ts";
import type { HealthRegistry } from "./registry.ts";

/** How a destination is watched. */
export interface PassiveDestination {
  readonly slot: number;
  /** Failures in a row that make it inactive; 0: never. */
  readonly failures: number;
  /** Whether probes will bring it back. */
  readonly isProbed: boolean;
}

const FIRST_BACK_OFF = 10_000;
const LONGEST_BACK_OFF = 60_000;

interface Watch {
  target: PassiveDestination;
  /** Failures that belong to an earlier row which the workers have not yet seen end. */
  base: number;
  /** Next back-off, milliseconds. */
  backOff: number;
  /** When an unprobed destination gets another chance; 0: not waiting. */
  retryAt: number;
  /** Got its chance and has not answered yet. */
  onTrial: boolean;
}

/** Watches the failure counts. `now` is monotonic milliseconds; `poll` is called every 100 ms. */
export class PassiveHealth {
  readonly #live: LiveTables;
  readonly #registry: HealthRegistry;
  readonly #now: () => number;
  readonly #probeNow: (slot: number) => void;
  readonly #watches = new Map<number, Watch>();
  readonly #marks: Marks;

  /** `probeNow` has a destination probed at once. */
  constructor(
    live: LiveTables,
    registry: HealthRegistry,
    clocks: MarkClocks & { readonly now: () => number },
    probeNow: (slot: number) => void,
  ) {
    this.#probeNow = probeNow;
    this.#live = live;
    this.#registry = registry;
    this.#now = clocks.now;
    this.#marks = new Marks(live, registry, clocks);
  }

  /** Takes over the destinations of a new configuration; their slots differ. */
  adopt(targets: readonly PassiveDestination[]): void {
    for (const target of targets) {
      const watch = this.#watches.get(target.slot);
      if (watch !== undefined) this.#change(watch, target);
      else this.#begin(target);
    }
    if (this.#watches.size === targets.length) return;
    const kept = new Set(targets.map(({ slot }) => slot));
    for (const slot of [...this.#watches.keys()]) if (!kept.has(slot)) this.#watches.delete(slot);
  }

  #begin(target: PassiveDestination): void {
    const watch = { target, base: 0, backOff: FIRST_BACK_OFF, retryAt: 0, onTrial: false };
    this.#watches.set(target.slot, watch);
    this.#dismissProbes(watch);
  }

  #change(watch: Watch, target: PassiveDestination): void {
    const wasProbed = watch.target.isProbed;
    watch.target = target;
    if (wasProbed) this.#dismissProbes(watch);
  }

  /** What waited for a probe to bring it back waits for a chance now. */
  #dismissProbes(watch: Watch): void {
    const { slot, isProbed } = watch.target;
    if (!isProbed && this.#registry.isDownByResults(slot)) this.#waitForChance(watch);
  }

  /** Looks at every destination once. */
  poll(): void {
    for (const watch of this.#watches.values()) this.#look(watch);
    this.#marks.poll();
  }

  #look(watch: Watch): void {
    const { slot, isProbed } = watch.target;
    const threshold = watch.target.failures > 0 ? watch.target.failures : Infinity;
    const failures = this.#live.failures(slot);
    const state = this.#live.state(slot);
    const isUsable = state === DestinationState.active || state === DestinationState.trying;
    if (isUsable && failures === 0) this.#recover(watch, state);
    if (failures < watch.base) watch.base = 0;
    if (isUsable) {
      watch.retryAt = 0;
      const row = failures - watch.base;
      if (row < (watch.onTrial ? 1 : threshold)) return;
      watch.base = failures;
      const reason = `no answer to ${row} ${row === 1 ? "request" : "requests in a row"}`;
      if (this.#registry.isLastUsable(slot)) {
        // Nobody is left to take its place: a short silence of all must not become a long one.
        if (state === DestinationState.active)
          this.#registry.conclude(slot, DestinationState.trying, `${reason}; the last usable of its set`);
        watch.onTrial = false;
      } else this.#takeOut(watch, reason);
      return;
    }
    watch.base = failures;
    if (state === DestinationState.inactive && watch.retryAt > 0 && !isProbed && this.#now() >= watch.retryAt) {
      watch.retryAt = 0;
      watch.onTrial = true;
      this.#registry.conclude(slot, DestinationState.trying, "another chance after a back-off");
    }
  }

  /**
   * A destination failed a request in a way that it is marked for: it is inactive at once, unless it is the last usable one of its
   * set. That is more than a suspicion: it may well answer probes while it fails calls, so none is sent early, and as many of them
   * have to be good as after failed ones. For good it is disabled, as if an operator had said so, where `Marks` finds that it may be. Nothing
   * happens before there are as many failures in a row as it takes, nor for a request that was sent before an operator spoke.
   */
  mark(slot: number, failure: MarkedFailure): void {
    const watch = this.#watches.get(slot);
    const state = this.#live.state(slot);
    if (watch === undefined || (state !== DestinationState.active && state !== DestinationState.trying)) return;
    if (this.#registry.isLastUsable(slot)) return;
    if (!this.#marks.isEnough(slot, failure)) return;
    const { status, after, isForGood } = failure;
    watch.base = this.#live.failures(slot);
    const what = status === 0 ? "no answer" : String(status);
    const reason = `marked by a route: ${what}${after > 1 ? `, as the last of ${after} failures` : ""}`;
    if (isForGood && this.#marks.disable(slot, failure, reason)) return;
    this.#registry.conclude(slot, DestinationState.inactive, reason, true);
    if (!watch.target.isProbed) this.#waitForChance(watch);
  }

  #takeOut(watch: Watch, reason: string): void {
    const { slot, isProbed } = watch.target;
    if (isProbed) {
      this.#registry.suspect(slot, reason);
      this.#probeNow(slot);
    } else {
      this.#registry.conclude(slot, DestinationState.inactive, reason, true);
      this.#waitForChance(watch);
    }
  }

  #waitForChance(watch: Watch): void {
    watch.retryAt = this.#now() + watch.backOff;
    watch.backOff = Math.min(watch.backOff * 2, LONGEST_BACK_OFF);
    watch.onTrial = false;
  }

  #recover(watch: Watch, state: DestinationState): void {
    if (!watch.onTrial && watch.base === 0) return;
    watch.onTrial = false;
    watch.base = 0;
    watch.backOff = FIRST_BACK_OFF;
    if (state === DestinationState.trying) {
      this.#registry.conclude(watch.target.slot, DestinationState.active, "answered a request");
    }
  }
}
