// Dispatcher sets and the tables about destinations, as workers see them.
import { isIPv6 } from "node:net";
import { MAX_SETS } from "../bridge/live-memory.ts";
import { DESTINATION_WORDS, DestinationColumn, type SetEntry } from "../bridge/snapshot.ts";
import { algorithmIn } from "../config/own-algorithms.ts";
import type { Config } from "../config/schema.ts";
import { SCRIPT_ATTRS } from "../config/sections/destination.ts";
import type { ListenerConfig } from "../config/sections/listeners.ts";
import type { SetConfig } from "../config/sections/sets.ts";
import { hasCongestionControl } from "../config/values/latency-attributes.ts";
import { compileSet, USUAL_LOAD_BOUND } from "../dispatch/compile-set.ts";
import { type Destination, type DestinationFacts, type DispatcherSet, SlotChoice } from "../dispatch/types.ts";
import { copyEndpoint } from "../net/endpoint.ts";
import { Transport, transportNamed } from "../net/transport.ts";
import { AlgorithmFailure } from "../own/own-algorithm.ts";
import type { KeyTable } from "./compile-keys.ts";
import type { RewritingTable } from "./compile-treatment.ts";
import { EndpointTable } from "./endpoint-table.ts";
import type { PlacedDestination } from "./place.ts";
import { ruleOf } from "./resource-table.ts";

/** Compiles all sets into their rows; a set whose algorithm is unknown becomes a sentence in `problems`. */
export function compileSets(
  config: Config,
  placed: readonly PlacedDestination[],
  setRows: readonly number[],
  keys: KeyTable,
  problems: string[],
): SetEntry[] {
  if (config.sets.length > MAX_SETS) problems.push(`${config.sets.length} sets: at most ${MAX_SETS}`);
  const members: PlacedDestination[][] = config.sets.map(() => []);
  for (const destination of placed) members[destination.setIndex]?.push(destination);
  const entries: SetEntry[] = [];
  for (const [position, set] of config.sets.entries()) {
    const algorithm = algorithmIn(config.algorithms, set.algorithm);
    if (algorithm === undefined) {
      problems.push(`set ${set.name}: unknown algorithm ${set.algorithm}`);
      continue;
    }
    const destinations = (members[position] ?? []).map(toDestination);
    const index = rowOfSet(setRows, position);
    const choice = set.slots === "kamailio" ? SlotChoice.kamailio : SlotChoice.spread;
    const { useDefault } = set;
    const compiled = compiledOr(problems, set.name, () =>
      compileSet(index, set.name, algorithm, choice, destinations, useDefault),
    );
    if (compiled === null) continue;
    const { slots, weights, maxCalls, table } = compiled;
    const failover = failoverOf(set);
    entries.push({
      index,
      name: set.name,
      algorithm: algorithm.name,
      slotChoice: choice,
      slots,
      hasStandby: (members[position] ?? []).some(({ rank }) => rank > 0),
      startsSlowly: set.slowStart > 0,
      weights,
      maxCalls,
      table,
      key: keys.numberOf(set.key),
      useDefault,
      rule: ruleOf(set),
      facts: algorithm.wantsFacts === true ? (members[position] ?? []).map(factsOf) : [],
      loadBound: set.loadBound ?? USUAL_LOAD_BOUND,
      maxBranches: algorithm.forks === true ? set.maxBranches : 1,
      failover,
    });
  }
  return entries;
}

/** The destination table: `rows` rows of DESTINATION_WORDS, by slot. */
export function compileDestinations(
  placed: readonly PlacedDestination[],
  listeners: readonly ListenerConfig[],
  setRows: readonly number[],
  rows: number,
  rewritings: RewritingTable,
): Int32Array {
  const table = new Int32Array(rows * DESTINATION_WORDS);
  const numbers = sharedNumbers(placed);
  for (const destination of placed) {
    const at = destination.slot * DESTINATION_WORDS;
    copyEndpoint(destination.endpoints, destination.endpointAt, table, at + DestinationColumn.endpoint);
    table[at + DestinationColumn.set] = rowOfSet(setRows, destination.setIndex);
    // Which listener sends is only found out per request where any of UDP will do.
    const transport = transportNamed(destination.config.transport);
    table[at + DestinationColumn.listener] = transport === Transport.udp ? destination.listener : destination.sender;
    table[at + DestinationColumn.transport] = transport;
    table[at + DestinationColumn.large] = streamBeside(destination, listeners) + 1;
    table[at + DestinationColumn.proxied] = destination.config.proxyProtocol === "v2" ? 1 : 0;
    table[at + DestinationColumn.maxCalls] = destination.config.maxCalls;
    table[at + DestinationColumn.identity] = destination.identity;
    table[at + DestinationColumn.rewriting] = rewritings.numberOf(destination.set.name, destination.config) + 1;
    table[at + DestinationColumn.shed] = shedLimits(destination.config.attrs);
    table[at + DestinationColumn.used] =
      1 + (destination.config === destination.origin ? 0 : (numbers.get(sharedName(destination)) ?? 0));
  }
  return table;
}

