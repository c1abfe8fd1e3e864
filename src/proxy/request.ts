// A request has arrived: RFC 3261 16.3 to 16.6. Each step either settles the matter or passes on to the next; what comes
// back is 0, or the status that the loop has to answer.
import type { DispatchAction } from "../bridge/route-entry.ts";
import { Method } from "../sip/method.ts";
import { REASONS, Reason } from "../sip/reason.ts";
import { Admission, admit, mayRefuse, refuseNew } from "./admission.ts";
import { busy } from "./busy.ts";
import { cancelBranches } from "./cancel.ts";
import { isPureChoice } from "./choice-key.ts";
import { type Context, Count } from "./context.ts";
import { maxBreadth } from "./fork.ts";
import { dispatchRequest, forwardDirect, forwardFromPool, forwardOverFlow } from "./forward.ts";
import { fromTagHash, hashTransaction, loopHash, tagHash } from "./identity.ts";
import { followDialog, followToken } from "./in-dialog.ts";
import { dropCount, judgeRequest } from "./judge.ts";
import { isLoop } from "./loops.ts";
import { isViaTrue, readOwnRoute } from "./own-route.ts";
import { isOverRate } from "./rate-limit.ts";
import { findContact } from "./redirect.ts";
import { hasOwnTag } from "./reply.ts";
import { TokenState } from "./route-finding.ts";
import { findRoute } from "./routing.ts";
import { isScanner } from "./scanners.ts";
import { takeOfSender } from "./sender.ts";
import { absorb, acknowledged } from "./server.ts";
import { T, TRANSACTION_WORDS, TransactionFlag, TransactionState } from "./transactions.ts";
import { isAllowed } from "./trust.ts";

/** Handles the request at hand; `c.call1` is set. Returns 0 or the status to be answered. */
export function handleRequest(c: Context): number {
  const { message } = c;
  if (!isAllowed(c)) {
    c.count(Count.dropped_not_allowed);
    return 0;
  }
  const reason = judgeRequest(c);
  if (reason !== Reason.ok) return refuse(c, reason);
  c.counters.addRequest(c.listener, message.method);
  // Without transactions their key is asked for by few, and made where it is.
  if (c.adopted.anyStateful) {
    hashTransaction(c);
    const row = c.transactions.find(c.key1, c.key2);
    if (row !== 0 && belongs(c, row)) return 0;
    if (row !== 0 && message.method === Method.CANCEL) return cancel(c, row);
  }
  // To a rejection of ours that no transaction was made for (RFC 3261 16.3, 8.2.7).
  if (message.method === Method.ACK && hasOwnTag(c)) return 0;
  c.pool = c.adopted.poolSlot(c.listener, c.peer, c.message.topVia, -2);
  readOwnRoute(c, message, c.ownRoute);
  if (c.adopted.scanners !== null && c.pool < 0 && isScanner(c) && !isOfDialog(c)) {
    c.count(Count.dropped_scanner);
    return 0;
  }
  const { rates } = c.adopted.snapshot;
  if (rates !== null && c.pool < 0 && !isOfDialog(c)) {
    const isAnswered = rates.rejects && message.method !== Method.ACK;
    if (isOverRate(c, isAnswered, true)) return isAnswered ? busy(c) : 0;
  }
  if (message.maxForwards === 0) {
    c.count(Count.max_forwards);
    return 483;
  }
  c.isViaTrue = isViaTrue(c, message);
  c.loop = loopHash(c);
  if (isLoop(c)) {
    c.count(Count.loops);
    return 482;
  }
  if (maxBreadth(message) === 0) return 440;
  return chooseWay(c);
}

function refuse(c: Context, reason: Reason): number {
  const entry = REASONS[reason]!;
  if (entry.status === 0) {
    c.count(dropCount(reason));
    return 0;
  }
  if (isUnanswered(c)) return 0;
  c.count(reason >= Reason.tooLarge ? Count.rejected_too_large : Count.rejected_malformed);
  c.phrase = entry.phraseBytes;
  return entry.status;
}

/** Whether nothing is said of what is wrong with the request at hand: a scanner sent it, or somebody beyond the rate. Then it is counted. */
export function isUnanswered(c: Context): boolean {
  // Whether it is of a dialog cannot be told of what is malformed: an answer would be worse than none.
  if (c.adopted.scanners !== null && isScanner(c)) {
    c.count(Count.dropped_scanner);
    return true;
  }
  if (c.adopted.snapshot.rates === null) return false;
  c.pool = c.adopted.poolSlot(c.listener, c.peer, c.message.topVia, -2);
  return c.pool < 0 && isOverRate(c, false, false);
}

/** Whether the request was settled by a transaction that knows it: a retransmission, or the ACK to a failure. */
function belongs(c: Context, row: number): boolean {
  const { method } = c.message;
  if (method === Method.CANCEL) return false;
  if (method !== Method.ACK) {
    absorb(c, row);
    return true;
  }
  const state = c.transactions.words[row * TRANSACTION_WORDS + T.state];
  // A 2xx is acknowledged end to end, even by a caller that uses its INVITE's branch for it.
  if (state === TransactionState.accepted || state === TransactionState.proceeding) return false;
  acknowledged(c, row);
  return true;
}

/** CANCEL of an INVITE that is known (RFC 3261 16.10): answered here, and passed on to where the INVITE went. */
function cancel(c: Context, row: number): number {
  const words = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  if (words[at + T.method] !== Method.INVITE) return 481;
  if (words[at + T.state] === TransactionState.proceeding && (words[at + T.flags]! & TransactionFlag.cancelled) === 0) {
    words[at + T.flags] = words[at + T.flags]! | TransactionFlag.cancelled;
    cancelBranches(c, row, 0);
  }
  return 200;
}

