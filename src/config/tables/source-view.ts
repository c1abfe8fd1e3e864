// How a source is doing, in the words that the admin API, metrics and `fairlead sources` share.

/** Where the rows in force come from: the last look, one before it, the cache; or there are none. */
export const SERVING = ["table", "earlier", "cache", "nothing"] as const;
/** One of them. */
export type Serving = (typeof SERVING)[number];

/** A source of the configuration in force. */
export interface SourceView {
  readonly name: string;
  readonly kind: string;
  /** Its database and table, without a password. */
  readonly place: string;
  /** Rows of its table that are in force, those that are left out included. */
  readonly rows: number;
  readonly serving: Serving;
  /** Why it could not be read the last time; empty: it could. */
  readonly failure: string;
  /** Why what was found last was refused; empty: it was not. */
  readonly refusal: string;
  /** Seconds since its table was read; -1: this process has not read it yet, its rows come from the cache. */
  readonly age: number;
  /** Seconds until it is looked at again; -1: on command only. */
  readonly next: number;
  /** Why its cache could not be written; empty: it could, or there is none. */
  readonly cacheFailure: string;
}

/** What rows of a source have to be told about. */
export interface RowReport {
  /** Rows that make no destination. */
  readonly skipped: number;
  /** `id 17, column setid: reason`, the first of them, those that are left out before others. */
  readonly remarks: readonly string[];
}
