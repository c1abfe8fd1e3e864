// The client side of a transaction: RFC 3261 17.1 and 16.7 to 16.9. A branch is one attempt at one destination; when it
// fails, the next candidate is tried, and the failed branch lives on until its destination has had its last word.
import { Method } from "../sip/method.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { passCall, releaseCall } from "./call.ts";
import { cancelBranch } from "./cancel.ts";
import { sendCancel } from "./compose.ts";
import { type Context, Count, Tally } from "./context.ts";
import { conclude } from "./final.ts";
import {
  abandonSilent,
  bestWithSilence,
  forkCause,
  forkStatus,
  isForked,
  noteForkFailure,
  Waiting,
  waitingFor,
} from "./fork.ts";
import { markIfAsked } from "./mark.ts";
import { Cause, mayFailOver } from "./may-fail-over.ts";
import { noteSilence, noteUnanswered, tellsBySilence } from "./outcome.ts";
import { restore } from "./restore.ts";
import { preferOtherFamily } from "./same-name.ts";
import { startBranch } from "./start-branch.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { policyAt, ringLimitAt } from "./treatment-of.ts";
import { sendingListener, tryNext } from "./tries.ts";
import { earlier, isDue } from "./wheel.ts";
import { sendRequest } from "./write-request.ts";

/**
 * A branch came to nothing: by a response (`status`, stored as the best one if it is), by silence, or by the network.
 * The next candidate is tried, or the caller gets its answer. The message at hand may be replaced.
 */
export function branchFailed(c: Context, branch: number, cause: Cause, status: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const row = words[b + B.transaction]!;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const slot = words[b + B.slot]!;
  const wasAbandoned = (words[b + B.flags]! & BranchFlag.abandoned) !== 0;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.abandoned;
  if (cause === Cause.timeout) c.branches.wheel.disarm(branch);
  if (wasAbandoned || t[at + T.state] !== TransactionState.proceeding) return;
  releaseCall(c, branch);
  if (isForked(c, at)) {
    noteForkFailure(c, at, cause, status);
    forkEnds(c, row, slot);
  } else moveOn(c, row, slot, cause, mayMove(c, at, cause, status));
}

/** A branch of a fork has failed, or is silent: when nobody else is waited for, the request moves on, or the caller gets its answer. */
function forkEnds(c: Context, row: number, slot: number): void {
  const at = row * TRANSACTION_WORDS;
  const waiting = waitingFor(c, at);
  if (waiting === Waiting.others) return;
  const best = waiting === Waiting.silent ? bestWithSilence(c, at) : c.transactions.words[at + T.forkBest]!;
  const why = forkCause(best);
  const moves = mayMove(c, at, why, forkStatus(best));
  if (waiting === Waiting.silent) {
    // Who is silent is given up for somebody else, or with the caller, and not for an answer that says no.
    if (!moves && !isCancelled(c, at)) return;
    abandonSilent(c, at);
  }
  moveOn(c, row, slot, why, moves);
}

function isCancelled(c: Context, at: number): boolean {
  return (c.transactions.words[at + T.flags]! & TransactionFlag.cancelled) !== 0;
}

function mayMove(c: Context, at: number, why: Cause, status: number): boolean {
  return mayFailOver(c, at, why) && (why !== Cause.code || policyAt(c, at)!.failoverCode[status] === 1);
}

function moveOn(c: Context, row: number, slot: number, why: Cause, moves: boolean): void {
  if (moves && restore(c, row)) {
    if (why === Cause.transportError) preferOtherFamily(c, row * TRANSACTION_WORDS, slot);
    const tried = tryNext(c, row);
    if (tried === 0) {
      c.tally(slot, Tally.failovers);
      c.count(
        why === Cause.code
          ? Count.failovers_code
          : why === Cause.transportError
            ? Count.failovers_transport_error
            : Count.failovers_timeout,
      );
      return;
    }
  }
  conclude(c, row, why === Cause.transportError);
}

/**
 * The network refused what `branch` sent (ICMP, or no route), or with `isOurs` we had no room for its connection, which is no fault of its
 * destination; 0 and branches that have heard from their destination are none.
 */
export function branchRefused(c: Context, branch: number, isOurs = false): void {
  const b = branch * BRANCH_WORDS;
  if (branch === 0 || c.branches.words[b + B.state] !== BranchState.calling) return;
  if (retryByDatagram(c, branch)) return;
  if (!isOurs) {
    const slot = c.branches.words[b + B.slot]!;
    c.tally(slot, Tally.transport_errors);
    const row = c.branches.words[b + B.transaction]!;
    const isInvite = c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.INVITE;
    if ((c.branches.words[b + B.flags]! & BranchFlag.silent) === 0) noteUnanswered(c, row, slot, isInvite);
    if (slot >= 0) c.live.noteFailure(slot);
  }
  c.branches.wheel.disarm(branch);
  branchFailed(c, branch, Cause.transportError, 503);
}

