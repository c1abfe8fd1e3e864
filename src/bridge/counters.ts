// Counters of a worker as a whole (not of a destination): one Float64Array column per worker in shared memory, written by
// that worker only, summed by whoever reads.

/** Why a message was dropped or refused without being forwarded; label values of `fairlead_dropped_total`. */
export const COUNTERS = [
  "received",
  "sent",
  "sent_in_trains",
  "sockets_without_trains",
  "coalescing_waits",
  "forwarded_requests",
  "forwarded_responses",
  "replies",
  "handed_off",
  "retransmissions_absorbed",
  "retransmissions_sent",
  "failovers_timeout",
  "failovers_transport_error",
  "failovers_code",
  "large_requests_tcp",
  "large_requests_refused",
  "loops",
  "max_forwards",
  "dropped_malformed",
  "dropped_unmatched_response",
  "dropped_unmatched_ack",
  "dropped_keepalive",
  "dropped_not_sip",
  "dropped_by_route",
  "dropped_not_allowed",
  "dropped_no_port",
  "dropped_table_full",
  "dropped_send",
  "dropped_amplification",
  "dropped_oversized",
  "dropped_too_large",
  "dropped_overload",
  "dropped_unread",
  "dropped_queue_full",
  "dropped_new_queue_full",
  "dropped_flood_source",
  "dropped_flood_listener",
  "dropped_scanner",
  "dropped_rate_source",
  "dropped_rate_listener",
  "rejected_malformed",
  "rejected_too_large",
  "rejected_no_route",
  "rejected_no_destination",
  "rejected_full",
  "rejected_table_full",
  "rejected_closing",
  "rejected_relay",
  "rejected_sips",
  "rejected_overload",
  "rejected_flow_failed",
  "rejected_flow_forbidden",
  "rejected_rate_source",
  "rejected_rate_listener",
  "protected_headers_removed",
  "emergency_calls",
  "paths_added",
  "flows_followed",
  "contacts_repaired",
  "flows_kept",
  "flows_not_kept",
  "flows_ended",
  "keepalives_sent",
  "keepalives_answered",
  "keepalives_unanswered",
  "stun_answered",
  "transactions_created",
  "dialogs_created",
  "dialogs_not_kept",
  "dialogs_ended",
  "dialogs_expired",
  "access_log_lost",
  "algorithm_faults",
  "stream_queue_full",
] as const;
/** One of `COUNTERS`. */
export type CounterName = (typeof COUNTERS)[number];

/** Index of a counter; resolve once, outside the packet path. */
export function counterIndex(name: CounterName): number {
  return COUNTERS.indexOf(name);
}

/** Received requests by method, after the named counters: one per value of sip/method.ts (16 places), per listener. */
const METHODS = 16;
const MAX_LISTENERS = 64;
const COLUMN = COUNTERS.length + METHODS * MAX_LISTENERS;

/** Shared memory for `workers` columns. */
export function createCountersMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(COLUMN * workers * 8);
}

/** One worker's column. */
export class Counters {
  readonly column: Float64Array;

  constructor(memory: SharedArrayBuffer, worker: number) {
    this.column = new Float64Array(memory, worker * COLUMN * 8, COLUMN);
  }

  /** One more, by the index that `counterIndex` gave. */
  add(index: number): void {
    this.column[index]!++;
  }

  /** One more request that came by a listener; the method is a value of sip/method.ts. */
  addRequest(listener: number, method: number): void {
    this.column[COUNTERS.length + listener * METHODS + method]!++;
  }
}

/** Sum of one named counter over all workers. */
export function readCounter(memory: SharedArrayBuffer, workers: number, name: CounterName): number {
  const all = new Float64Array(memory);
  let sum = 0;
  for (let w = 0; w < workers; w++) sum += all[w * COLUMN + counterIndex(name)]!;
  return sum;
}

/** Requests received on a listener by method index, over all workers. */
export function readRequests(memory: SharedArrayBuffer, workers: number, listener: number, method: number): number {
  const all = new Float64Array(memory);
  let sum = 0;
  for (let w = 0; w < workers; w++) sum += all[w * COLUMN + COUNTERS.length + listener * METHODS + method]!;
  return sum;
}
