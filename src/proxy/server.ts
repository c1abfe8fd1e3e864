// The server side of a transaction: RFC 3261 17.2 with RFC 6026's accepted state and RFC 4320's rules for non-INVITE.

import { copyEndpoint } from "../net/endpoint.ts";
import { Method } from "../sip/method.ts";
import { logAccess } from "./access-log.ts";
import { B, BRANCH_WORDS, BranchFlag, BranchState } from "./branches.ts";
import { endDialog, endsCall, releaseCalls } from "./call.ts";
import { type Context, Count } from "./context.ts";
import { D, DIALOG_WORDS, DialogState } from "./dialogs.ts";
import { earn, mayRepeat, replyTrying } from "./ration.ts";
import { replyEndpoint, resend } from "./reply.ts";
import { restore } from "./restore.ts";
import { releaseSender } from "./sender.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { removeBranch } from "./treatment-of.ts";
import { earlier, isDue } from "./wheel.ts";

/** An INVITE that has no answer yet gets its 100 after this time (RFC 3261 17.2.1: within 200 ms). */
const TRYING_AFTER = 150;

const IS_CANCELLED = BranchFlag.cancelWanted | BranchFlag.cancelling | BranchFlag.cancelled;

/** The part of transactions and branches that is kept for requests in dialogs: 1 / 2^5. */
const RESERVED_SHIFT = 5;

/**
 * Creates the server transaction for the request at hand; 0 when a table is full (nothing was changed then). For what is not
 * `ofDialog` it is full a little earlier: calls that were taken must be able to end.
 */
export function openTransaction(c: Context, ofDialog: boolean): number {
  const { transactions, branches, message } = c;
  if (!ofDialog && !(hasRoom(transactions) && hasRoom(branches))) return 0;
  const row = transactions.create(c.key1, c.key2);
  if (row === 0) return 0;
  const words = transactions.words;
  const at = row * TRANSACTION_WORDS;
  const handle = c.store.put(message.bytes, message.start, message.end, message.place);
  if (handle === 0) {
    transactions.remove(row);
    return 0;
  }
  words[at + T.request] = handle;
  words[at + T.requestLength] = message.end - message.start;
  words[at + T.state] = TransactionState.proceeding;
  words[at + T.method] = message.method;
  words[at + T.listener] = c.listener;
  words[at + T.created] = c.now;
  words[at + T.set] = -1;
  words[at + T.call1] = c.call1;
  words[at + T.call2] = c.call2;
  copyEndpoint(c.peer, 0, words, at + T.peer);
  replyEndpoint(c, words, at + T.reply);
  words[at + T.local] = c.local[0]!;
  words[at + T.local + 1] = c.local[1]!;
  words[at + T.local + 2] = c.local[2]!;
  words[at + T.local + 3] = c.local[3]!;
  const { t1, t2 } = c.adopted.snapshot.timers;
  // RFC 4320 4.1: a non-INVITE gets a 100 no earlier than the caller's Timer E reaches T2.
  let patience = TRYING_AFTER;
  if (message.method !== Method.INVITE) {
    patience = t1;
    for (let e = t1 * 2; e < t2; e *= 2) patience += e;
    patience += t2 > t1 ? t1 : 0;
  }
  transactions.wheel.arm(row, c.now + patience);
  c.count(Count.transactions_created);
  return row;
}

function hasRoom({ count, capacity }: { readonly count: number; readonly capacity: number }): boolean {
  return count < capacity - (capacity >> RESERVED_SHIFT);
}

/** A request that belongs to this transaction has come again: it is absorbed, and answered as before. */
export function absorb(c: Context, row: number): void {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  c.count(Count.retransmissions_absorbed);
  earn(c, row);
  if (words[at + T.response] !== 0) resend(c, row);
  else if (words[at + T.state] === TransactionState.proceeding && words[at + T.method] === Method.INVITE) {
    replyTrying(c, row);
  }
}

