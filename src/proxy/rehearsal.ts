// One message through the real loop, over a plane without sockets and tables of its own, and what can be said about it
// afterwards. Nothing is decided here: `fairlead explain` shows what the packet path did.

import { COUNTERS } from "../bridge/counters.ts";
import { FIRST_EXPRESSION } from "../bridge/key-expression.ts";
import type { RouteEntry } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, type Snapshot } from "../bridge/snapshot.ts";
import { DestinationState, KeySource } from "../dispatch/types.ts";
import { ENDPOINT_WORDS, formatAddress, formatEndpoint, isV4, parseEndpoint, sameEndpoint } from "../net/endpoint.ts";
import { defaultPort } from "../net/transport.ts";
import { Header } from "../sip/header.ts";
import { hostWords } from "../sip/host.ts";
import { Message } from "../sip/message.ts";
import { REASONS } from "../sip/reason.ts";
import { transportOf } from "../sip/uri.ts";
import { validateResponse } from "../sip/validate.ts";
import { authUser, findAuthUser } from "./auth-user.ts";
import { choiceKey, keyChoice } from "./choice-key.ts";
import type { Context } from "./context.ts";
import { judgeRequest } from "./judge.ts";
import { expressionText } from "./key-text.ts";
import { loneLoop } from "./lone-loop.ts";
import { partMismatch, type RouteCondition, routeMismatch } from "./mismatch.ts";
import { Side, TokenState } from "./route-finding.ts";
import { SilentPlane } from "./silent-plane.ts";
import { hasProtected, isTrusted } from "./trust.ts";
import { type Way, wayOf } from "./way.ts";

/** Marks places of the candidate list that nobody wrote to. */
const UNTOUCHED = 0xffff;
const LOOPBACK_V4 = "127.0.0.1";
const LOOPBACK_V6 = "::1";

/** How a destination is doing when the message comes. */
export interface Condition {
  readonly slot: number;
  readonly state: keyof typeof DestinationState;
  /** Calls on it. */
  readonly load: number;
  /** What it is worth; absent: 0. */
  readonly score?: number;
  /** How much of each named resource is in use there; absent: nothing. */
  readonly resources?: Readonly<Record<string, number>>;
}

/** A numeric host without brackets, and a port. */
export interface NumericAddress {
  readonly host: string;
  readonly port: number;
}

/** What arrives, where, from whom. */
export interface Scene {
  readonly snapshot: Snapshot;
  readonly conditions: readonly Condition[];
  readonly bytes: Buffer;
  readonly source: NumericAddress;
  /** Index of the listener that receives it. */
  readonly listener: number;
}

/** A datagram that would be sent. */
export interface Outgoing {
  readonly text: string;
  /** `host:port`. */
  readonly to: string;
  readonly listener: number;
}

/** What happened. Indices are those of the snapshot; -1: none. */
export interface Rehearsal {
  readonly isRequest: boolean;
  /** The start line's method and request URI, as far as they could be read. */
  readonly method: string;
  readonly requestUri: string;
  /** What the validation says: counter name, `ok` when nothing is wrong; status 0: no answer. */
  readonly verdict: { readonly reason: string; readonly status: number; readonly phrase: string };
  /** Null for a response. */
  readonly way: Way | null;
  readonly isInDialog: boolean;
  /** An INVITE that names another dialog. */
  readonly replaces: boolean;
  /** Which side sent it, where our Record-Route told. */
  readonly side: "caller" | "callee" | null;
  /** Slot of the destination that sent it. */
  readonly pool: number;
  /** The route that matched, when routes were asked, and why each before it did not. */
  readonly route: number;
  readonly mismatches: readonly RouteCondition[];
  /** Of each of these: which part of its `match` the message does not fit, and what the message has there; null: another condition. */
  readonly parts: readonly ({ readonly place: number; readonly text: string } | null)[];
  /** Whether candidates were asked for: the route's set is where it goes. */
  readonly isDispatched: boolean;
  readonly key: {
    readonly source: keyof typeof KeySource | "expression";
    readonly text: string;
    readonly value: number;
  } | null;
  readonly candidates: readonly number[];
  /** Slots of the candidates to which it was sent: several where it forks. */
  readonly taken: readonly number[];
  /** Whether it has protected headers that its sender may not have sent. */
  readonly withholds: boolean;
  /** Whether Route values of others were left out. */
  readonly dropsRoutes: boolean;
  /** The first thing sent for it; null: nothing. */
  readonly sent: Outgoing | null;
  /** Counters that were raised. */
  readonly counters: readonly string[];
}

/** Puts the message on the stage. */
export function rehearse(scene: Scene): Rehearsal {
  const { snapshot, bytes } = scene;
  const plane = new SilentPlane();
  const { context, loop } = loneLoop(plane, {
    snapshot,
    limits: { transactions: 1024, dialogs: 1024, messageBytes: 1 << 24 },
    now: () => performance.now(),
  });
  const { names, accounts } = snapshot.resources;
  for (const { slot, state, load, score = 0, resources = {} } of scene.conditions) {
    context.live.setState(slot, DestinationState[state]);
    context.live.setScore(slot, score);
    for (let i = 0; i < load; i++) context.live.reserve(0, slot, 0);
    for (const [name, used] of Object.entries(resources)) {
      const [account, number] = [accounts[slot] ?? -1, names.indexOf(name)];
      // Servers in several sets have told of the same account.
      while (account >= 0 && number >= 0 && context.live.resourceLoad(account, number) < used)
        context.live.resources.force(0, account, 1 << number);
    }
  }
  context.candidates.fill(UNTOUCHED);
  // What a listener drops unread is to be explained all the same.
  context.adopted.hasGate = false;
  const { inbox } = plane;
  inbox.end[0] = inbox.start[0]! + bytes.copy(inbox.bytes, inbox.start[0]!);
  inbox.listener[0] = scene.listener;
  parseEndpoint(scene.source.host, scene.source.port, inbox.peer, 0);
  if (snapshot.listeners[scene.listener]?.isWildcard === true) {
    const local = new Int32Array(ENDPOINT_WORDS);
    parseEndpoint(isV4(inbox.peer, 0) ? LOOPBACK_V4 : LOOPBACK_V6, 0, local, 0);
    inbox.local.set(local.subarray(0, 4), 0);
  }
  loop.receive(1);
  plane.outbox.flush();
  return account(context, plane);
}

