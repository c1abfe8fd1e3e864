// What destinations are worth, as the configuration or somebody at run time says: a number in the live tables, so that telling it is no
// change of the configuration.
import type { LiveTables } from "../bridge/live-tables.ts";

/** A destination's score as configured. */
export interface ScoreTarget {
  readonly slot: number;
  readonly score: number;
}

interface Known {
  readonly configured: number;
  readonly isTold: boolean;
}

/** The one writer of scores. */
export class Scores {
  readonly #live: Pick<LiveTables, "setScore">;
  readonly #known = new Map<number, Known>();

  constructor(live: Pick<LiveTables, "setScore">) {
    this.#live = live;
  }

  /** Takes over destinations, whose slots differ; what was told stays until the configuration says something else than before. */
  adopt(targets: readonly ScoreTarget[]): void {
    for (const { slot, score } of targets) {
      if (this.#known.get(slot)?.configured === score) continue;
      this.#known.set(slot, { configured: score, isTold: false });
      this.#live.setScore(slot, score);
    }
    if (this.#known.size === targets.length) return;
    const kept = new Set(targets.map(({ slot }) => slot));
    for (const slot of [...this.#known.keys()]) if (!kept.has(slot)) this.#known.delete(slot);
  }

  /** Somebody says so, a whole number of 32 bits; null: as configured again. */
  tell(slot: number, score: number | null): void {
    const known = this.#known.get(slot);
    if (known === undefined) return;
    this.#known.set(slot, { ...known, isTold: score !== null });
    this.#live.setScore(slot, score ?? known.configured);
  }

  /** Whether somebody said so at run time. */
  isTold(slot: number): boolean {
    return this.#known.get(slot)?.isTold === true;
  }
}