/** The ACK to a final response other than 2xx: the answer need not be sent again. */
export function acknowledged(c: Context, row: number): void {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  if (words[at + T.state] !== TransactionState.completed) return;
  words[at + T.state] = TransactionState.confirmed;
  dropResponse(c, at);
  // Longer than Timer I: our own ACKs towards the destinations (Timer D) need the request for as long. Over streams both
  // are zero.
  c.transactions.wheel.arm(row, c.now + (isReliable(c, at) ? 0 : c.adopted.snapshot.timers.linger));
}

/**
 * A final response was written at `start..start + length` of the outbox and is on its way: the transaction completes.
 * Stores what a retransmission will need, and ends the dialog if this was its BYE.
 */
export function complete(c: Context, row: number, status: number, start: number, length: number): void {
  const { words, wheel } = c.transactions;
  const at = row * TRANSACTION_WORDS;
  const timers = c.adopted.snapshot.timers;
  if (c.adopted.snapshot.accessLog) logAccess(c, row, status);
  const method = words[at + T.method]!;
  if (method !== Method.INVITE) {
    words[at + T.state] = TransactionState.completed;
    storeResponse(c, at, start, length);
    dropRequest(c, at);
    // What its destinations may still say is of no use to anybody (RFC 4320 4.2).
    dropBranches(c, at);
    // Timer J: over a stream the request does not come again.
    wheel.arm(row, c.now + (isStream(c, at) ? 0 : timers.linger));
    if (method === Method.BYE && endsCall(c, at, status)) endDialog(c, row);
    return;
  }
  if (status < 300) {
    words[at + T.state] = TransactionState.accepted;
    dropResponse(c, at);
    if (onlyAccepted(c, at)) dropRequest(c, at);
    wheel.arm(row, c.now + timers.linger);
    return;
  }
  releaseSender(c, at);
  words[at + T.state] = TransactionState.completed;
  storeResponse(c, at, start, length);
  words[at + T.interval] = timers.t1;
  words[at + T.deadline] = c.now + 64 * timers.t1;
  // Over a stream there is no Timer G, only Timer H.
  wheel.arm(row, isStream(c, at) ? words[at + T.deadline]! : c.now + timers.t1);
  const dialog = words[at + T.dialog]!;
  if (dialog !== 0) dropEarly(c, dialog, row);
}

/** Whether the request came over a stream. */
function isStream(c: Context, at: number): boolean {
  return c.adopted.listeners[c.transactions.words[at + T.listener]!]!.isStream;
}

/** Whether the request came over a stream and went over streams only. */
function isReliable(c: Context, at: number): boolean {
  if (!isStream(c, at)) return false;
  const branches = c.branches.words;
  let branch = c.transactions.words[at + T.branch]!;
  while (branch !== 0) {
    if (!c.adopted.listeners[branches[branch * BRANCH_WORDS + B.listener]!]!.isStream) return false;
    branch = branches[branch * BRANCH_WORDS + B.chain]!;
  }
  return true;
}

/** Keeps a provisional response for retransmissions of the request. */
export function rememberProvisional(c: Context, row: number, start: number, length: number): void {
  const at = row * TRANSACTION_WORDS;
  c.transactions.words[at + T.flags] = c.transactions.words[at + T.flags]! | TransactionFlag.ringing;
  storeResponse(c, at, start, length);
}

/** The transaction's timer fired. */
export function serverTimer(c: Context, row: number): void {
  const { words, wheel } = c.transactions;
  const at = row * TRANSACTION_WORDS;
  const state = words[at + T.state];
  if (state === TransactionState.proceeding) {
    const flags = words[at + T.flags]!;
    if ((flags & (TransactionFlag.trying | TransactionFlag.ringing)) !== 0) return;
    if (restore(c, row)) replyTrying(c, row);
    return;
  }
  if (
    state === TransactionState.completed &&
    words[at + T.method] === Method.INVITE &&
    !isDue(c.now, words[at + T.deadline]!)
  ) {
    // Timer G, until Timer H.
    if (mayRepeat(c, row)) resend(c, row);
    const interval = Math.min(words[at + T.interval]! * 2, c.adopted.snapshot.timers.t2);
    words[at + T.interval] = interval;
    wheel.arm(row, earlier(c.now + interval, words[at + T.deadline]!));
    return;
  }
  const end = cancelsUntil(c, at);
  if (end === 0) removeTransaction(c, row);
  else wheel.arm(row, c.now + end);
}

