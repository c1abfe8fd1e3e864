// A response has arrived: RFC 3261 16.7 and 17.1. Our Via's branch names the branch; what matches none goes no further
// (RFC 6026 7.2), because a proxy that relays what it did not ask for is a reflector.
import { Header } from "../sip/header.ts";
import { Method, methodOf } from "../sip/method.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { forgetEarly, releaseCall, releaseCalls, rememberChallenge, rememberDialog } from "./call.ts";
import { cancelBranch, cancelBranches } from "./cancel.ts";
import { addChallenges, isChallenge } from "./challenges.ts";
import { branchFailed } from "./client.ts";
import { forwardResponse, sendAck } from "./compose.ts";
import { type Context, Count, Tally } from "./context.ts";
import { forwardFinal, keepBest } from "./final.ts";
import { isForked } from "./fork.ts";
import { tagHash } from "./identity.ts";
import { isAnswerTooLarge } from "./judge.ts";
import { noteRegistration } from "./keep-alive.ts";
import { markIfAsked } from "./mark.ts";
import { Cause, mayFailOver } from "./may-fail-over.ts";
import { noteAnswered } from "./outcome.ts";
import { noteOverload } from "./overload-feedback.ts";
import { restIfAsked } from "./rest.ts";
import { rememberProvisional } from "./server.ts";
import { refreshSession } from "./session-timer.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { policyAt, ringLimitAt } from "./treatment-of.ts";
import { isAnswererTrusted, isDestinationAsked } from "./trust.ts";

/** Milliseconds; an answer that took longer counts as this, which fits 31 bits of microseconds. */
const MOST_ANSWER_TIME = 1_000_000;

/** Handles the response at hand, which carries the branch parameter of `branch`. */
export function handleResponse(c: Context, branch: number): void {
  const { message, branches } = c;
  const words = branches.words;
  const b = branch * BRANCH_WORDS;
  const row = words[b + B.transaction]!;
  const slot = words[b + B.slot]!;
  const status = message.status;
  if (slot >= 0) {
    c.live.silences.end(slot, (c.now + c.skew) | 0);
    // Which copy was answered is only known when there was only one (Karn).
    if (words[b + B.state] === BranchState.calling && words[b + B.interval] === c.adopted.snapshot.timers.t1)
      c.live.noteAnswerTime(slot, Math.min(c.now - words[b + B.sent]!, MOST_ANSWER_TIME) * 1000);
  }
  // Whoever is behind a destination has read our Via, too, and may answer in its stead.
  if (c.adopted.heedsOverload && isAnswererTrusted(c, branch)) noteOverload(c, slot);
  const method = methodOf(message.bytes, message.cseqMethodStart, message.cseqMethodEnd);
  if (method === Method.CANCEL) {
    if (status >= 200 && (words[b + B.flags]! & BranchFlag.cancelling) !== 0) {
      words[b + B.flags] = (words[b + B.flags]! & ~BranchFlag.cancelling) | BranchFlag.cancelled;
      branches.wheel.arm(branch, words[b + B.deadline]!);
    }
    return;
  }
  const isInvite = c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.INVITE;
  // Without a Via below ours there is nobody to pass it to (RFC 3261 16.7 point 3): as good as no response.
  const isOrphan = message.topVia.next < 0 && message.count[Header.via]! < 2;
  if (isOrphan || isInvite !== (method === Method.INVITE)) {
    c.count(Count.dropped_unmatched_response);
    return;
  }
  if (!isDestinationAsked(c, slot, words, b + B.endpoint, words[b + B.listener]!) && isAnswerTooLarge(c)) return;
  if (status === 503 && isAnswererTrusted(c, branch)) restIfAsked(c, slot);
  c.tally(slot, Tally.responses_1xx - 1 + Math.trunc(status / 100));
  if (isInvite) inviteResponse(c, row, branch, status);
  else otherResponse(c, row, branch, status);
}

function inviteResponse(c: Context, row: number, branch: number, status: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const state = words[b + B.state]!;
  if (status < 200) {
    if (state > BranchState.proceeding) return;
    provisional(c, row, branch, status);
    return;
  }
  if (status < 300) {
    if (state === BranchState.completed) return;
    if (state !== BranchState.accepted) noteOutcome(c, row, branch, status, true);
    words[b + B.state] = BranchState.accepted;
    c.branches.wheel.disarm(branch);
    const toTag = toTagHash(c);
    if (toTag !== 0) rememberDialog(c, row, branch, toTag, true);
    if ((t[at + T.flags]! & TransactionFlag.inDialog) !== 0) refreshSession(c, row);
    if (t[at + T.state] === TransactionState.proceeding) {
      cancelBranches(c, row, branch);
      releaseCalls(c, at, branch);
      forwardFinal(c, row, branch);
    } else {
      // A retransmission, a fork, or the late answer of an abandoned branch: passed on at once (RFC 6026 7.2).
      forwardResponse(c, row, branch);
    }
    return;
  }
  if (state === BranchState.accepted) return;
  sendAck(c, row, branch);
  if (state === BranchState.completed) return;
  noteOutcome(c, row, branch, status, true);
  words[b + B.state] = BranchState.completed;
  c.branches.wheel.disarm(branch);
  forgetEarly(c, branch);
  failure(c, row, branch, status);
}

