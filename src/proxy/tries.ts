// Who gets the request next: one candidate after the other, or all of a set at once where its algorithm forks.
import { DestinationColumn } from "../bridge/snapshot.ts";
import { isV4 } from "../net/endpoint.ts";
import { Method } from "../sip/method.ts";
import { B, BRANCH_WORDS, BranchFlag } from "./branches.ts";
import { type Context, Count, Tally } from "./context.ts";
import { endFork, maxBreadth } from "./fork.ts";
import { leadsToDialog } from "./replaces.ts";
import { takeResources } from "./resources.ts";
import { chooseAgain } from "./routing.ts";
import { isToBeTried, moveUp } from "./same-name.ts";
import { startBranch } from "./start-branch.ts";
import { isShort } from "./stream-room.ts";
import { T, TRANSACTION_WORDS, TransactionFlag } from "./transactions.ts";

/** A candidate was passed over, or all were: it is gone, cannot be reached from here, or has no room. */
export const PASSED_OVER = -1;
/** The same, where the candidate might have taken it: the stream worker has no room for it. */
export const SHORT = -2;

/**
 * Tries the next candidate for the request at hand, or all that are left of its set where that forks. Returns 0 when it was
 * sent, `PASSED_OVER` when no candidate was left or had room, `SHORT` when one of them only could not be reached for want of room here,
 * 503 when the tables have none, 513 when the message does not fit into a datagram.
 */
export function tryNext(c: Context, row: number): number {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const isFirst = t[at + T.candidate] === 0;
  let none: number = PASSED_OVER;
  if (!isFirst) {
    chooseAgain(c, row);
    endFork(c, at);
  }
  while (t[at + T.candidate]! < t[at + T.candidates]!) {
    const index = t[at + T.candidate]!;
    const slot = slotAt(c, at, index);
    t[at + T.tries] = t[at + T.tries]! - 1;
    const width = widthOf(c, at, slot);
    let status: number = PASSED_OVER;
    if (width > 1) status = tryAll(c, row, slot, width);
    else {
      t[at + T.candidate] = index + 1;
      // It has asked for that since the candidates were chosen.
      if (index === 0 || !c.live.isResting(slot)) status = tryOne(c, row, slot, 0, 0);
    }
    if (status >= 0) return status;
    if (status === SHORT) none = SHORT;
    t[at + T.tries] = t[at + T.tries]! + 1;
  }
  return none;
}

function slotAt(c: Context, at: number, index: number): number {
  return c.transactions.slots[(at + T.slots) * 2 + index]!;
}

function setOf(c: Context, slot: number): number {
  return c.adopted.snapshot.destinations[c.adopted.row(slot) + DestinationColumn.set]!;
}

/** To how many destinations of this one's set the request at hand may go at once. */
function widthOf(c: Context, at: number, slot: number): number {
  const most = c.adopted.sets[setOf(c, slot)]?.maxBranches ?? 1;
  if (most === 1) return 1;
  // What is about a dialog that one of them has is for that one.
  if ((c.transactions.words[at + T.flags]! & TransactionFlag.inDialog) !== 0 || leadsToDialog(c)) return 1;
  // Who stands by for others is tried when these have failed (RFC 3263 4.3).
  if (c.live.isStandby(slot)) return 1;
  return Math.min(most, maxBreadth(c.message));
}

/** Sends the request at hand to the candidates that follow, as far as they are of the set of `first` and serve now: `width` at most. */
function tryAll(c: Context, row: number, first: number, width: number): number {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const set = setOf(c, first);
  const from = t[at + T.candidate]!;
  let to = from + 1;
  for (; to < t[at + T.candidates]!; to++) {
    const slot = slotAt(c, at, to);
    if (setOf(c, slot) !== set || c.live.isStandby(slot)) break;
  }
  // Nobody is tried later who was too many now; and how long silence is waited for depends on who comes behind all these.
  t[at + T.candidate] = to;
  const breadth = Math.floor(maxBreadth(c.message) / Math.min(width, to - from));
  let started = 0;
  let status: number = PASSED_OVER;
  for (let index = from; index < to && started < width; index++) {
    const slot = slotAt(c, at, index);
    if (from > 0 && c.live.isResting(slot)) continue;
    const result = tryOne(c, row, slot, BranchFlag.forked, breadth);
    if (result === 0) started++;
    else if (result > 0 || status === PASSED_OVER) status = result;
  }
  if (started === 0) return status;
  if (started > 1) t[at + T.flags] = t[at + T.flags]! | TransactionFlag.forked;
  return 0;
}

/**
 * Sends the request at hand, which waits for a connection to the candidate that was tried last and has not left, to the candidate in `slot`,
 * which is still to be tried. The one before becomes the last to be tried, and no try is spent. Returns 0, or something else when
 * nothing has been sent nor changed.
 */
export function tryInstead(c: Context, row: number, slot: number): number {
  const { words, slots } = c.transactions;
  const at = row * TRANSACTION_WORDS;
  if (!isToBeTried(c, at, slot)) return PASSED_OVER;
  const status = tryOne(c, row, slot, 0, 0);
  if (status !== 0) return status;
  const next = words[at + T.candidate]!;
  moveUp(c, at, slot, next - 1);
  const first = (at + T.slots) * 2;
  const last = first + words[at + T.candidates]! - 1;
  const before = slots[first + next]!;
  slots.copyWithin(first + next, first + next + 1, last + 1);
  slots[last] = before;
  return 0;
}

function tryOne(c: Context, row: number, slot: number, flags: number, breadth: number): number {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const rows = c.adopted.snapshot.destinations;
  const destination = c.adopted.row(slot);
  if (rows[destination + DestinationColumn.used] === 0) return PASSED_OVER;
  const listener = sendingListener(c, at, destination);
  if (listener < 0) return PASSED_OVER;
  if ((t[at + T.flags]! & TransactionFlag.inDialog) === 0 && isShort(c, listener)) {
    if ((t[at + T.flags]! & TransactionFlag.short) === 0) c.count(Count.stream_queue_full);
    t[at + T.flags] = t[at + T.flags]! | TransactionFlag.short;
    return SHORT;
  }
  if (t[at + T.method] !== Method.INVITE) return startBranch(c, row, slot, rows, destination, listener, flags, breadth);
  if (!c.live.reserve(c.worker, slot, rows[destination + DestinationColumn.maxCalls]!)) return PASSED_OVER;
  const needed = t[at + T.resources]!;
  const account = takeResources(c, needed, slot);
  if (account < 0) {
    c.live.release(c.worker, slot);
    return PASSED_OVER;
  }
  c.tally(slot, Tally.calls);
  const status = startBranch(c, row, slot, rows, destination, listener, flags, breadth);
  if (status !== 0) {
    c.live.release(c.worker, slot);
    if (account > 0) c.live.resources.give(c.worker, account - 1, needed);
    return status;
  }
  const words = c.branches.words;
  const b = t[at + T.branch]! * BRANCH_WORDS;
  words[b + B.flags] = words[b + B.flags]! | BranchFlag.counted;
  words[b + B.account] = account;
  return 0;
}

/** The listener by which requests of the transaction at word `at` go to a destination; -1: there is none. */
export function sendingListener(c: Context, at: number, destination: number): number {
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
