// Outlier ejection: a destination that answers probes and fails calls gets no new requests for a while. Workers count what new
// requests come to; here they are judged once a second. An ejection changes no state: probes, calls in progress and the operator's
// word go on beside it, and it is taken back as soon as too few others are left.
import type { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import { isOperators } from "./operator-word.ts";
import {
  failedShare,
  NO_OUTCOMES,
  type Outcomes,
  type OutlierSettings,
  plus,
  since,
  whyOutlier,
} from "./outlier-settings.ts";
import type { HealthRegistry } from "./registry.ts";
import { isWell } from "./standby.ts";

/** A destination that is judged. */
export interface OutlierDestination {
  readonly slot: number;
  readonly set: string;
  readonly settings: OutlierSettings;
}

interface Watch {
  target: OutlierDestination;
  /** Totals as they were, one for each second of the window, oldest first. */
  history: Outcomes[];
  /** What came within the window. */
  recent: Outcomes;
  /** When its ejection ends; 0: it is not ejected. */
  until: number;
  /** How often it was, of late. */
  times: number;
  /** When `times` is one less. */
  forgiven: number;
  reason: string;
}

const LONGEST = 10;

/** What the judge tells. */
export interface OutlierEvents {
  ejected(slot: number, reason: string): void;
  /** It gets new requests again. */
  returned(slot: number, reason: string): void;
}

/** All of them. `now` is monotonic milliseconds; `poll` is called once a second. */
export class Outliers {
  readonly #live: LiveTables;
  readonly #registry: HealthRegistry;
  readonly #now: () => number;
  readonly #events: OutlierEvents;
  readonly #watches = new Map<number, Watch>();

  constructor(live: LiveTables, registry: HealthRegistry, now: () => number, events: OutlierEvents) {
    this.#live = live;
    this.#registry = registry;
    this.#now = now;
    this.#events = events;
  }

  /** Takes over the destinations of a new configuration; those that stay keep their history. */
  adopt(targets: readonly OutlierDestination[]): void {
    const kept = new Set(targets.map(({ slot }) => slot));
    for (const [slot, watch] of [...this.#watches]) {
      if (kept.has(slot)) continue;
      if (watch.until > 0) this.#return(watch, "");
      this.#watches.delete(slot);
    }
    for (const target of targets) {
      const watch = this.#watches.get(target.slot);
      if (watch === undefined) {
        const fresh = { history: [], recent: NO_OUTCOMES, until: 0, times: 0, forgiven: 0, reason: "" };
        this.#watches.set(target.slot, { target, ...fresh });
      } else watch.target = target;
    }
  }

  /** Why a destination is ejected, for people; empty: it is not. */
  reason(slot: number): string {
    const watch = this.#watches.get(slot);
    if (watch === undefined || watch.until === 0) return "";
    const left = Math.max(1, Math.ceil((watch.until - this.#now()) / 1000));
    return `${watch.reason}; ${left} s left`;
  }

  /** An operator who says "enable" knows better. */
  end(slot: number): void {
    const watch = this.#watches.get(slot);
    if (watch !== undefined && watch.until > 0) this.#return(watch, "operator: enable");
  }

  /** So does a reload that starts over. */
  endAll(): void {
    for (const watch of this.#watches.values()) if (watch.until > 0) this.#return(watch, "configuration");
  }

  /** Somebody of this set has gone down: nobody waits for the next look if he is needed. */
  spare(set: string): void {
    this.#relieve([...this.#watches.values()].filter(({ target }) => target.set === set));
  }

  /** Judges everybody. */
  poll(): void {
    const sets = new Map<string, Watch[]>();
    for (const watch of this.#watches.values()) {
      this.#look(watch);
      const members = sets.get(watch.target.set);
      if (members === undefined) sets.set(watch.target.set, [watch]);
      else members.push(watch);
    }
    for (const members of sets.values()) this.#judge(members);
  }

  #look(watch: Watch): void {
    const { slot, settings } = watch.target;
    const total = (name: Parameters<LiveTables["counter"]>[1]) => this.#live.counter(slot, name);
    const now = {
      answered: total("new_answered"),
      failed: total("new_failed") + total("new_unanswered"),
      taken: total("calls_taken"),
      notTaken: total("calls_not_taken"),
    };
    watch.history.push(now);
    const most = Math.ceil(settings.window / 1000) + 1;
    while (watch.history.length > most) watch.history.shift();
    watch.recent = since(watch.history[0] ?? now, now);
    if (watch.times > 0 && watch.until === 0 && this.#now() >= watch.forgiven) {
      watch.times--;
      watch.forgiven = this.#now() + settings.ejectFor;
    }
  }

  /** One set. */
  #judge(members: readonly Watch[]): void {
    const settings = members[0]?.target.settings;
    if (settings === undefined) return;
    const now = this.#now();
    for (const watch of members) if (watch.until > 0 && now >= watch.until) this.#return(watch, "its time is over");
    // Who is down or kept out by an operator is no longer ejected; when it comes back, it has served its time.
    for (const watch of members) if (watch.until > 0 && !isWell(this.#state(watch))) this.#return(watch, "");
    if (this.#relieve(members)) return;
    const all = members.filter((watch) => this.#belongs(watch)).length;
    let serving = members.filter((watch) => this.#serves(watch));
    let ejected = members.filter((watch) => watch.until > 0);
    const most = Math.max(1, Math.floor(settings.maxEjected * all));
    const worstFirst = [...serving].sort((a, b) => failedShare(b.recent) - failedShare(a.recent));
    for (const watch of worstFirst) {
      const left = serving.length - 1;
      if (left < Math.max(1, settings.panic * all) || ejected.length >= most) return;
      const others = serving.filter((other) => other !== watch).map(({ recent }) => recent);
      const reason = whyOutlier(watch.recent, others.reduce(plus, NO_OUTCOMES), watch.target.settings);
      if (reason === "") continue;
      this.#eject(watch, reason);
      serving = serving.filter((other) => other !== watch);
      ejected = [...ejected, watch];
    }
  }

  /** Ends all ejections where too few others are left; whether it did. */
  #relieve(members: readonly Watch[]): boolean {
    const ejected = members.filter((watch) => watch.until > 0);
    const all = members.filter((watch) => this.#belongs(watch)).length;
    const serving = members.filter((watch) => this.#serves(watch)).length;
    const settings = members[0]?.target.settings;
    if (settings === undefined || ejected.length === 0 || serving >= Math.max(1, settings.panic * all)) return false;
    for (const watch of ejected) this.#return(watch, `only ${serving} of ${all} destinations are left`);
    return true;
  }

  #eject(watch: Watch, reason: string): void {
    const { slot, settings } = watch.target;
    watch.times = Math.min(watch.times + 1, LONGEST);
    watch.until = this.#now() + settings.ejectFor * watch.times;
    watch.reason = reason;
    this.#live.setEjected(slot, true);
    this.#events.ejected(slot, reason);
  }

  #return(watch: Watch, why: string): void {
    watch.until = 0;
    // What it did before is not held against it twice.
    watch.history = [];
    watch.recent = NO_OUTCOMES;
    watch.forgiven = this.#now() + watch.target.settings.ejectFor;
    this.#live.setEjected(watch.target.slot, false);
    this.#events.returned(watch.target.slot, why);
  }

  #state(watch: Watch): DestinationState {
    return this.#registry.get(watch.target.slot)?.state ?? DestinationState.inactive;
  }

  #serves({ until, target: { slot } }: Watch): boolean {
    return until === 0 && this.#live.isUsable(slot);
  }

  /** Whether it counts among those of which too many may be away. */
  #belongs(watch: Watch): boolean {
    return !isOperators(this.#state(watch)) && !this.#live.isStandby(watch.target.slot);
  }
}
