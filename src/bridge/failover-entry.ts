// When a request moves on from one destination to the next, and what its caller gets in the end, compiled.

/** What is answered to the caller when no candidate is left. */
export interface FailureAnswer {
  readonly status: number;
  readonly reason: string;
  /** Seconds for Retry-After; 0: no such header. */
  readonly retryAfter: number;
}

/** Failover policy of a set, durations in milliseconds. */
export interface FailoverEntry {
  /** Response codes that move a request to the next candidate. */
  readonly codes: readonly number[];
  readonly onTimeout: boolean;
  /** Whether a call that rings for longer than `ringLimit` moves on, instead of ending with 408. */
  readonly onRingTimeout: boolean;
  readonly onTransportError: boolean;
  /** Most destinations tried for one request. */
  readonly tries: number;
  /** No response at all within this time: the next candidate. */
  readonly answerWithin: number;
  /** From the first provisional response of an INVITE to its final one at most; 0: Timer C alone counts. */
  readonly ringLimit: number;
  /** Whether failover still happens after a 101-199 was passed on. */
  readonly afterProvisional: boolean;
  /** Codes that mark a destination, and whether silence does. */
  readonly marks: readonly number[];
  readonly marksTimeout: boolean;
  /** `disabled`: until somebody enables it. */
  readonly markAs: "inactive" | "disabled";
  /** How many in a row it takes; 1 or more. */
  readonly markAfter: number;
  /** Longest time for which a destination's Retry-After keeps new requests from it; 0: it is not heeded. */
  readonly retryAfterCap: number;
  /** Instead of a destination's 503, or when all were unreachable. */
  readonly unavailable: FailureAnswer;
}