/** Whether the request is in a dialog for which we have a token that verifies, or that we remember. */
function isOfDialog(c: Context): boolean {
  const { to, view } = c.message;
  if (hasToken(c)) return true;
  if (to.tagStart < 0 || isNeverOfDialog(c.message.method)) return false;
  return c.dialogs.find(c.call1, c.call2, fromTagHash(c), tagHash(c, view, to.tagStart, to.tagEnd)) !== 0;
}

/** Whether the request may follow the token in our Record-Route. */
export function hasToken(c: Context): boolean {
  const { to, method } = c.message;
  if (c.ownRoute.token !== TokenState.valid || isNeverOfDialog(method)) return false;
  return to.tagStart >= 0 || belongsToDialog(method);
}

/** A Record-Route means nothing to a REGISTER (RFC 3261 10.2), whatever To tag somebody has made up for it. */
export function isNeverOfDialog(method: Method): boolean {
  return method === Method.REGISTER;
}

/** In a dialog: by token, by memory, by hash. Otherwise: by the routes. */
function chooseWay(c: Context): number {
  const { message, ownRoute } = c;
  const isInDialog = message.to.tagStart >= 0 && !isNeverOfDialog(message.method);
  if (hasToken(c)) {
    const status = followToken(c);
    return status !== 0 ? status : forwardDirect(c);
  }
  if (ownRoute.token === TokenState.bad) return unknownDialog(c);
  if (isInDialog) {
    const toTag = tagHash(c, message.view, message.to.tagStart, message.to.tagEnd);
    const dialog = c.dialogs.find(c.call1, c.call2, fromTagHash(c), toTag);
    if (dialog !== 0) {
      const status = followDialog(c, dialog);
      return status !== 0 ? status : forwardDirect(c);
    }
    if (ownRoute.flow !== TokenState.none) return forwardOverFlow(c, c.adopted.snapshot.stateful);
    const follows = (c.pool >= 0 || ownRoute.cuts > 0) && followsInvite(c);
    if (c.pool >= 0 && !follows) return forwardFromPool(c, c.adopted.snapshot.stateful);
    // Our Route without a token: we always write one, so this is somebody else's idea of how we remember dialogs.
    if (ownRoute.cuts > 0 && !follows) return unknownDialog(c);
  }
  if (mayRefuse(c)) {
    const admission = admit(c);
    if (admission !== Admission.taken) return refuseNew(c, admission);
  }
  if (ownRoute.flow !== TokenState.none) return forwardOverFlow(c, c.adopted.snapshot.stateful);
  const route = findRoute(c);
  if (route === null) {
    if (c.pool >= 0) return forwardFromPool(c, c.adopted.snapshot.stateful);
    c.count(Count.rejected_no_route);
    return 404;
  }
  const { action } = route;
  if (action.kind === "dispatch") {
    if (c.pool >= 0 && isOfSets(c, action)) return takeOfSender(c, route, forwardFromPool(c, action.stateful));
    const isPure = isPureChoice(c, c.adopted.sets[action.set]!, action.key);
    // What belongs to a call that nobody remembers may only follow a function of the message itself.
    if (
      (isInDialog || message.method === Method.CANCEL || message.method === Method.ACK) &&
      action.stateful &&
      (!isPure || message.method === Method.CANCEL)
    ) {
      return unknownDialog(c);
    }
    return takeOfSender(c, route, dispatchRequest(c, action, isInDialog));
  }
  // Before the answer that a CANCEL gets: who is to hear nothing hears nothing.
  if (action.kind === "drop") {
    c.count(Count.dropped_by_route);
    return 0;
  }
  if (message.method === Method.CANCEL) return unknownDialog(c);
  if (action.kind === "forward") {
    if (c.pool >= 0) return takeOfSender(c, route, forwardFromPool(c, action.stateful));
    // No open relay: what does not come from the pool goes to destinations only.
    c.count(Count.rejected_relay);
    return 403;
  }
  if (action.kind === "redirect" && action.set >= 0 && (message.method === Method.ACK || !findContact(c, action.set)))
    return busy(c);
  const answers = c.adopted.routeAnswer(route);
  c.phrase = answers.phrase;
  c.extra = answers.extra;
  return action.status;
}

/**
 * Whether this is an ACK that finds its INVITE's way by the routes alone. The one to a failure has the Route of its INVITE (RFC
 * 3261 17.1.1.3): where that was forwarded without a transaction, nobody else knows of it.
 */
function followsInvite(c: Context): boolean {
  if (c.message.method !== Method.ACK) return false;
  const action = findRoute(c)?.action;
  if (action?.kind !== "dispatch" || action.stateful) return false;
  return isPureChoice(c, c.adopted.sets[action.set]!, action.key);
}

/** Whether the request at hand comes from a destination of one of the action's sets. */
function isOfSets(c: Context, { set, others }: DispatchAction): boolean {
  const { topVia } = c.message;
  if (c.adopted.poolSlot(c.listener, c.peer, topVia, set) >= 0) return true;
  for (let i = 0; i < others.length; i++)
    if (c.adopted.poolSlot(c.listener, c.peer, topVia, others[i]!) >= 0) return true;
  return false;
}

/**
 * Whether a request without a To tag may follow a token: one that is of a dialog anyway, for callees that set no tags (RFC
 * 2543). Any other is new, and has to take the routes like everybody's: a call of one's own is no way round them.
 */
function belongsToDialog(method: Method): boolean {
  return method === Method.ACK || method === Method.BYE;
}

/** 481, always the same for a forged token and for a call that is over; the loop drops it for an ACK. */
function unknownDialog(c: Context): number {
  if (c.message.method === Method.ACK) c.count(Count.dropped_unmatched_ack);
  return 481;
}
