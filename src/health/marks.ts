// Failures that mark a destination: when there are enough of them, and whether one may be disabled for them, which nothing but a person
// takes back. What befalls a whole set is nobody's fault: not more of it are disabled than are ejected as outliers, and for its silence nobody
// while all are silent, because then it may be we who cannot be heard.
import type { LiveTables } from "../bridge/live-tables.ts";
import type { MarkedFailure } from "../bridge/mark-word.ts";
import { DestinationState } from "../dispatch/types.ts";
import type { HealthRecord } from "./health-record.ts";
import { isOperators } from "./operator-word.ts";
import type { HealthRegistry } from "./registry.ts";

/** Clocks, milliseconds. */
export interface MarkClocks {
  /** Since 1970, as the registry has it. */
  readonly clock: () => number;
  /** What all threads share; it wraps. */
  readonly shared: () => number;
}

/** Failures further apart are in no row. */
const ROW_GAP = 60_000;
/** How much later than a silence is told somebody else may answer, for it to be the destination's own: the next one is tried just then. */
const SECOND_OPINION = 1_000;
/** With fewer left of a set than this share, nobody more is disabled: as `outliers` has it where it says nothing else. */
const LEAST_LEFT = 0.5;

interface Row {
  count: number;
  /** Of the last one, on the registry's clock. */
  at: number;
}

interface Suspicion {
  readonly reason: string;
  readonly sent: number;
  /** When nobody is asked any more, on the registry's clock. */
  readonly until: number;
}

/** All of a process. */
export class Marks {
  readonly #live: LiveTables;
  readonly #registry: HealthRegistry;
  readonly #clocks: MarkClocks;
  readonly #rows = new Map<number, Row>();
  /** Silent ones that are disabled as soon as somebody else is heard, by slot. */
  readonly #suspicions = new Map<number, Suspicion>();

  constructor(live: LiveTables, registry: HealthRegistry, clocks: MarkClocks) {
    this.#live = live;
    this.#registry = registry;
    this.#clocks = clocks;
  }

  /** Whether a failure says something about the destination as it is now, and is the last one that its mark takes. */
  isEnough(slot: number, { sent, after }: MarkedFailure): boolean {
    const record = this.#registry.get(slot);
    const now = this.#clocks.clock();
    const age = (this.#clocks.shared() - sent) | 0;
    if (record === undefined || spokenAt(record) > now - age) return false;
    const row = this.#rows.get(slot);
    const isAnew = row === undefined || now - row.at > ROW_GAP || clearedAt(record) >= row.at;
    const count = isAnew ? 1 : row.count + 1;
    if (count < after) this.#rows.set(slot, { count, at: now });
    else this.#rows.delete(slot);
    return count >= after;
  }

  /** Disables a destination; false: it may not be, or not yet, and is to be inactive. `reason`: what it has done. */
  disable(slot: number, { status, sent }: MarkedFailure, reason: string): boolean {
    if (status !== 0 || this.#isSomebodyHeard(slot, sent))
      return this.#mayDisable(slot) && this.#setDisabled(slot, reason);
    this.#suspicions.set(slot, { reason, sent, until: this.#clocks.clock() + SECOND_OPINION });
    return false;
  }

  /** Looks whether somebody else has been heard; every 100 ms or so. */
  poll(): void {
    for (const [slot, { reason, sent, until }] of this.#suspicions) {
      const isDown = this.#registry.get(slot)?.state === DestinationState.inactive;
      const isOwn = isDown && this.#isSomebodyHeard(slot, sent);
      if (isOwn && this.#mayDisable(slot)) this.#setDisabled(slot, reason);
      if (isOwn || !isDown || this.#clocks.clock() >= until) this.#suspicions.delete(slot);
    }
  }

  #setDisabled(slot: number, reason: string): boolean {
    this.#registry.disableByMark(slot, `${reason}, until it is enabled`);
    return true;
  }

  /** Whether another one of its set has answered a request or a probe since `sent`. */
  #isSomebodyHeard(slot: number, sent: number): boolean {
    const since = this.#clocks.clock() - ((this.#clocks.shared() - sent) | 0);
    for (const { slot: other, lastProbe } of this.#registry.others(slot)) {
      if (this.#live.silences.hasEnded(other, sent)) return true;
      if (lastProbe !== null && lastProbe.outcome === "ok" && lastProbe.at >= since) return true;
    }
    return false;
  }

  /** Whether enough others are left, of all that nobody but marks has taken out. */
  #mayDisable(slot: number): boolean {
    let all = 1;
    let left = 0;
    for (const record of this.#registry.others(slot)) {
      const { slot: other } = record;
      if (this.#live.isStandby(other) || isAway(record)) continue;
      all++;
      if (this.#live.isUsable(other)) left++;
    }
    return left >= Math.max(1, LEAST_LEFT * all);
  }
}

/** Whether a person or the configuration keeps it out. */
function isAway({ state, operator }: HealthRecord): boolean {
  return isOperators(state) && operator?.by !== "mark";
}

/** When somebody has said last what its state is: an operator, or the configuration. */
function spokenAt({ operator, since, reason }: HealthRecord): number {
  return Math.max(operator?.at ?? 0, reason === "configuration" ? since : 0);
}

/** When it was found to be well, or declared so. */
function clearedAt(record: HealthRecord): number {
  const { lastProbe } = record;
  return Math.max(spokenAt(record), lastProbe?.outcome === "ok" ? lastProbe.at : 0);
}
