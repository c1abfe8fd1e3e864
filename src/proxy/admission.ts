// How much new work is taken. Whatever is not of a dialog that we know asks here before anything is kept about it; those
// who are refused cost a parse and an answer, and beyond the budget of answers only the parse.
import { AdmissionWord } from "../bridge/live-memory.ts";
import { isSpent, keepUp, take, takeAnyway, unitsOf } from "../bridge/shared-bucket.ts";
import { Method } from "../sip/method.ts";
import type { Budget } from "./budget.ts";
import { busy } from "./busy.ts";
import { type Context, Count } from "./context.ts";
import { CALM, isTooMuch, pressureOn } from "./distress.ts";
import { isEmergency } from "./emergency.ts";
import { hashTransaction } from "./identity.ts";
import { isTrusted } from "./trust.ts";
import { Verdict } from "./verdicts.ts";

/** What becomes of a request; `silence` and `answer` are refusals. */
export const Admission = { taken: 0, answer: 1, silence: 2 } as const;
export type Admission = (typeof Admission)[keyof typeof Admission];

/** Whether there is any reason to ask whether a new request is taken. */
export function mayRefuse(c: Context): boolean {
  return c.adopted.budgets.areLimited || pressureOn(c) > CALM;
}

/**
 * Whether the request at hand, which belongs to no dialog that we know, is taken. What only makes sense within a dialog is:
 * it will find its own way or none.
 */
export function admit(c: Context): Admission {
  const { method } = c.message;
  if (method === Method.ACK || method === Method.CANCEL || method === Method.BYE || method === Method.PRACK)
    return Admission.taken;
  const { budgets } = c.adopted;
  const isCall = method === Method.INVITE;
  const budget = isCall ? budgets.calls : budgets.requests;
  if (budget.interval === 0 && pressureOn(c) <= CALM) return Admission.taken;
  if (!c.adopted.anyStateful) hashTransaction(c);
  const known = c.verdicts.find(c.key1, c.key2);
  if (known === Verdict.taken || known === Verdict.sent) return Admission.taken;
  const now = unitsOf(c.now + c.skew);
  const trusted = isTrusted(c);
  if (known === Verdict.unknown) {
    if (isTaken(c, budget, isCall, trusted, now)) {
      // With transactions a retransmission is recognised by them.
      if (c.adopted.anyStateless) c.verdicts.keep(c.key1, c.key2, Verdict.taken);
      return Admission.taken;
    }
  }
  if (!spend(c, budgets.answers, AdmissionWord.answers, trusted, now)) return Admission.silence;
  c.verdicts.keep(c.key1, c.key2, Verdict.refused);
  return Admission.answer;
}

/** Refuses the request at hand; returns 0 or the status to be answered. */
export function refuseNew(c: Context, how: Admission): number {
  if (how === Admission.silence) {
    c.count(Count.dropped_overload);
    return 0;
  }
  c.count(Count.rejected_overload);
  return busy(c);
}

/** Once a second, and before the first request: budgets that nobody asks for stay full. */
export function keepBudgets(c: Context): void {
  const now = unitsOf(c.now + c.skew);
  const words = c.live.admission;
  keepUp(words, AdmissionWord.calls, now);
  keepUp(words, AdmissionWord.requests, now);
  keepUp(words, AdmissionWord.answers, now);
}

/** What a stranger's call can hope for. `open`: no limit says anything. */
export const Prospect = { open: 0, place: 1, answer: 2, nothing: 3 } as const;
export type Prospect = (typeof Prospect)[keyof typeof Prospect];

/** What a stranger's call can hope for just now. */
export function prospect(c: Context): Prospect {
  const { calls, answers } = c.adopted.budgets;
  if (calls.interval === 0) return Prospect.open;
  const now = unitsOf(c.now + c.skew);
  if (!isEmpty(c, calls, AdmissionWord.calls, now)) return Prospect.place;
  return isEmpty(c, answers, AdmissionWord.answers, now) ? Prospect.nothing : Prospect.answer;
}

function isEmpty(c: Context, budget: Budget, at: number, now: number): boolean {
  const { interval, burst, burstOfStrangers } = budget;
  return interval === 0 || isSpent(c.live.admission, at, now, interval, burstOfStrangers, burst);
}

function isTaken(c: Context, budget: Budget, isCall: boolean, trusted: boolean, now: number): boolean {
  const at = isCall ? AdmissionWord.calls : AdmissionWord.requests;
  if (isCall && isEmergency(c, trusted)) {
    // What anybody can write into a request URI never spends what is kept for those whom we trust.
    if (trusted && budget.interval !== 0) takeAnyway(c.live.admission, at, now, budget.interval, budget.burst);
    else spend(c, budget, at, trusted, now);
    c.count(Count.emergency_calls);
    return true;
  }
  // Where there is a budget, it says how much is taken; full queues then only make the refusals cheaper.
  return budget.interval === 0 ? !isTooMuch(c, trusted) : spend(c, budget, at, trusted, now);
}

function spend(c: Context, budget: Budget, at: number, trusted: boolean, now: number): boolean {
  if (budget.interval === 0) return false;
  const burst = trusted ? budget.burst : budget.burstOfStrangers;
  return take(c.live.admission, at, now, budget.interval, burst, budget.burst);
}
