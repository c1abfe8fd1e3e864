// The client side of a transaction: RFC 3261 17.1 and 16.7 to 16.9. A branch is one attempt at one destination; when it
// fails, the next candidate is tried, and the failed branch lives on until its destination has had its last word.
import { DestinationColumn } from "../bridge/snapshot.ts";
import { copyEndpoint, isV4 } from "../net/endpoint.ts";
import { Method } from "../sip/method.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { releaseCall } from "./call.ts";
import { sendCancel } from "./compose.ts";
import { type Context, Count, Tally } from "./context.ts";
import { conclude } from "./final.ts";
import { markIfAsked } from "./mark.ts";
import { noteUnanswered, tellsBySilence } from "./outcome.ts";
import { takeResources } from "./resources.ts";
import { restore } from "./restore.ts";
import { chooseAgain } from "./routing.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { keepUri, makeUri, policyAt, removeBranch, treatmentAt } from "./treatment-of.ts";
import { earlier, isDue } from "./wheel.ts";
import { sendRequest } from "./write-request.ts";

/** Why a branch came to nothing. */
export const Cause = { timeout: 0, transportError: 1, code: 2 } as const;
export type Cause = (typeof Cause)[keyof typeof Cause];

/**
 * Sends the request at hand, which belongs to `row`, to one address, and starts its branch. `slot` is the destination's,
 * or -1. Returns 0, or the status to be answered when nothing could be sent.
 */
export function startBranch(
  c: Context,
  row: number,
  slot: number,
  endpoint: Int32Array,
  endpointAt: number,
  listener: number,
  flags = 0,
): number {
  const branch = c.branches.create();
  if (branch === 0) return 503;
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  words[b + B.transaction] = row;
  words[b + B.nonce] = c.nonces.next();
  words[b + B.state] = BranchState.calling;
  words[b + B.flags] = flags;
  words[b + B.slot] = slot;
  words[b + B.listener] = listener;
  words[b + B.loop] = c.loop;
  copyEndpoint(endpoint, endpointAt, words, b + B.endpoint);
  if ((t[at + T.flags]! & (TransactionFlag.inDialog | TransactionFlag.fromPool | TransactionFlag.flow)) === 0) {
    if (makeUri(c, slot, treatmentAt(c, at)) && !keepUri(c, branch)) {
      removeBranch(c, branch);
      return 503;
    }
  }
  if (!sendRequest(c, row, branch)) {
    removeBranch(c, branch);
    return 513;
  }
  words[b + B.chain] = t[at + T.branch]!;
  t[at + T.branch] = branch;
  words[b + B.sent] = c.now;
  c.tally(slot, Tally.requests);
  const timers = c.adopted.snapshot.timers;
  const patience = mayFailOver(c, at, Cause.timeout) ? policyAt(c, at)!.failover.answerWithin : 64 * timers.t1;
  words[b + B.interval] = timers.t1;
  words[b + B.deadline] = c.now + patience;
  // Timers A and E are for datagrams: over a stream nothing is sent twice (RFC 3261 17.1.1.2, 17.1.2.2).
  const isReliable = c.adopted.listeners[words[b + B.listener]!]!.isStream;
  c.branches.wheel.arm(branch, c.now + (isReliable ? patience : Math.min(timers.t1, patience)));
  return 0;
}

/**
 * Tries the next candidate for the request at hand. Returns 0 when it was sent, 503 when no candidate was left or had
 * room, 513 when the message does not fit into a datagram.
 */
export function tryNext(c: Context, row: number): number {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const rows = c.adopted.snapshot.destinations;
  if (t[at + T.candidate]! > 0) chooseAgain(c, row);
  while (t[at + T.candidate]! < t[at + T.candidates]!) {
    const slot = c.transactions.slots[(at + T.slots) * 2 + t[at + T.candidate]!]!;
    const isNext = t[at + T.candidate]! > 0;
    t[at + T.candidate] = t[at + T.candidate]! + 1;
    // It has asked for that since the candidates were chosen.
    if (isNext && c.live.isResting(slot)) continue;
    const destination = c.adopted.row(slot);
    if (rows[destination + DestinationColumn.used] !== 1) continue;
    const listener = sendingListener(c, at, destination);
    if (listener < 0) continue;
    if (t[at + T.method] === Method.INVITE) {
      if (!c.live.reserve(c.worker, slot, rows[destination + DestinationColumn.maxCalls]!)) continue;
      if (!takeResources(c, at, slot)) {
        c.live.release(c.worker, slot);
        continue;
      }
      t[at + T.flags] = t[at + T.flags]! | TransactionFlag.counted;
      c.tally(slot, Tally.calls);
    }
    t[at + T.tries] = t[at + T.tries]! - 1;
    const status = startBranch(c, row, slot, rows, destination, listener);
    if (status !== 0) releaseCall(c, at, slot);
    return status;
  }
  return 503;
}

function sendingListener(c: Context, at: number, destination: number): number {
  const rows = c.adopted.snapshot.destinations;
  const configured = rows[destination + DestinationColumn.listener]!;
  return configured >= 0
    ? configured
    : c.adopted.outgoing(
        c.transactions.words[at + T.listener]!,
        !isV4(rows, destination),
        rows[destination + DestinationColumn.transport]!,
      );
}

