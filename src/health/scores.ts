// What destinations are worth, as the configuration or somebody at run time says: a number in the live tables, so that telling it is no
// change of the configuration.
import type { LiveTables } from "../bridge/live-tables.ts";
import { byDestination, type SavedScore, type SavedSubject, savedKey } from "./saved-figures.ts";

/** A destination's score as configured. */
export interface ScoreDestination {
  readonly slot: number;
  readonly subject: SavedSubject;
  readonly score: number;
}

interface Known {
  readonly subject: SavedSubject;
  readonly configured: number;
  /** Null: nobody has said anything else. */
  readonly told: { readonly score: number; readonly at: number } | null;
}

/** The one writer of scores. */
export class Scores {
  readonly #live: Pick<LiveTables, "setScore">;
  readonly #clock: () => number;
  readonly #known = new Map<number, Known>();
  #before: ReadonlyMap<string, SavedScore> = new Map();

  /** `clock` gives milliseconds since 1970. */
  constructor(live: Pick<LiveTables, "setScore">, clock: () => number) {
    this.#live = live;
    this.#clock = clock;
  }

  /** Destinations that are new begin with what was told before, as long as the configuration says what it said then. */
  recallFrom(scores: readonly SavedScore[]): void {
    this.#before = byDestination(scores);
  }

  /** What was told, for a later process. */
  save(): SavedScore[] {
    return [...this.#known.values()].flatMap(({ subject: { set, uri, name }, configured, told }) =>
      told === null ? [] : [{ set, uri, name, configured, ...told }],
    );
  }

  /** Takes over destinations, whose slots differ; what was told stays until the configuration says something else than before. */
  adopt(targets: readonly ScoreDestination[]): void {
    for (const { slot, subject, score } of targets) {
      const known = this.#known.get(slot);
      if (known?.configured === score) continue;
      const told = known === undefined ? this.#toldBefore(subject, score) : null;
      this.#known.set(slot, { subject, configured: score, told });
      this.#live.setScore(slot, told?.score ?? score);
    }
    if (this.#known.size === targets.length) return;
    const kept = new Set(targets.map(({ slot }) => slot));
    for (const slot of [...this.#known.keys()]) if (!kept.has(slot)) this.#known.delete(slot);
  }

  /** Somebody says so, a whole number of 32 bits; null: as configured again. */
  tell(slot: number, score: number | null): void {
    const known = this.#known.get(slot);
    if (known === undefined) return;
    this.#known.set(slot, { ...known, told: score === null ? null : { score, at: this.#clock() } });
    this.#live.setScore(slot, score ?? known.configured);
  }

  /** Whether somebody said so at run time. */
  isTold(slot: number): boolean {
    return (this.#known.get(slot)?.told ?? null) !== null;
  }

  #toldBefore(subject: SavedSubject, configured: number): Known["told"] {
    const before = this.#before.size === 0 ? undefined : this.#before.get(savedKey(subject));
    return before?.configured === configured ? { score: before.score, at: before.at } : null;
  }
}
