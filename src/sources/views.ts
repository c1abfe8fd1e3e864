// How sources are doing, for whoever watches over them.
import type { Config } from "../config/schema.ts";
import type { Sources } from "./sources.ts";

/** A source of the configuration in force. */
export interface SourceView {
  readonly name: string;
  /** Rows of its table that are in force. */
  readonly rows: number;
  /** Why it could not be read the last time; empty: it could. */
  readonly failure: string;
  /** Seconds since its table was read; -1: this process has not read it yet, its rows come from the cache. */
  readonly age: number;
}

/** All of them. `now`: the clock of `sources`. */
export function sourceViews(config: Config, sources: Sources, now: number): SourceView[] {
  return config.sources.map((source) => {
    const { failure, readAt } = sources.stateOf(source);
    const rows = config.tables.get(source.name)?.rows.length ?? 0;
    return { name: source.name, rows, failure, age: readAt < 0 ? -1 : (now - readAt) / 1_000 };
  });
}