/** Where the message says that its sender is: the top Via's host, when it is numeric, and port. */
export function claimedSource(bytes: Buffer): NumericAddress | null {
  const message = new Message();
  message.reset(bytes, 0, bytes.length);
  const via = message.topVia;
  const words = new Int32Array(ENDPOINT_WORDS);
  if (via.hostStart < 0 || !hostWords(bytes, via.hostStart, via.hostEnd, words, 0)) return null;
  const usual = defaultPort(transportOf(message.bytes, via.transportStart, via.transportEnd));
  return { host: formatAddress(words, 0), port: via.port === 0 ? usual : via.port };
}

function account(c: Context, plane: SilentPlane): Rehearsal {
  const { message } = c;
  const { isRequest } = message;
  const reason = REASONS[isRequest ? judgeRequest(c) : validateResponse(message)]!;
  const way = isRequest ? wayOf(c) : null;
  const first = plane.sent[0];
  const counters = COUNTERS.filter((name, i) => name !== "received" && c.counters.column[i]! > 0);
  const touched = c.candidates.indexOf(UNTOUCHED);
  const candidates = [...c.candidates.subarray(0, touched < 0 ? c.candidates.length : touched)];
  const isDispatched =
    candidates.length > 0 || counters.includes("rejected_no_destination") || counters.includes("rejected_full");
  const { routes } = c.adopted;
  const mismatches = way === "routes" ? routes.map((each) => routeMismatch(c, each)) : [];
  const route = mismatches.indexOf(null);
  const isForwarded = first !== undefined && first.bytes.subarray(0, 8).toString("latin1") !== "SIP/2.0 ";
  return {
    isRequest,
    method: textOf(message, message.methodStart, message.methodEnd),
    requestUri: textOf(message, message.uriStart, message.uriEnd),
    verdict: { reason: reason.counter, status: reason.status, phrase: reason.phrase },
    way,
    isInDialog: isRequest && message.to.tagStart >= 0,
    replaces: message.count[Header.replaces] !== 0 || message.count[Header.join] !== 0,
    side: c.ownRoute.token !== TokenState.valid ? null : c.token.side === Side.caller ? "caller" : "callee",
    pool: c.pool,
    route,
    parts: mismatches.map((each, at) => (each === "match" ? partOf(c, routes[at]!) : null)),
    mismatches: mismatches.slice(0, route < 0 ? mismatches.length : route).filter((each) => each !== null),
    isDispatched,
    key: isDispatched ? keyOf(c, route) : null,
    candidates,
    withholds: isRequest && hasProtected(c) && !isTrusted(c),
    dropsRoutes: c.ownRoute.dropsAll,
    taken: isForwarded ? takenOf(c, candidates, plane) : [],
    sent:
      first === undefined
        ? null
        : { text: first.bytes.toString(), to: formatEndpoint(first.peer, 0), listener: first.listener },
    counters,
  };
}

function partOf(c: Context, route: RouteEntry): Rehearsal["parts"][number] {
  const place = partMismatch(c, route);
  return { place, text: expressionText(c, route.match[place]!.of) };
}

function takenOf(c: Context, candidates: readonly number[], { sent }: SilentPlane): number[] {
  const rows = c.adopted.snapshot.destinations;
  const left = [...candidates];
  // Two destinations may be one server: each datagram takes one of them.
  return sent.flatMap(({ peer }) => {
    const at = left.findIndex((slot) => sameEndpoint(rows, slot * DESTINATION_WORDS, peer, 0));
    return at < 0 ? [] : left.splice(at, 1);
  });
}

function keyOf(c: Context, route: number): Rehearsal["key"] {
  const action = c.adopted.routes[route]?.action;
  if (action?.kind !== "dispatch") return null;
  const set = c.adopted.sets[action.set]!;
  const source = keyChoice(set, action.key);
  const { message } = c;
  const { from, to } = message;
  const value = choiceKey(c, set, action.key) >>> 0;
  const expression = c.adopted.snapshot.expressions[source - FIRST_EXPRESSION];
  if (expression !== undefined) return { source: "expression", text: expressionText(c, expression), value };
  switch (source) {
    case KeySource.callId:
      return { source: "callId", text: textOf(message, message.callIdStart, message.callIdEnd), value };
    case KeySource.from:
      return { source: "from", text: textOf(message, from.uriStart, from.uriEnd), value };
    case KeySource.to:
      return { source: "to", text: textOf(message, to.uriStart, to.uriEnd), value };
    case KeySource.requestUri:
      return { source: "requestUri", text: textOf(message, message.uriStart, message.uriEnd), value };
    case KeySource.authUser: {
      const { start, end } = authUser;
      return { source: "authUser", text: findAuthUser(message) ? textOf(message, start, end) : "", value };
    }
    default:
      return null;
  }
}

function textOf(message: Message, start: number, end: number): string {
  return start < 0 ? "" : message.bytes.toString("utf8", start, end);
}
