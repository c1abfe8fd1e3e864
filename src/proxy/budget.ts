// Section `overload` in the units that admission counts in. Built once per snapshot.

import { intervalOf, UNITS } from "../bridge/shared-bucket.ts";
import type { OverloadEntry } from "../bridge/snapshot.ts";

/** Requests that may always come at once, however small the rate. */
const LEAST_BURST = 10;
/** Of each burst so much is only for those whom we trust. */
const RESERVE = 0.25;

/** A rate, in units of bridge/shared-bucket.ts; interval 0: no limit. */
export interface Budget {
  readonly interval: number;
  /** For those whom we trust, and for everybody else. */
  readonly burst: number;
  readonly burstOfStrangers: number;
}

/** `rate` per second, `burst` in milliseconds. */
export function budgetOf(rate: number, burst: number): Budget {
  if (rate === 0) return { interval: 0, burst: 0, burstOfStrangers: 0 };
  const interval = intervalOf(rate);
  const whole = Math.max(burst * UNITS, LEAST_BURST * interval);
  return { interval, burst: whole, burstOfStrangers: whole * (1 - RESERVE) };
}

/** All budgets of a configuration. */
export interface Budgets {
  readonly calls: Budget;
  readonly requests: Budget;
  readonly answers: Budget;
  /** Whether any new request may be refused because of them. */
  readonly areLimited: boolean;
}

/** Reads the section. */
export function budgetsOf({ newCalls, newRequests, burst, answers }: OverloadEntry): Budgets {
  return {
    calls: budgetOf(newCalls, burst),
    requests: budgetOf(newRequests, burst),
    answers: budgetOf(answers, burst),
    areLimited: newCalls > 0 || newRequests > 0,
  };
}
