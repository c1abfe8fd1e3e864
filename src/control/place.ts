// Every row of a configuration with the numbers that compilation gives it: slot, address, listener, identity.
import { identityWord } from "../bridge/way-back.ts";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { HealthDestination } from "../health/health-record.ts";
import { stateOf } from "../health/state.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { isSecure, transportNamed } from "../net/transport.ts";
import { findListener } from "./compile-listeners.ts";
import type { TlsIdentities } from "./compile-tls.ts";
import { IdentityFronts } from "./identity-fronts.ts";
import type { DestinationRow } from "./rows.ts";
import { slotIdentity } from "./slots.ts";

/** A destination in its place. */
export interface PlacedDestination extends DestinationRow {
  readonly slot: number;
  /** Those of all destinations; its own ENDPOINT_WORDS words begin at `endpointAt`, zeros where it has no address. */
  readonly endpoints: Int32Array;
  readonly endpointAt: number;
  /** Index of the listener asked for; -1: none was asked for. */
  readonly listener: number;
  /** Index of the listener that serves it; -1: there is none. */
  readonly sender: number;
  /** Index of the listener that its probes leave from; -1: there is none. */
  readonly prober: number;
  /** See `DestinationColumn.identity`. */
  readonly identity: number;
  /** Why it cannot be used; empty: it can. */
  readonly unusable: string;
  /** As health sees it. */
  readonly target: HealthDestination;
}

/** The identities of rows. Doubles in a set are told apart by a number. */
export function slotIdentities(rows: readonly DestinationRow[]): string[] {
  const identities: string[] = [];
  const seen = new Set<string>();
  for (const { set, origin, config, group } of rows) {
    const plain = config === origin ? group : slotIdentity(set.name, config.uri, config.name);
    let identity = plain;
    for (let copy = 2; seen.has(identity); copy++) identity = `${plain}\n${copy}`;
    seen.add(identity);
    identities.push(identity);
  }
  return identities;
}

/** Places all; `slots` and `identities` are in the order of `rows`. */
export function placeDestinations(
  config: Config,
  rows: readonly DestinationRow[],
  identities: readonly string[],
  slots: readonly number[],
  tls: TlsIdentities,
  fronts: IdentityFronts = new IdentityFronts(),
): PlacedDestination[] {
  fronts.begin();
  const taken = new Set<number>();
  const senders = new Senders(config);
  // One array: that of each would be the largest object that a row has.
  const endpoints = new Int32Array(rows.length * ENDPOINT_WORDS);
  return rows.map((row, at) => {
    const { address, port, why } = row;
    const wanted = row.config.listener;
    const listener = wanted === undefined ? -1 : findListener(config.listeners, wanted);
    const endpointAt = at * ENDPOINT_WORDS;
    let sender = senders.of(row, listener);
    let unusable = row.config.unusable;
    if (sender < 0 || !parseEndpoint(address, port, endpoints, endpointAt)) {
      sender = -1;
      if (unusable === "") unusable = why === "" ? noListener(row) : why;
    }
    const isProved = sender >= 0 && isSecure(transportNamed(row.config.transport));
    const prover = isProved ? tls.numberOf(config, row.set, row.config) : 0;
    if (prover > 0) endpoints[endpointAt + 5] = identityWord(prover, endpoints[endpointAt + 5]!);
    if (prover < 0) {
      sender = -1;
      unusable = "more names to be proved than there are numbers: restart";
    }
    const prober = senders.proberOf(row, sender);
    const identity = identityOf(identities[at] ?? "", taken, fronts);
    const slot = slots[at] ?? 0;
    const target = healthDestination(row, slot, unusable);
    // Key by key: what is copied whatever its keys are takes three times as long.
    const { origin, group, set, setIndex, rank, priority } = row;
    return {
      origin,
      config: row.config,
      group,
      set,
      setIndex,
      address,
      port,
      rank,
      priority,
      why,
      slot,
      endpoints,
      endpointAt,
      listener,
      sender,
      prober,
      identity,
      unusable,
      target,
    };
  });
}

function healthDestination(
  { config, set, group, rank }: DestinationRow,
  slot: number,
  unusable: string,
): HealthDestination {
  const { uri, name } = config;
  const state = stateOf(config.state);
  const marked = isMarkedFirst(config);
  return { slot, set: set.name, group, rank, uri, name, state, marked, unusable };
}

/** The P mark, before the first result. */
function isMarkedFirst({ probe, state }: DestinationConfig): boolean {
  return probe === "marked" || probe === "always" || (probe === "down" && state === "inactive");
}

function noListener({ address, config }: DestinationRow): string {
  return `no listener for ${config.transport} over ${isV6(address) ? "IPv6" : "IPv4"}`;
}

/** Which listener sends to whom: the one asked for, else the first of the transport and address family. */
class Senders {
  readonly #listeners: Config["listeners"];
  readonly #first = new Map<string, number>();

  constructor({ listeners }: Config) {
    this.#listeners = listeners;
    for (const [index, { transport, host }] of listeners.entries()) {
      const kind = kindOf(transport, host);
      if (!this.#first.has(kind)) this.#first.set(kind, index);
    }
  }

  /** Its index; -1: there is none. `asked`: index of the listener asked for, -1: none. */
  of({ address, config }: DestinationRow, asked: number): number {
    const kind = kindOf(config.transport, address);
    if (asked < 0) return this.#first.get(kind) ?? -1;
    const listener = this.#listeners[asked];
    return listener !== undefined && kindOf(listener.transport, listener.host) === kind ? asked : -1;
  }

  /** The one for probes: the one asked for where that can send there, else `sender`. */
  proberOf(row: DestinationRow, sender: number): number {
    const { probeListener } = row.config;
    if (probeListener === undefined || sender < 0) return sender;
    const asked = findListener(this.#listeners, probeListener);
    const found = asked < 0 ? -1 : this.of(row, asked);
    return found < 0 ? sender : found;
  }
}

function kindOf(transport: string, host: string): string {
  return isV6(host) ? `${transport} 6` : transport;
}

function isV6(host: string): boolean {
  return host.includes(":");
}

/** The front of its hash; the second of a colliding pair moves on. */
function identityOf(text: string, taken: Set<number>, fronts: IdentityFronts): number {
  for (let attempt = text; ; attempt += "\n") {
    const identity = fronts.of(attempt);
    if (taken.has(identity)) continue;
    taken.add(identity);
    return identity;
  }
}
