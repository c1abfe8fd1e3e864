// Every destination of a configuration with the numbers that compilation gives it: slot, address, listener, identity.
import { hash } from "node:crypto";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { SetConfig } from "../config/sections/sets.ts";
import { isNumericHost } from "../config/values/address.ts";
import { orderDestinations, orderDestinationsAsKamailio } from "../dispatch/order.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { findListener } from "./compile-listeners.ts";
import type { Addresses } from "./resolve.ts";
import { slotIdentity } from "./slots.ts";

/** A destination in its place. */
export interface PlacedDestination {
  readonly config: DestinationConfig;
  readonly set: SetConfig;
  readonly setIndex: number;
  readonly slot: number;
  /** ENDPOINT_WORDS words; zeros where it is unusable for want of an address. */
  readonly endpoint: Int32Array;
  /** Index of the listener asked for; -1: none was asked for. */
  readonly listener: number;
  /** Index of the listener that serves it; -1: there is none. */
  readonly sender: number;
  /** See `DestinationColumn.identity`. */
  readonly identity: number;
  /** Why it cannot be used; empty: it can. */
  readonly unusable: string;
}

/** The destinations of a set in the set's order. */
export function inOrder(set: SetConfig): readonly DestinationConfig[] {
  return set.order === "kamailio" ? orderDestinationsAsKamailio(set.destinations) : orderDestinations(set.destinations);
}

/** The identities of all destinations: set by set, each in its order. Doubles in a set are told apart by a number. */
export function slotIdentities(config: Config): string[] {
  const identities: string[] = [];
  const seen = new Set<string>();
  for (const set of config.sets) {
    for (const { uri, name } of inOrder(set)) {
      const plain = slotIdentity(set.name, uri, name);
      let identity = plain;
      for (let copy = 2; seen.has(identity); copy++) identity = `${plain}\n${copy}`;
      seen.add(identity);
      identities.push(identity);
    }
  }
  return identities;
}

/** Places all; `slots` and `identities` are in the order of `slotIdentities`. */
export function placeDestinations(
  config: Config,
  identities: readonly string[],
  slots: readonly number[],
  addresses: Addresses,
): PlacedDestination[] {
  const placed: PlacedDestination[] = [];
  const taken = new Set<number>();
  for (const [setIndex, set] of config.sets.entries()) {
    for (const destination of inOrder(set)) {
      const at = placed.length;
      const listener = destination.listener === undefined ? -1 : findListener(config.listeners, destination.listener);
      const endpoint = new Int32Array(ENDPOINT_WORDS);
      const found = reach(config, destination, listener, addresses, endpoint);
      const identity = identityOf(identities[at] ?? "", taken);
      placed.push({ config: destination, set, setIndex, slot: slots[at] ?? 0, endpoint, listener, identity, ...found });
    }
  }
  return placed;
}

/** Finds address and listener of a destination; writes the address. */
function reach(
  config: Config,
  destination: DestinationConfig,
  listener: number,
  addresses: Addresses,
  endpoint: Int32Array,
): { sender: number; unusable: string } {
  const { host, port, transport } = destination;
  const serves = (index: number, address: string) => {
    const listener = config.listeners[index];
    return listener !== undefined && listener.transport === transport && isV6(listener.host) === isV6(address);
  };
  const candidates = isNumericHost(host) ? [host] : (addresses.get(host) ?? []);
  for (const address of candidates) {
    const sender = listener >= 0 ? listener : config.listeners.findIndex((_, index) => serves(index, address));
    if (!serves(sender, address)) continue;
    if (parseEndpoint(address, port, endpoint, 0)) return { sender, unusable: destination.unusable };
  }
  if (destination.unusable !== "") return { sender: -1, unusable: destination.unusable };
  const first = candidates[0];
  if (first === undefined) return { sender: -1, unusable: `host name ${host} does not resolve` };
  const which = `${transport} over ${isV6(first) ? "IPv6" : "IPv4"}`;
  return { sender: -1, unusable: `no listener for ${which}` };
}

function isV6(host: string): boolean {
  return host.includes(":");
}

/** The front of a SHA-256: the same on every node and after every restart. The second of a colliding pair moves on. */
function identityOf(text: string, taken: Set<number>): number {
  for (let attempt = text; ; attempt += "\n") {
    const identity = hash("sha256", attempt, "buffer").readInt32LE(0);
    if (taken.has(identity)) continue;
    taken.add(identity);
    return identity;
  }
}
