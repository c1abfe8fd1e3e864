// What the resolver counts. One object per resolver, read by the metrics.

/** Every name is a counter; the label values of `fairlead_dns_events_total`. */
export const DNS_COUNTS = [
  "queries",
  "answers",
  "timeouts",
  "network_errors",
  "server_failures",
  "garbage",
  "truncated",
  "clipped",
  "stale",
] as const;

/** Totals since the resolver was made. */
export type DnsCounts = { [name in (typeof DNS_COUNTS)[number]]: number };

/** All zero. */
export function newDnsCounts(): DnsCounts {
  return {
    queries: 0,
    answers: 0,
    timeouts: 0,
    network_errors: 0,
    server_failures: 0,
    garbage: 0,
    truncated: 0,
    clipped: 0,
    stale: 0,
  };
}
