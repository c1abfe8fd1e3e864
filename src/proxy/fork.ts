// A request that went to several destinations at once (RFC 3261 16.6, 16.7): its transaction waits until none of them can
// take it any more, and then goes by the best that they said.
import { Header } from "../sip/header.ts";
import type { Message } from "../sip/message.ts";
import { parseDecimal } from "../sip/scan.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { releaseCall } from "./call.ts";
import type { Context } from "./context.ts";
import { Cause } from "./may-fail-over.ts";
import { rank } from "./rank.ts";
import { T, TransactionFlag } from "./transactions.ts";

/** Bits of a cause, in `T.forkBest` below the status. */
const CAUSE_BITS = 2;
/** Max-Breadth of a request that has none (RFC 5393 5.3.3). */
const USUAL_BREADTH = 60;

/** To how many destinations at a time a request may go, from here on (RFC 5393 5.3.3). */
export function maxBreadth(message: Message): number {
  if (message.count[Header.maxBreadth] === 0) return USUAL_BREADTH;
  const start = message.valueStart[Header.maxBreadth]!;
  return parseDecimal(message.bytes, start, message.valueEnd[Header.maxBreadth]!, 0x7fffffff);
}

/** Whether the newest branches of the transaction at word `at` went at once. */
export function isForked(c: Context, at: number): boolean {
  return (c.transactions.words[at + T.flags]! & TransactionFlag.forked) !== 0;
}

/** All of them came to nothing, and the request moves on. */
export function endFork(c: Context, at: number): void {
  if (!isForked(c, at)) return;
  const t = c.transactions.words;
  t[at + T.flags] = t[at + T.flags]! & ~TransactionFlag.forked;
  t[at + T.forkBest] = 0;
}

/** One of them came to nothing: what counts in the end is the best of all, silence being a 408 among them as with Kamailio. */
export function noteForkFailure(c: Context, at: number, cause: Cause, status: number): void {
  const t = c.transactions.words;
  t[at + T.forkBest] = better(t[at + T.forkBest]!, cause, status);
}

/** What becomes of a fork in which only silent ones are left, by `forkCause` and `forkStatus`; 0: nothing came of it yet. */
export function bestWithSilence(c: Context, at: number): number {
  return better(c.transactions.words[at + T.forkBest]!, Cause.timeout, 408);
}

function better(best: number, cause: Cause, status: number): number {
  const other = (status << CAUSE_BITS) | cause;
  if (best === 0) return other;
  const difference = rank(status) - rank(best >> CAUSE_BITS);
  // Where somebody has rung, it was not silence.
  return difference < 0 || (difference === 0 && cause === Cause.ringing) ? other : best;
}

/** Why all of them together came to nothing: of what `T.forkBest` holds, or `bestWithSilence` says. */
export function forkCause(best: number): Cause {
  return (best & ((1 << CAUSE_BITS) - 1)) as Cause;
}

/** The status that belongs to `forkCause`. */
export function forkStatus(best: number): number {
  return best >> CAUSE_BITS;
}

/** For whom a fork waits: for nobody, only for such as have been silent for `answer_within`, for others. */
export const Waiting = { none: 0, silent: 1, others: 2 } as const;
export type Waiting = (typeof Waiting)[keyof typeof Waiting];

/** Who of the branches of the transaction at word `at` may still be answered in a way that counts. */
export function waitingFor(c: Context, at: number): Waiting {
  const words = c.branches.words;
  let waiting: Waiting = Waiting.none;
  for (let branch = c.transactions.words[at + T.branch]!; branch !== 0; ) {
    const b = branch * BRANCH_WORDS;
    if (isOpen(words, b)) {
      if (words[b + B.state] !== BranchState.calling || (words[b + B.flags]! & BranchFlag.silent) === 0)
        return Waiting.others;
      waiting = Waiting.silent;
    }
    branch = words[b + B.chain]!;
  }
  return waiting;
}

/** The request moves on: those of its branches that have been silent are given up. */
export function abandonSilent(c: Context, at: number): void {
  const words = c.branches.words;
  for (let branch = c.transactions.words[at + T.branch]!; branch !== 0; ) {
    const b = branch * BRANCH_WORDS;
    if (isOpen(words, b)) {
      words[b + B.flags] = words[b + B.flags]! | BranchFlag.abandoned;
      c.branches.wheel.disarm(branch);
      releaseCall(c, branch);
    }
    branch = words[b + B.chain]!;
  }
}

function isOpen(words: Int32Array, b: number): boolean {
  const state = words[b + B.state]!;
  if (state !== BranchState.calling && state !== BranchState.proceeding) return false;
  return (words[b + B.flags]! & BranchFlag.abandoned) === 0;
}
