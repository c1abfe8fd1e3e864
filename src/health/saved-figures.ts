// What was measured of destinations, and told about them, as plain data that outlives the process. Unlike states it grows old: how long a
// server took yesterday says nothing, and a number of yesterday is worse than none.
import type { LatencyFigures } from "./latency.ts";

/** Which destination is meant, over restarts. */
export interface SavedSubject {
  readonly set: string;
  readonly uri: string;
  readonly name: string;
}

/** The round trips of one. */
export interface SavedLatency extends SavedSubject, LatencyFigures {}

/** What one is worth, as somebody told at `at` (milliseconds since 1970) while the configuration said `configured`. */
export interface SavedScore extends SavedSubject {
  readonly at: number;
  readonly score: number;
  readonly configured: number;
}

/** All of them. */
export interface SavedFigures {
  readonly latencies: readonly SavedLatency[];
  readonly scores: readonly SavedScore[];
}

/** One text for each destination. */
export function savedKey({ set, uri, name }: SavedSubject): string {
  return `${set}\n${uri}\n${name}`;
}

/** By destination. */
export function byDestination<T extends SavedSubject>(all: readonly T[]): ReadonlyMap<string, T> {
  return new Map(all.map((one) => [savedKey(one), one]));
}

/** Those that are less than `maxAge` milliseconds old; a time that is yet to come is as doubtful as one so far back. */
export function recentFigures({ latencies, scores }: SavedFigures, now: number, maxAge: number): SavedFigures {
  const isRecent = ({ at }: { readonly at: number }) => Math.abs(now - at) < maxAge;
  return { latencies: latencies.filter(isRecent), scores: scores.filter(isRecent) };
}