/** Whether the transaction at word `at` may go on to another destination after this. */
export function mayFailOver(c: Context, at: number, cause: Cause): boolean {
  const t = c.transactions.words;
  const flags = t[at + T.flags]!;
  if (t[at + T.set]! < 0 || (flags & (TransactionFlag.cancelled | TransactionFlag.inDialog)) !== 0) return false;
  if (t[at + T.state] !== TransactionState.proceeding || t[at + T.tries]! <= 0) return false;
  if (t[at + T.candidate]! >= t[at + T.candidates]! && !mayFindMore(c, at, cause)) return false;
  const policy = policyAt(c, at);
  if (policy === undefined) return false;
  const { failover } = policy;
  if ((flags & TransactionFlag.ringing) !== 0 && !failover.afterProvisional) return false;
  return cause === Cause.code || (cause === Cause.timeout ? failover.onTimeout : failover.onTransportError);
}

/**
 * Whether somebody may have room by now who had none when the candidates were chosen. Silence of the last candidate is not ended early
 * for that: it was given all the time there is.
 */
function mayFindMore(c: Context, at: number, cause: Cause): boolean {
  if (cause === Cause.timeout) return false;
  const set = c.adopted.sets[c.transactions.words[at + T.set]!];
  return set?.dispatch.algorithm.choosesAgain === true;
}

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
  releaseCall(c, at, slot);
  const moves = mayFailOver(c, at, cause) && (cause !== Cause.code || policyAt(c, at)!.failoverCode[status] === 1);
  if (moves && restore(c, row)) {
    const tried = tryNext(c, row);
    if (tried === 0) {
      c.tally(slot, Tally.failovers);
      c.count(
        cause === Cause.code
          ? Count.failovers_code
          : cause === Cause.timeout
            ? Count.failovers_timeout
            : Count.failovers_transport_error,
      );
      return;
    }
  }
  conclude(c, row, cause === Cause.transportError);
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
    noteUnanswered(c, row, slot, c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.INVITE);
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
  if (startBranch(c, row, words[b + B.slot]!, words, b + B.endpoint, listener, BranchFlag.stays) !== 0) return false;
  c.branches.wheel.disarm(branch);
  words[b + B.flags] = flags | BranchFlag.abandoned;
  return true;
}

/** The caller has given up (CANCEL), or another branch has decided: all branches but `except` end as soon as they may. */
export function cancelBranches(c: Context, row: number, except: number): void {
  const words = c.branches.words;
  const first = c.transactions.words[row * TRANSACTION_WORDS + T.branch]!;
  for (let branch = first; branch !== 0; branch = words[branch * BRANCH_WORDS + B.chain]!) {
    if (branch === except) continue;
    const b = branch * BRANCH_WORDS;
    if (words[b + B.state] === BranchState.proceeding) cancelBranch(c, row, branch);
    else if (words[b + B.state] === BranchState.calling)
      words[b + B.flags] = words[b + B.flags]! | BranchFlag.cancelWanted;
  }
}

/** Sends CANCEL on a branch that has had a provisional response, once. */
export function cancelBranch(c: Context, row: number, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  if ((words[b + B.flags]! & (BranchFlag.cancelling | BranchFlag.cancelled)) !== 0) return;
  words[b + B.flags] = (words[b + B.flags]! & ~BranchFlag.cancelWanted) | BranchFlag.cancelling;
  const timers = c.adopted.snapshot.timers;
  words[b + B.interval] = timers.t1;
  words[b + B.deadline] = c.now + 64 * timers.t1;
  sendCancel(c, row, branch);
  c.branches.wheel.arm(branch, c.now + timers.t1);
}

/** A branch's timer fired: A, B, C, E, F, or those of its CANCEL. */
export function branchTimer(c: Context, branch: number): void {
  const words = c.branches.words;
  const b = branch * BRANCH_WORDS;
  const row = words[b + B.transaction]!;
  const state = words[b + B.state]!;
  if (state !== BranchState.calling && state !== BranchState.proceeding) return;
  const isInvite = c.transactions.words[row * TRANSACTION_WORDS + T.method] === Method.INVITE;
  const flags = words[b + B.flags]!;
  const timers = c.adopted.snapshot.timers;
  if (isDue(c.now, words[b + B.deadline]!)) {
    if (
      isInvite &&
      state === BranchState.proceeding &&
      (flags & (BranchFlag.cancelling | BranchFlag.cancelled)) === 0
    ) {
      // Timer C (RFC 3261 16.8).
      cancelBranch(c, row, branch);
      return;
    }
    const slot = words[b + B.slot]!;
    c.tally(slot, Tally.timeouts);
    // An INVITE that rings has been answered as far as its destination is concerned: callers give up, not servers.
    const tells = tellsBySilence(c.transactions.words[row * TRANSACTION_WORDS + T.method]!);
    if (tells && (state === BranchState.calling || !isInvite)) noteUnanswered(c, row, slot, isInvite);
    const isInDialog = (c.transactions.words[row * TRANSACTION_WORDS + T.flags]! & TransactionFlag.inDialog) !== 0;
    // Silence within a dialog may be that of the other phone; only new requests tell about the destination.
    if (slot >= 0 && state === BranchState.calling && !isInDialog) c.live.noteFailure(slot);
    if (tells && state === BranchState.calling) markIfAsked(c, row * TRANSACTION_WORDS, slot, 0);
    branchFailed(c, branch, Cause.timeout, 408);
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
  } else if (isInvite && state === BranchState.proceeding) {
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
