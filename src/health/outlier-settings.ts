// When a destination is an outlier: shares of new requests, over a window.

/** Of one set. Shares are 0 to 1, times milliseconds. */
export interface OutlierSettings {
  /** Ejected from this share of failed requests on; 0: not looked at. */
  readonly failed: number;
  /** Ejected below this share of taken calls; 0: not looked at. */
  readonly taken: number;
  /** Fewest requests (or calls) to conclude anything from. */
  readonly requests: number;
  readonly window: number;
  /** The first time; n times as long the n-th time. */
  readonly ejectFor: number;
  /** Most of a set's destinations that are ejected at a time. */
  readonly maxEjected: number;
  /** With fewer left than this share of them, nobody is ejected. */
  readonly panic: number;
}

/** What new requests to a destination came to. */
export interface Outcomes {
  readonly answered: number;
  /** 5xx, and no answer at all. */
  readonly failed: number;
  readonly taken: number;
  readonly notTaken: number;
}

/** Nothing yet. */
export const NO_OUTCOMES: Outcomes = { answered: 0, failed: 0, taken: 0, notTaken: 0 };
/** How much worse than all others together an outlier is, at least: what befalls all is nobody's fault. */
const WORSE = 1.5;

/** The sum of two. */
export function plus(a: Outcomes, b: Outcomes): Outcomes {
  return {
    answered: a.answered + b.answered,
    failed: a.failed + b.failed,
    taken: a.taken + b.taken,
    notTaken: a.notTaken + b.notTaken,
  };
}

/** What came between. */
export function since(before: Outcomes, now: Outcomes): Outcomes {
  return {
    answered: now.answered - before.answered,
    failed: now.failed - before.failed,
    taken: now.taken - before.taken,
    notTaken: now.notTaken - before.notTaken,
  };
}

/** The share of failed requests; 0 where there were none. */
export function failedShare({ answered, failed }: Outcomes): number {
  return failed / Math.max(1, answered + failed);
}

function notTakenShare({ taken, notTaken }: Outcomes): number {
  return notTaken / Math.max(1, taken + notTaken);
}

/** Why this destination is an outlier among `others`, for people; empty: it is none. */
export function whyOutlier(own: Outcomes, others: Outcomes, settings: OutlierSettings): string {
  const { failed, taken, requests, window } = settings;
  const all = own.answered + own.failed;
  const share = failedShare(own);
  if (failed > 0 && all >= requests && share >= failed && share >= WORSE * failedShare(others))
    return `${own.failed} of ${all} new requests failed within ${window / 1000} s`;
  const calls = own.taken + own.notTaken;
  const missed = notTakenShare(own);
  if (taken > 0 && calls >= requests && 1 - missed < taken && missed >= WORSE * notTakenShare(others))
    return `only ${own.taken} of ${calls} calls were taken within ${window / 1000} s`;
  return "";
}
