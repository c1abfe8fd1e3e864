// One part of the configuration naming another: what does not exist, what is there twice; and the names filled in.
import { isSecure, Transport } from "../net/transport.ts";
import { isOwnName, ownName } from "../own/own-algorithm.ts";
import { errorAt, type Finding, warningAt } from "./finding.ts";
import type { Parsed } from "./schema.ts";
import { type ListenerConfig, listenerUri } from "./sections/listeners.ts";
import type { RouteConfig } from "./sections/routes.ts";
import { DEFAULT_PROFILE } from "./sections/tls.ts";
import { suggestion } from "./suggest.ts";

/** What refers and is referred to: of a file that was just parsed, and of a configuration that runs. */
export type Referring = Pick<Parsed, "listeners" | "sets" | "routes"> & {
  readonly algorithms: readonly { readonly name: string }[];
  readonly tls: readonly { readonly name: string; readonly certificates: readonly unknown[] }[];
};

/** The listener's name, for a reference by name or URI. */
function listenerName(listeners: readonly ListenerConfig[], reference: string): string | undefined {
  const plain = reference.toLowerCase();
  return listeners.find((one) => one.name === reference || listenerUri(one) === plain)?.name;
}

/**
 * What does not exist, and what is there twice. Not `isWhole`: sets that are not there may come from a source. `isAwaited`: a table
 * could not be read, and its set may come later.
 */
export function checkReferences(parsed: Referring, isWhole = true, isAwaited = false): Finding[] {
  return [...twice(parsed), ...missing(parsed, isWhole), ...(isWhole ? withoutRoute(parsed, isAwaited) : [])];
}

function twice(parsed: Referring): Finding[] {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  for (const [index, listener] of parsed.listeners.entries()) {
    const uri = listenerUri(listener);
    if (seen.has(uri)) findings.push(errorAt(["listeners", index], `the listener ${uri} is there twice`));
    else if (seen.has(listener.name))
      findings.push(errorAt(["listeners", index, "name"], `two listeners are named "${listener.name}"`));
    seen.add(uri).add(listener.name);
  }
  for (const set of parsed.sets) {
    const names = new Map<string, number>();
    for (let index = 0; index < set.destinations.length; index++) {
      const destination = set.destinations[index]!;
      const first = names.get(destination.name);
      if (first === undefined) names.set(destination.name, index);
      else {
        const what = `set "${set.name}" has two destinations named "${destination.name}" (numbers ${first + 1} and ${index + 1})`;
        findings.push(errorAt(["sets", set.name, "destinations", index], what, "give each its own name"));
      }
    }
  }
  return findings;
}

function missing(parsed: Referring, isWhole: boolean): Finding[] {
  const findings: Finding[] = [];
  const setNames = parsed.sets.map((set) => set.name);
  const listenerNames = parsed.listeners.map((listener) => listener.name);
  const needListener = (reference: string | undefined, path: PropertyKey[]) => {
    if (reference === undefined || listenerName(parsed.listeners, reference) !== undefined) return;
    findings.push(errorAt(path, `there is no listener "${reference}"`, suggestion(reference, listenerNames)));
  };
  const needSet = (name: string, path: PropertyKey[]) => {
    if (!isWhole || setNames.includes(name)) return;
    findings.push(errorAt(path, `there is no set "${name}"`, suggestion(name, setNames)));
  };
  const profiles = parsed.tls.map(({ name }) => name);
  const needProfile = (name: string | undefined, path: PropertyKey[]) => {
    if (name === undefined || profiles.includes(name)) return;
    findings.push(errorAt(path, `there is no TLS profile "${name}"`, suggestion(name, profiles)));
  };
  for (const [index, listener] of parsed.listeners.entries()) {
    needProfile(listener.tls, ["listeners", index, "tls"]);
    findings.push(...withoutCertificate(parsed, listener, index));
  }
  const own = parsed.algorithms.map(({ name }) => ownName(name));
  for (const set of parsed.sets) {
    if (isOwnName(set.algorithm) && !own.includes(set.algorithm)) {
      const hint = own.length === 0 ? "algorithms: {NAME: ./FILE.ts}" : suggestion(set.algorithm, own);
      findings.push(errorAt(["sets", set.name, "algorithm"], `\`algorithms\` has no ${set.algorithm}`, hint));
    }
    needProfile(set.tls, ["sets", set.name, "tls"]);
    for (let index = 0; index < set.destinations.length; index++) {
      const { tls, listener, probeListener } = set.destinations[index]!;
      // A path for each of the thousands that name neither would be what a large table costs.
      if (tls !== undefined) needProfile(tls, ["sets", set.name, "destinations", index, "tls"]);
      if (listener !== undefined) needListener(listener, ["sets", set.name, "destinations", index, "listener"]);
      if (probeListener !== undefined)
        needListener(probeListener, ["sets", set.name, "destinations", index, "probe_listener"]);
    }
  }
  for (const [index, route] of parsed.routes.entries()) {
    needListener(route.listener, ["routes", index, "listener"]);
    if (route.action.kind === "dispatch") {
      const { set, others = [] } = route.action;
      if (others.length === 0) needSet(set, ["routes", index, "set"]);
      else for (const [at, name] of [set, ...others].entries()) needSet(name, ["routes", index, "sets", at]);
    }
    if (route.action.kind === "redirect" && route.action.set !== undefined)
      needSet(route.action.set, ["routes", index, "redirect", "set"]);
    if (route.fromSet !== undefined && route.fromSet !== "any") needSet(route.fromSet, ["routes", index, "from_set"]);
  }
  return findings;
}