/**
 * TCP was refused to a large request whose destination is configured for UDP: it goes there by UDP after all (RFC 3261
 * 18.1.1), as a new branch. That says nothing against the destination. False when this branch is not such a one.
 */
function retryByDatagram(c: Context, branch: number): boolean {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const flags = words[b + B.flags]!;
  const row = words[b + B.transaction]!;
  const at = row * TRANSACTION_WORDS;
  if ((flags & BranchFlag.moved) === 0 || (flags & (BranchFlag.abandoned | BranchFlag.cancelWanted)) !== 0)
    return false;
  if (c.transactions.words[at + T.state] !== TransactionState.proceeding) return false;
  const listener = sendingListener(c, at, c.adopted.row(words[b + B.slot]!));
  if (listener < 0 || c.adopted.listeners[listener]!.isStream || !restore(c, row)) return false;
  c.count(Count.large_requests_refused);
  const kept = BranchFlag.stays | (flags & BranchFlag.forked);
  const breadth = words[b + B.breadth]!;
  if (startBranch(c, row, words[b + B.slot]!, words, b + B.endpoint, listener, kept, breadth) !== 0) return false;
  passCall(c, branch, c.transactions.words[at + T.branch]!);
  c.branches.wheel.disarm(branch);
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.abandoned;
  return true;
}

/** A branch's timer fired: A, B, C, E, F, or those of its CANCEL. */
export function branchTimer(c: Context, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const row = words[b + B.transaction]!;
  const state = words[b + B.state]!;
  if (state !== BranchState.calling && state !== BranchState.proceeding) return;
  const isInvite = c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.INVITE;
  const isProceeding = isInvite && state === BranchState.proceeding;
  const flags = words[b + B.flags]!;
  const timers = c.adopted.snapshot.timers;
  if (isDue(c.now, words[b + B.deadline]!)) {
    if (isProceeding && (flags & (BranchFlag.cancelling | BranchFlag.cancelled)) === 0) {
      // Timer C (RFC 3261 16.8), or the operator's limit, which does not wait for what the destination says to that.
      cancelBranch(c, row, branch);
      if (ringLimitAt(c, row * TRANSACTION_WORDS) > 0) branchFailed(c, branch, Cause.ringing, 408);
      return;
    }
    if ((flags & BranchFlag.silent) !== 0) {
      branchFailed(c, branch, Cause.timeout, 408);
      return;
    }
    const slot = words[b + B.slot]!;
    c.tally(slot, Tally.timeouts);
    // An INVITE that rings has been answered as far as its destination is concerned: callers give up, not servers.
    const tells = tellsBySilence(c.transactions.words[row * TRANSACTION_WORDS + T.method]!);
    if (tells && (state === BranchState.calling || !isInvite)) noteUnanswered(c, row, slot, isInvite);
    if (state === BranchState.calling) noteSilence(c, row, slot, words[b + B.sent]!);
    if (tells && state === BranchState.calling) markIfAsked(c, row * TRANSACTION_WORDS, slot, 0, words[b + B.sent]!);
    if (state === BranchState.calling && staysInFork(c, row, branch)) forkEnds(c, row, slot);
    else branchFailed(c, branch, Cause.timeout, 408);
    return;
  }
  if (c.adopted.listeners[words[b + B.listener]!]!.isStream) {
    c.branches.wheel.arm(branch, words[b + B.deadline]!);
    return;
  }
  let interval = words[b + B.interval]! * 2;
  if ((flags & BranchFlag.cancelling) !== 0) {
    sendCancel(c, row, branch);
    interval = Math.min(interval, timers.t2);
  } else if (isProceeding) {
    // Waiting for Timer C only.
    c.branches.wheel.arm(branch, words[b + B.deadline]!);
    return;
  } else {
    if (!isInvite) interval = state === BranchState.proceeding ? timers.t2 : Math.min(interval, timers.t2);
    c.count(Count.retransmissions_sent);
    if (restore(c, row)) sendRequest(c, row, branch);
  }
  words[b + B.interval] = interval;
  c.branches.wheel.arm(branch, earlier(c.now + interval, words[b + B.deadline]!));
}

/**
 * `answer_within` is over for a branch of a fork that has said nothing: it keeps the request until Timer B or F, unless that moves on
 * before. False: it was given all its time already, or is none of a fork.
 */
function staysInFork(c: Context, row: number, branch: number): boolean {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if ((words[b + B.flags]! & BranchFlag.abandoned) !== 0 || !isForked(c, row * TRANSACTION_WORDS)) return false;
  const end = words[b + B.sent]! + 64 * c.adopted.snapshot.timers.t1;
  if (isDue(c.now, end)) return false;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.silent;
  words[b + B.deadline] = end;
  const isReliable = c.adopted.listeners[words[b + B.listener]!]!.isStream;
  c.branches.wheel.arm(branch, isReliable ? end : earlier(c.now + words[b + B.interval]!, end));
  return true;
}