/**
 * For how many more milliseconds a branch that lost may ring, and is to be cancelled, or was cancelled and may have its final response
 * coming, which wants its ACK. 0: none does.
 */
function cancelsUntil(c: Context, at: number): number {
  const { words } = c.branches;
  let longest = 0;
  for (let branch = c.transactions.words[at + T.branch]!; branch !== 0; ) {
    const b = branch * BRANCH_WORDS;
    const state = words[b + B.state]!;
    const isOpen = state === BranchState.calling || state === BranchState.proceeding;
    if (isOpen && (words[b + B.flags]! & IS_CANCELLED) !== 0)
      longest = Math.max(longest, (words[b + B.deadline]! - c.now) | 0);
    branch = words[b + B.chain]!;
  }
  return longest;
}

/** Forgets a transaction and everything that hangs on it. */
export function removeTransaction(c: Context, row: number): void {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  // Still held by who answered where that 2xx came without a To tag, or its dialog found no room.
  releaseCalls(c, at, 0);
  releaseSender(c, at);
  dropBranches(c, at);
  dropRequest(c, at);
  dropResponse(c, at);
  const flags = words[at + T.flags]!;
  if ((flags & TransactionFlag.treated) !== 0) c.treatments.drop(words[at + T.treatment]!);
  if ((flags & TransactionFlag.hasBest) !== 0) c.store.drop(words[at + T.bestResponse]!, words[at + T.bestLength]!);
  c.transactions.remove(row);
}

function dropBranches(c: Context, at: number): void {
  const words = c.transactions.words;
  let branch = words[at + T.branch]!;
  words[at + T.branch] = 0;
  while (branch !== 0) {
    const next = c.branches.words[branch * BRANCH_WORDS + B.chain]!;
    removeBranch(c, branch);
    branch = next;
  }
}

function storeResponse(c: Context, at: number, start: number, length: number): void {
  const words = c.transactions.words;
  dropResponse(c, at);
  // A full store costs a retransmission its absorption, nothing else.
  const handle = length === 0 ? 0 : c.store.put(c.outbox.bytes, start, start + length, c.outbox.place);
  words[at + T.response] = handle;
  words[at + T.responseLength] = handle === 0 ? 0 : length;
}

function dropResponse(c: Context, at: number): void {
  const words = c.transactions.words;
  if (words[at + T.response] === 0) return;
  c.store.drop(words[at + T.response]!, words[at + T.responseLength]!);
  words[at + T.response] = 0;
}

function dropRequest(c: Context, at: number): void {
  const words = c.transactions.words;
  if (words[at + T.request] === 0) return;
  c.store.drop(words[at + T.request]!, words[at + T.requestLength]!);
  words[at + T.request] = 0;
}

/** Whether no branch will need the request again for an ACK, a CANCEL or a retransmission. */
function onlyAccepted(c: Context, at: number): boolean {
  const branches = c.branches.words;
  for (
    let branch = c.transactions.words[at + T.branch]!;
    branch !== 0;
    branch = branches[branch * BRANCH_WORDS + B.chain]!
  ) {
    if (branches[branch * BRANCH_WORDS + B.state] !== BranchState.accepted) return false;
  }
  return true;
}

function dropEarly(c: Context, dialog: number, row: number): void {
  const d = dialog * DIALOG_WORDS;
  const words = c.dialogs.words;
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  t[at + T.dialog] = 0;
  if (words[d + D.state] !== DialogState.early || words[d] !== t[at + T.call1]) return;
  // Another INVITE of the same call may have announced it.
  if (c.branches.words[words[d + D.branch]! * BRANCH_WORDS + B.transaction] === row) c.dialogs.remove(dialog);
}