/** A listener of TLS that has nothing to show to those who connect. */
function withoutCertificate(parsed: Referring, listener: ListenerConfig, index: number): Finding[] {
  if (!isSecure(Transport[listener.transport])) return [];
  const name = listener.tls ?? DEFAULT_PROFILE;
  const profile = parsed.tls.find((one) => one.name === name);
  const hint = `tls: {${name}: {certificates: [{cert: FILE, key: FILE}]}}`;
  if (profile === undefined)
    return listener.tls !== undefined
      ? []
      : [errorAt(["listeners", index], `${listener.name} has no certificate: there is no TLS profile "${name}"`, hint)];
  if (profile.certificates.length > 0) return [];
  return [errorAt(["listeners", index], `${listener.name} has no certificate: TLS profile "${name}" has none`, hint)];
}

function withoutRoute(parsed: Referring, isAwaited: boolean): Finding[] {
  if (parsed.routes.length > 0 || parsed.sets.length === 1) return [];
  if (parsed.sets.length === 0 && isAwaited)
    return [warningAt(["routes"], "there are no sets and no routes: nothing is forwarded until a table brings a set")];
  if (parsed.sets.length === 0)
    return [
      errorAt(["sets"], "there are no sets and no routes: nothing would be forwarded", "add a set with destinations"),
    ];
  return [
    errorAt(
      ["sets"],
      `there are ${parsed.sets.length} sets and no routes`,
      `say which set gets the requests: routes: [{set: ${parsed.sets[0]?.name}}]`,
    ),
  ];
}

/** References become names of what they mean, and a configuration without routes gets its one. Call after `checkReferences`. */
export function resolveReferences(parsed: Referring): Pick<Parsed, "sets" | "routes"> {
  const nameOf = (reference: string) => listenerName(parsed.listeners, reference) ?? reference;
  const named = <T extends { readonly listener?: string }>(one: T): T =>
    one.listener === undefined ? one : { ...one, listener: nameOf(one.listener) };
  const probed = <T extends { readonly probeListener?: string }>(one: T): T =>
    one.probeListener === undefined ? one : { ...one, probeListener: nameOf(one.probeListener) };
  const sets = parsed.sets.map((set) => ({ ...set, destinations: set.destinations.map((one) => probed(named(one))) }));
  return { sets, routes: parsed.routes.length > 0 ? parsed.routes.map(named) : impliedRoutes(sets) };
}

/** Routes that nobody has written. What a change of the configuration does not touch stays the same object. */
const implied = new WeakSet<RouteConfig>();

/** Whether it is the route of a configuration that has none. */
export function isImplied(route: RouteConfig): boolean {
  return implied.has(route);
}

/** The one route of a configuration that has none, and one set; nothing where there are none, or several. */
export function impliedRoutes(sets: readonly { readonly name: string }[]): Parsed["routes"] {
  const [only, another] = sets;
  if (only === undefined || another !== undefined) return [];
  const route: RouteConfig = {
    name: "route 1",
    methods: [],
    requestUri: null,
    from: null,
    to: null,
    match: [],
    source: [],
    senderResources: [],
    action: { kind: "dispatch", set: only.name },
  };
  implied.add(route);
  return [route];
}
