// Which route a new request takes (the first that matches), and which candidates its set offers.
import { inBlocks } from "../bridge/address-block.ts";
import type { MatchEntry } from "../bridge/request-changes.ts";
import type { DispatchAction, RouteEntry } from "../bridge/route-entry.ts";
import { demandOf } from "../dispatch/resources.ts";
import { KeySource } from "../dispatch/types.ts";
import { Method } from "../sip/method.ts";
import { sameBytes } from "../sip/scan.ts";
import { challenger, setOfSlot } from "./call.ts";
import { choiceKey } from "./choice-key.ts";
import type { Context } from "./context.ts";
import { fromTagHash } from "./identity.ts";
import { isAccepted } from "./key-text.ts";
import { matchesUri } from "./pattern.ts";
import { leadsToDialog, NO_DIALOG, slotOfNamedDialog } from "./replaces.ts";
import { isProtected, isSips, keepSecure } from "./secured.ts";
import { admitSlowly } from "./slow-start.ts";
import { MAX_CANDIDATES, T, TRANSACTION_WORDS } from "./transactions.ts";
import type { WorkerSet } from "./worker-set.ts";

/** The first route that matches the request at hand, or null. Traffic from the pool sees only routes with `from_set`. */
export function findRoute(c: Context): RouteEntry | null {
  const routes = c.adopted.routes;
  for (let i = 0; i < routes.length; i++) if (isMatch(c, routes[i]!)) return routes[i]!;
  return null;
}

/** Whether a route matches the request at hand: every condition that it has must hold. */
export function isMatch(c: Context, route: RouteEntry): boolean {
  if (c.pool >= 0) {
    if (route.fromSet === -1) return false;
    if (route.fromSet >= 0 && c.adopted.poolSlot(c.listener, c.peer, c.message.topVia, route.fromSet) < 0) return false;
  } else if (route.fromSet !== -1) return false;
  if (route.listener >= 0 && route.listener !== c.listener) return false;
  const { message } = c;
  if (route.methods.length > 0 && !isMethod(c, route.methods)) return false;
  if (route.source.length > 0 && !inBlocks(c.peer, 0, route.source)) return false;
  if (route.requestUri !== null && !matchesUri(route.requestUri, message.requestUri, message.bytes)) return false;
  if (route.from !== null) {
    if (
      !c.uri.reset(message.bytes, message.from.uriStart, message.from.uriEnd) ||
      !matchesUri(route.from, c.uri, message.bytes)
    )
      return false;
  }
  if (route.to !== null) {
    if (
      !c.uri.reset(message.bytes, message.to.uriStart, message.to.uriEnd) ||
      !matchesUri(route.to, c.uri, message.bytes)
    )
      return false;
  }
  return route.match.length === 0 || isLike(c, route.match);
}

function isLike(c: Context, conditions: readonly MatchEntry[]): boolean {
  for (let i = 0; i < conditions.length; i++) {
    const { of, automaton, isNot } = conditions[i]!;
    if (isAccepted(c, of, automaton) === isNot) return false;
  }
  return true;
}

function isMethod(c: Context, methods: readonly Uint8Array[]): boolean {
  const { bytes, method, methodStart, methodEnd } = c.message;
  for (let i = 0; i < methods.length; i++) {
    const name = methods[i]!;
    if (sameBytes(bytes, methodStart, methodEnd, name, 0, name.length)) return true;
    // ACK and CANCEL go where their INVITE went.
    if (
      (method === Method.ACK || method === Method.CANCEL) &&
      sameBytes(INVITE, 0, INVITE.length, name, 0, name.length)
    )
      return true;
  }
  return false;
}

const INVITE = Buffer.from("INVITE", "latin1");
/** Candidates that a set keeps, if it has as many, where one that forks is behind it. */
const SOME = 4;
const before = new Uint16Array(MAX_CANDIDATES);

/**
 * Fills `c.candidates` for the request at hand from a set, `key` being the route's own or -1, `resources` what it needs; returns how
 * many there are.
 */
export function selectCandidates(c: Context, setIndex: number, key: number, resources: number): number {
  let count = select(c, c.adopted.sets[setIndex]!, key, resources);
  if (isSips(c)) count = keepSecure(c, count);
  const preferred = preferredSlot(c, setIndex);
  return preferred >= 0 ? preferSlot(c, preferred, count) : count;
}

/**
 * Fills `c.candidates` from all sets of a route, one after the other; returns how many there are. Those of an earlier set leave as
 * many places to each further one as it has destinations, up to an equal share: else a large set would hide all behind it. A set that
 * forks gets as many as it has branches before any share is dealt out, but for one place for each set behind it.
 */