function provisional(c: Context, row: number, branch: number, status: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const wasCalling = words[b + B.state] === BranchState.calling;
  words[b + B.state] = BranchState.proceeding;
  const flags = words[b + B.flags]!;
  if ((flags & (BranchFlag.cancelWanted | BranchFlag.abandoned)) !== 0) {
    cancelBranch(c, row, branch);
    return;
  }
  if ((flags & (BranchFlag.cancelling | BranchFlag.cancelled)) === 0 && (wasCalling || status > 100)) {
    // Timer C starts, and every 101-199 starts it again (RFC 3261 16.7 point 2); an operator's limit is one for all of it.
    const limit = ringLimitAt(c, at);
    if (wasCalling || limit === 0) words[b + B.deadline] = c.now + (limit || c.adopted.snapshot.timers.c);
    if (wasCalling) c.branches.wheel.arm(branch, words[b + B.deadline]!);
  }
  if (status === 100 || t[at + T.state] !== TransactionState.proceeding) return;
  const toTag = toTagHash(c);
  if (toTag !== 0) rememberDialog(c, row, branch, toTag, false);
  const start = c.outbox.claim();
  const length = forwardResponse(c, row, branch);
  if (length > 0) rememberProvisional(c, row, start, length);
}

function otherResponse(c: Context, row: number, branch: number, status: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const state = words[b + B.state]!;
  if (state > BranchState.proceeding) return;
  if (status < 200) {
    // RFC 4320 4.1: no provisional but 100 exists for a non-INVITE, and a 100 is not passed on.
    if (state === BranchState.calling) {
      words[b + B.state] = BranchState.proceeding;
      words[b + B.interval] = c.adopted.snapshot.timers.t2;
      words[b + B.deadline] = words[b + B.sent]! + 64 * c.adopted.snapshot.timers.t1;
    }
    return;
  }
  noteOutcome(c, row, branch, status, false);
  const isUpdate = c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.UPDATE;
  if (isUpdate && status < 300) refreshSession(c, row);
  words[b + B.state] = BranchState.completed;
  c.branches.wheel.disarm(branch);
  failure(c, row, branch, status);
}

/** Counts what became of a branch, once: the late answer of an abandoned or silent one came after its silence was counted. */
function noteOutcome(c: Context, row: number, branch: number, status: number, isInvite: boolean): void {
  const b = branch * BRANCH_WORDS;
  const { words } = c.branches;
  const silence = BranchFlag.abandoned | BranchFlag.silent;
  if ((words[b + B.flags]! & silence) === 0) noteAnswered(c, row, words[b + B.slot]!, status, isInvite);
}

/** A final response that ends the branch: it is passed on, or another candidate is tried. */
function failure(c: Context, row: number, branch: number, status: number): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  if (t[at + T.state] !== TransactionState.proceeding) return;
  const b = branch * BRANCH_WORDS;
  const { words } = c.branches;
  if (status >= 300) markIfAsked(c, at, words[b + B.slot]!, status, words[b + B.sent]!);
  const abandoned = (words[b + B.flags]! & BranchFlag.abandoned) !== 0;
  if (abandoned) {
    // Its call goes on elsewhere; only what all branches say counts in the end.
    if (status >= 300 && !isOurDoing(c, at, b, status)) keepBest(c, row, branch);
    return;
  }
  if (status < 300) {
    if (t[at + T.method] === Method.REGISTER) noteRegistration(c, row);
    forwardFinal(c, row, branch);
    return;
  }
  if (isForked(c, at)) {
    forkFailed(c, row, branch, status);
    return;
  }
  if (status === 401 || status === 407) rememberChallenge(c, row, branch, c.message.cseq);
  const policy = policyAt(c, at);
  const mayMove = policy !== undefined && policy.failoverCode[status] === 1 && mayFailOver(c, at, Cause.code);
  if (status === 503 || mayMove || (t[at + T.best] !== 0 && (t[at + T.flags]! & TransactionFlag.cancelled) === 0)) {
    keepBest(c, row, branch);
    branchFailed(c, branch, Cause.code, status);
    return;
  }
  releaseCall(c, branch);
  forwardFinal(c, row, branch);
}

/** Whether a branch, at word `b`, was only ended by the CANCEL of ours, which the caller did not ask for and should not hear of. */
function isOurDoing(c: Context, at: number, b: number, status: number): boolean {
  if (status !== 487 || (c.transactions.words[at + T.flags]! & TransactionFlag.cancelled) !== 0) return false;
  return (c.branches.words[b + B.flags]! & (BranchFlag.cancelling | BranchFlag.cancelled)) !== 0;
}

/** One of several destinations that have the request at the same time refuses it. */
function forkFailed(c: Context, row: number, branch: number, status: number): void {
  const at = row * TRANSACTION_WORDS;
  if (isChallenge(status) && isChallenge(c.transactions.words[at + T.best]!)) addChallenges(c, at);
  else keepBest(c, row, branch);
  // Who declines everywhere declines for all (RFC 3261 16.7 point 5).
  if (status >= 600) cancelBranches(c, row, branch);
  branchFailed(c, branch, Cause.code, status);
}

function toTagHash(c: Context): number {
  const { message } = c;
  if (!message.parseTo() || message.to.tagStart < 0) return 0;
  return tagHash(c, message.view, message.to.tagStart, message.to.tagEnd);
}
