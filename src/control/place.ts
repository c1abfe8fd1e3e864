// Every row of a configuration with the numbers that compilation gives it: slot, address, listener, identity.
import { hash } from "node:crypto";
import { identityWord } from "../bridge/way-back.ts";
import type { Config } from "../config/schema.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { isSecure, transportNamed } from "../net/transport.ts";
import { findListener } from "./compile-listeners.ts";
import type { TlsIdentities } from "./compile-tls.ts";
import type { DestinationRow } from "./rows.ts";
import { slotIdentity } from "./slots.ts";

/** A destination in its place. */
export interface PlacedDestination extends DestinationRow {
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

/** The identities of rows. Doubles in a set are told apart by a number. */
export function slotIdentities(rows: readonly DestinationRow[]): string[] {
  const identities: string[] = [];
  const seen = new Set<string>();
  for (const { set, config } of rows) {
    const plain = slotIdentity(set.name, config.uri, config.name);
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
): PlacedDestination[] {
  const taken = new Set<number>();
  return rows.map((row, at) => {
    const wanted = row.config.listener;
    const listener = wanted === undefined ? -1 : findListener(config.listeners, wanted);
    const endpoint = new Int32Array(ENDPOINT_WORDS);
    const found = reach(config, row, listener, endpoint);
    const isUsable = found.sender >= 0 && isSecure(transportNamed(row.config.transport));
    const prover = isUsable ? tls.numberOf(config, row.set, row.config) : 0;
    if (prover > 0) endpoint[5] = identityWord(prover, endpoint[5]!);
    return {
      ...row,
      slot: slots[at] ?? 0,
      endpoint,
      listener,
      identity: identityOf(identities[at] ?? "", taken),
      ...found,
      ...(prover < 0 ? { sender: -1, unusable: "more names to be proved than there are numbers: restart" } : {}),
    };
  });
}

/** Finds the listener of a row; writes its address. */
function reach(
  config: Config,
  { address, port, why, config: { unusable, transport } }: DestinationRow,
  listener: number,
  endpoint: Int32Array,
): { sender: number; unusable: string } {
  const serves = (index: number) => {
    const entry = config.listeners[index];
    return entry !== undefined && entry.transport === transport && isV6(entry.host) === isV6(address);
  };
  const sender = listener >= 0 ? listener : config.listeners.findIndex((_, index) => serves(index));
  if (serves(sender) && parseEndpoint(address, port, endpoint, 0)) return { sender, unusable };
  if (unusable !== "") return { sender: -1, unusable };
  return {
    sender: -1,
    unusable: why === "" ? `no listener for ${transport} over ${isV6(address) ? "IPv6" : "IPv4"}` : why,
  };
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
