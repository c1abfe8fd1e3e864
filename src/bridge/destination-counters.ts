// Figures per destination: their names and their order.

/** What a worker counts per destination. Every name is a counter except none; order is the storage order. */
export const DESTINATION_COUNTERS = [
  "requests",
  "responses_1xx",
  "responses_2xx",
  "responses_3xx",
  "responses_4xx",
  "responses_5xx",
  "responses_6xx",
  "calls",
  "failovers",
  "timeouts",
  "transport_errors",
  "rests",
  // What became of new requests, of whatever method: any answer but a failure, a 5xx that is not about the request (sip/about-request.ts), none at all.
  "new_answered",
  "new_failed",
  "new_unanswered",
  // Calls that were taken, and those that failed, or were refused to those whom we trust; what callers cancelled is in neither.
  "calls_taken",
  "calls_not_taken",
  // Calls that ended by a BYE and how long they were; those that were forgotten, because none came.
  "calls_ended",
  "call_seconds",
  "calls_lost",
] as const;
/** Name of one. */
export type DestinationCounter = (typeof DESTINATION_COUNTERS)[number];
/** How many there are. */
export const DESTINATION_COUNTER_COUNT: number = DESTINATION_COUNTERS.length;
/** The place of each. */
export const COUNTER_PLACE = Object.fromEntries(DESTINATION_COUNTERS.map((name, i) => [name, i])) as {
  readonly [Name in DestinationCounter]: number;
};
