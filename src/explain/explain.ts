// The decision about one message, without sending it: the message goes through the real loop over a plane without sockets
// (proxy/rehearsal.ts), and what happened is put into words.
import type { Config } from "../config/schema.ts";
import { formatHostPort } from "../config/values/address.ts";
import { findListener } from "../control/compile-listeners.ts";
import { type Rehearsal, rehearse } from "../proxy/rehearsal.ts";
import { explainDestinations } from "./destinations.ts";
import type { Explanation, HashedKey, MatchedRoute, Outcome } from "./explanation.ts";
import { diffLines, headLines } from "./line-diff.ts";
import type { MessageText } from "./message-text.ts";
import { neededNames } from "./resources.ts";
import { actionText, mismatchText } from "./routes.ts";
import { type Sender, senderOf } from "./sender.ts";
import type { Stage } from "./stage.ts";
import { notesOn, wayText } from "./words.ts";

/** Who sends it, and to which listener. */
export interface Arrival {
  /** `host:port`; absent: as the top Via says. */
  readonly source?: string | undefined;
  /** Name or URI of a listener; absent: the first of the source's address family. */
  readonly listener?: string | undefined;
  /** Whether states and loads are a running instance's. */
  readonly isLive: boolean;
}

const KEY_NAMES = {
  none: "",
  callId: "call-id",
  from: "from",
  to: "to",
  requestUri: "request-uri",
  isInvite: "",
  authUser: "auth-user",
  resources: "",
  expression: "key",
} as const;
/** Name of the route that control/compile-routes.ts adds behind the configured ones. */
const POOL_ROUTE = { name: "from the destinations", action: "forward by Route and request URI" };

/** Explains; a sentence when source or listener do not exist. */
export function explain(config: Config, stage: Stage, message: MessageText, arrival: Arrival): Explanation | string {
  const sender = senderOf(message.bytes, arrival.source);
  if (typeof sender === "string") return sender;
  const listener = listenerOf(config, sender, arrival.listener);
  if (typeof listener === "string") return listener;
  const { snapshot, conditions } = stage;
  const rehearsal = rehearse({ snapshot, conditions, bytes: message.bytes, source: sender, listener });
  const { verdict, pool } = rehearsal;
  const before = message.bytes.toString();
  const { set, algorithm, index } = setOf(config, rehearsal);
  const outcome = outcomeOf(config, rehearsal);
  const answer = verdict.status === 0 || !rehearsal.isRequest ? null : `${verdict.status} ${verdict.phrase}`;
  return {
    message: rehearsal.isRequest ? `${rehearsal.method} ${rehearsal.requestUri}` : (headLines(before)[0] ?? ""),
    source: sender.text,
    from_destination: pool < 0 ? null : `${stage.placed[pool]!.set.name}/${stage.placed[pool]!.config.name}`,
    listener: config.listeners[listener]!.name,
    verdict: { ok: verdict.reason === "ok", reason: verdict.reason, answer },
    way: wayText(rehearsal),
    route: routeOf(config, rehearsal),
    skipped_routes: rehearsal.mismatches.map((condition, at) => {
      const route = config.routes[at];
      if (route === undefined) return { name: POOL_ROUTE.name, why: "it is for traffic from destinations" };
      return { name: route.name, why: mismatchText(route, condition, pool >= 0, rehearsal.parts[at] ?? null) };
    }),
    set,
    algorithm,
    key: keyOf(rehearsal),
    resources: neededNames(stage, rehearsal),
    destinations: index < 0 ? [] : explainDestinations(stage, rehearsal, index, arrival.isLive),
    outcome,
    changes: outcome.kind === "forwarded" ? diffLines(headLines(before), headLines(rehearsal.sent?.text ?? "")) : [],
    notes: [...message.notes, ...sender.notes, ...notesOn(config, rehearsal, listener, arrival.isLive)],
  };
}

function listenerOf(config: Config, { host }: Sender, wanted: string | undefined): number | string {
  if (wanted !== undefined) {
    const index = findListener(config.listeners, wanted);
    const names = config.listeners.map(({ name }) => name).join(", ");
    return index >= 0 ? index : `there is no listener "${wanted}" (there are: ${names})`;
  }
  const index = config.listeners.findIndex((each) => each.host.includes(":") === host.includes(":"));
  return index >= 0 ? index : `no listener can receive from ${host}`;
}

function routeOf(config: Config, { route }: Rehearsal): MatchedRoute | null {
  if (route < 0) return null;
  const configured = config.routes[route];
  if (configured === undefined) return { ...POOL_ROUTE, forwarding: config.forwarding };
  const { kind } = configured.action;
  const isForwarded = kind === "dispatch" || kind === "forward";
  return {
    name: configured.name,
    action: actionText(configured),
    forwarding: isForwarded ? (configured.forwarding ?? config.forwarding) : null,
  };
}

function setOf(
  config: Config,
  { isDispatched, route }: Rehearsal,
): { set: string | null; algorithm: string | null; index: number } {
  const action = config.routes[route]?.action;
  const index =
    isDispatched && action?.kind === "dispatch" ? config.sets.findIndex(({ name }) => name === action.set) : -1;
  const set = config.sets[index];
  return { set: set?.name ?? null, algorithm: set?.algorithm ?? null, index };
}

function keyOf({ key }: Rehearsal): HashedKey | null {
  return key === null ? null : { source: KEY_NAMES[key.source], text: key.text, value: key.value };
}

function outcomeOf(config: Config, { sent, counters }: Rehearsal): Outcome {
  if (sent === null) {
    const why = counters.find((name) => name.startsWith("dropped_")) ?? counters[0] ?? "nothing to do";
    return { kind: "dropped", what: why.replaceAll("_", " "), counters };
  }
  // What leaves is an answer exactly when it is a response and a request came; responses are not forwarded without a call.
  const line = headLines(sent.text)[0] ?? "";
  if (line.startsWith("SIP/2.0 ") && !counters.includes("forwarded_responses")) {
    return { kind: "answered", what: line.slice("SIP/2.0 ".length), counters };
  }
  const listener = config.listeners[sent.listener];
  const from = listener === undefined ? "" : ` from ${formatHostPort(listener.host, listener.port)}`;
  return { kind: "forwarded", what: `to ${sent.to}${from}`, counters };
}
