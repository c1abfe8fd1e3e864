// Named resources as numbers: which name has which, on which account a destination's are counted, and how much there is of each.
import type { SnapshotResources } from "../bridge/snapshot.ts";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import { NO_RESOURCES } from "../dispatch/resources.ts";
import type { ResourceRule } from "../dispatch/types.ts";
import { UNTOLD_CAPACITY } from "./freeswitch-capacity.ts";
import type { PlacedDestination } from "./place.ts";
import type { DestinationRow } from "./rows.ts";
import { slotIdentity } from "./slots.ts";

/** The rows that resources have. Both are kept over reloads, so that what is in use stays counted. */
export interface ResourceRows {
  /** Number of each name. */
  readonly numbers: ReadonlyMap<string, number>;
  /** Account of each destination, in the order of their rows; -1: it has no resources. */
  readonly accounts: readonly number[];
}

/** Names of all resources that somebody has or needs, in the order in which they are written. */
export function resourceNames({ sets, routes }: Config): string[] {
  const names = new Set<string>();
  for (const { destinations } of sets)
    for (const { resources } of destinations)
      if (!isNone(resources)) for (const name of Object.keys(resources)) names.add(name);
  const needed = [
    ...sets.flatMap(({ resources }) => resources.needed),
    ...routes.flatMap(({ senderResources }) => senderResources),
    ...routes.flatMap(({ action }) => (action.kind === "dispatch" ? (action.resources ?? []) : [])),
  ];
  for (const name of needed) names.add(name);
  return [...names];
}

/** Whether there are no resources: said without a list for each of the ten thousand destinations that have none. */
function isNone(resources: DestinationConfig["resources"]): boolean {
  for (const name in resources) if (Object.hasOwn(resources, name)) return false;
  return true;
}

/**
 * Whose resources a destination's are: those of the server, wherever it stands; where its set does not share them, its own. Empty: it
 * has none.
 */
export function accountIdentity({ set, config, address, port }: DestinationRow): string {
  if (isNone(config.resources)) return "";
  if (!set.resources.shared) return slotIdentity(set.name, config.uri, config.name);
  return address === "" ? config.uri : `${config.transport} ${address} ${port}`;
}

/** Rows as the first configuration gets them: for whoever compiles without a process. */
export function freshResourceRows(config: Config, rows: readonly DestinationRow[]): ResourceRows {
  const accounts = new Map<string, number>();
  return {
    numbers: new Map(resourceNames(config).map((name, number) => [name, number])),
    accounts: rows.map((row) => {
      const identity = accountIdentity(row);
      if (identity === "") return -1;
      const account = accounts.get(identity) ?? accounts.size;
      accounts.set(identity, account);
      return account;
    }),
  };
}

/** The table, for `rows` slots; of no size where nobody has any resources. What a FreeSWITCH has told is put in later (measured-capacities.ts). */
export function compileResources(
  placed: readonly PlacedDestination[],
  { numbers, accounts }: ResourceRows,
  rows: number,
): SnapshotResources {
  if (numbers.size === 0) return { ...NO_RESOURCES, names: [] };
  const stride = Math.max(...numbers.values()) + 1;
  const table = {
    stride,
    accounts: new Int32Array(rows).fill(-1),
    capacities: new Int32Array(rows * stride).fill(-1),
    names: Array.from({ length: stride }, () => ""),
  };
  for (const [name, number] of numbers) table.names[number] = name;
  for (const [index, { slot, config }] of placed.entries()) {
    table.accounts[slot] = accounts[index] ?? -1;
    for (const [name, capacity] of Object.entries(config.resources)) {
      const number = numbers.get(name);
      if (number !== undefined)
        table.capacities[slot * stride + number] = typeof capacity === "number" ? capacity : UNTOLD_CAPACITY;
    }
  }
  return table;
}

/** A bit for each name. */
export function neededBits(names: readonly string[], { numbers }: ResourceRows): number {
  let bits = 0;
  for (const name of names) {
    const number = numbers.get(name);
    if (number === undefined) throw new Error(`resource ${name} has no number`);
    bits |= 1 << number;
  }
  return bits;
}

/** How a set goes by them. */
export function ruleOf({ resources }: Config["sets"][number]): ResourceRule {
  const { measure, ties, overbook } = resources;
  return { isRelative: measure === "relative", mayOverbook: overbook, isByChance: ties === "random" };
}