/** What those have in common that are behind one name and of equal SRV priority: RFC 8305 speaks of the addresses of one such. */
function sharedName({ group, priority }: PlacedDestination): string {
  return `${priority} ${group}`;
}

/** From 1 on, for names that more than one stands behind. */
function sharedNumbers(placed: readonly PlacedDestination[]): Map<string, number> {
  const seen = new Set<string>();
  const numbers = new Map<string, number>();
  for (const destination of placed) {
    // An address is nobody else's, however often it is configured.
    if (destination.config === destination.origin) continue;
    const name = sharedName(destination);
    if (seen.has(name) && !numbers.has(name)) numbers.set(name, numbers.size + 1);
    seen.add(name);
  }
  return numbers;
}

/** Kamailio's attributes `ocmin` and `ocmax`, as `DestinationColumn.shed`. */
function shedLimits({ ocmin, ocmax }: Readonly<Record<string, string>>): number {
  const percent = (text: string | undefined, usual: number) =>
    text !== undefined && /^\d{1,3}$/.test(text) ? Math.min(Number(text), 100) : usual;
  return percent(ocmin, 0) | (percent(ocmax, 100) << 8);
}

/**
 * The listener by which a destination of UDP gets its large requests: of TCP, at the address that the others are sent from,
 * else the first of its family. -1: they go by UDP.
 */
function streamBeside({ config, sender }: PlacedDestination, listeners: readonly ListenerConfig[]): number {
  const own = listeners[sender];
  if (config.largeRequests === "udp" || own?.transport !== "udp") return -1;
  const isTcp = ({ transport, host }: ListenerConfig) => transport === "tcp" && isIPv6(host) === isIPv6(own.host);
  const beside = listeners.findIndex((one) => isTcp(one) && one.host === own.host);
  return beside >= 0 ? beside : listeners.findIndex(isTcp);
}

/** The open-addressed table from endpoints to slots, at most half full. */
export function compileEndpoints(placed: readonly PlacedDestination[]): Int32Array {
  const table = new EndpointTable(placed.length);
  for (const { endpoints, endpointAt, sender, slot } of placed)
    if (sender >= 0) table.add(endpoints, endpointAt, slot + 1);
  return table.places;
}

/** The row of a set, given its place in the configuration; throws when it was given none. */
export function rowOfSet(setRows: readonly number[], position: number): number {
  const row = setRows[position];
  if (row === undefined) throw new Error(`set ${position} has no row`);
  return row;
}

/** What an algorithm of a user throws is a problem, and no bug. */
function compiledOr(problems: string[], name: string, compileIt: () => DispatcherSet): DispatcherSet | null {
  try {
    return compileIt();
  } catch (error) {
    if (!(error instanceof AlgorithmFailure)) throw error;
    problems.push(`set ${name}: ${error.message}`);
    return null;
  }
}

function toDestination({ config, slot }: PlacedDestination): Destination {
  const { uri, name, weight, priority, maxCalls, attrs } = config;
  return { slot, uri, name, weight, priority, maxCalls, congestionControl: hasCongestionControl(attrs) };
}

function factsOf({ config }: PlacedDestination): DestinationFacts {
  const { [SCRIPT_ATTRS]: scriptAttrs = "", ...attrs } = config.attrs;
  return { uri: config.uri, attrs, scriptAttrs };
}

function failoverOf({ failover, unavailable }: SetConfig): SetEntry["failover"] {
  return { ...failover, unavailable };
}