export function selectFromSets(c: Context, { set, others, key, resources }: DispatchAction): number {
  const { candidates } = c;
  let room = candidates.length;
  const equal = Math.floor(MAX_CANDIDATES / (1 + others.length));
  for (let i = 0; i < others.length; i++) room -= shareOf(c, others[i]!, equal);
  let count = Math.min(selectCandidates(c, set, key, resources), roomFor(c, set, room, equal, others.length, 0));
  for (let i = 0; i < others.length; i++) {
    room += shareOf(c, others[i]!, equal);
    for (let at = 0; at < count; at++) before[at] = candidates[at]!;
    const left = roomFor(c, others[i]!, room - count, equal, others.length - 1 - i, count);
    const more = Math.max(0, Math.min(selectCandidates(c, others[i]!, key, resources), left));
    candidates.copyWithin(count, 0, more);
    for (let at = 0; at < count; at++) candidates[at] = before[at]!;
    count += more;
    // Who has challenged the caller comes before all, whichever set it is in.
    const preferred = preferredSlot(c, others[i]!);
    if (preferred >= 0) count = preferSlot(c, preferred, count);
  }
  return count;
}

function shareOf(c: Context, setIndex: number, equal: number): number {
  const { maxBranches, dispatch } = c.adopted.sets[setIndex]!;
  return Math.min(maxBranches > 1 ? maxBranches : equal, dispatch.slots.length);
}

/**
 * How many places a set gets of those that are not `taken`: `room`, and no fewer than it has branches, or than some to fail over to where
 * one that forks is behind it, as long as the sets `behind` keep one each.
 */
function roomFor(c: Context, setIndex: number, room: number, equal: number, behind: number, taken: number): number {
  const { maxBranches, dispatch } = c.adopted.sets[setIndex]!;
  const least = maxBranches > 1 ? maxBranches : Math.min(SOME, equal);
  return Math.max(room, Math.min(least, dispatch.slots.length, MAX_CANDIDATES - taken - behind));
}

function select(c: Context, set: WorkerSet, key: number, resources: number): number {
  const { dispatch } = set;
  const { algorithm } = dispatch;
  const number =
    algorithm.key === KeySource.resources
      ? demandOf(resources, c.message.method === Method.INVITE)
      : choiceKey(c, set, key);
  if (set.heedsOverload) c.live.shed.now = (c.now + c.skew) | 0;
  const count = algorithm.select(dispatch, number, c.live, c.candidates);
  if (set.startsSlowly) admitSlowly(c, number, algorithm.isPure, count);
  return set.hasStandby ? appendStandby(c, dispatch.slots, count) : count;
}

/**
 * At failover, where the set's algorithm looks at the present once more: the candidates of `row` behind those that were tried become
 * whoever has room now, best first, and those of further sets stay behind them. The request is at hand.
 */
export function chooseAgain(c: Context, row: number): void {
  const t = c.transactions.words;
  const at = row * TRANSACTION_WORDS;
  const set = c.adopted.sets[t[at + T.set]!];
  if (set === undefined || set.dispatch.algorithm.choosesAgain !== true) return;
  let count = select(c, set, -1, t[at + T.resources]!);
  if (isSips(c)) count = keepSecure(c, count);
  const { slots } = c.transactions;
  const first = (at + T.slots) * 2;
  const tried = t[at + T.candidate]!;
  let further = 0;
  for (let i = tried; i < t[at + T.candidates]!; i++)
    if (setOfSlot(c, slots[first + i]!) !== t[at + T.set]) before[further++] = slots[first + i]!;
  let next = tried;
  for (let i = 0; i < count && next < MAX_CANDIDATES - further; i++) {
    const slot = c.candidates[i]!;
    let known = 0;
    while (known < tried && slots[first + known] !== slot) known++;
    if (known === tried) slots[first + next++] = slot;
  }
  for (let i = 0; i < further; i++) slots[first + next++] = before[i]!;
  t[at + T.candidates] = next;
}

/** Behind all others: destinations of worse SRV priority, for when those before them turn out to be dead (RFC 3263 4.3). */
function appendStandby(c: Context, slots: Uint16Array, selected: number): number {
  const { candidates, live } = c;
  let count = selected;
  for (let i = 0; i < slots.length && count < candidates.length; i++) {
    if (live.isStandby(slots[i]!)) candidates[count++] = slots[i]!;
  }
  return count;
}

/** The one destination that has to be first: the one that holds the dialog named by Replaces or Join, or that challenged. */
function preferredSlot(c: Context, setIndex: number): number {
  if (leadsToDialog(c)) {
    const slot = c.hint === 0 ? slotOfNamedDialog(c) : c.hint - NO_DIALOG - 1;
    if (slot >= 0) return slot;
  }
  if (c.dialogs.challenged === 0) return -1;
  const slot = challenger(c, fromTagHash(c), c.message.cseq, setIndex);
  // A challenge is no way into another set than the routes say.
  return slot >= 0 && setOfSlot(c, slot) === setIndex ? slot : -1;
}

function preferSlot(c: Context, slot: number, count: number): number {
  // Sips goes over TLS or not at all: not even the call that it is about is worth an unprotected hop.
  if (isSips(c) && !isProtected(c, slot)) return count;
  const { candidates } = c;
  let at = 0;
  while (at < count && candidates[at] !== slot) at++;
  // Not among the candidates: it does not take new calls, but this one is about a call that it has.
  if (at === count && count < candidates.length) count++;
  if (at === candidates.length) at--;
  for (; at > 0; at--) candidates[at] = candidates[at - 1]!;
  candidates[0] = slot;
  return count;
}
