// From a configuration to a snapshot. Pure: the same arguments give the same snapshot.
import type { RequestLimits, SetEntry, Snapshot } from "../bridge/snapshot.ts";
import type { Config } from "../config/schema.ts";
import { compileBlock } from "./compile-block.ts";
import { KeyTable } from "./compile-keys.ts";
import { compileListeners } from "./compile-listeners.ts";
import { compileOverload } from "./compile-overload.ts";
import { compileRanges } from "./compile-ranges.ts";
import { compileRates } from "./compile-rates.ts";
import { compileRoutes } from "./compile-routes.ts";
import { compileDestinations, compileEndpoints, compileSets } from "./compile-sets.ts";
import { RewritingTable } from "./compile-treatment.ts";
import { type Departure, departedRows, NONE_DEPARTED } from "./departed.ts";
import type { PlacedDestination } from "./place.ts";
import { compileResources, freshResourceRows, type ResourceRows } from "./resource-table.ts";

/** What a snapshot is made from besides the configuration. */
export interface CompileContext {
  readonly generation: number;
  /** All destinations, see `placeDestinations`. */
  readonly placed: readonly PlacedDestination[];
  /** Rows of the destination table: every slot that was ever used. */
  readonly rows: number;
  /** Row of each set (`SetEntry.index`), by its place in the configuration. */
  readonly setRows: readonly number[];
  /** Absent: the first ones. */
  readonly resources?: ResourceRows;
  /** From what was in force before; absent: nobody leaves. */
  readonly departure?: Departure | undefined;
  /** Bound ports, by listener. */
  readonly ports: readonly number[];
  /** Keys when the configuration has none: random ones, the same for the life of the process. */
  readonly keys: readonly Uint8Array[];
  readonly closing: boolean;
}

/** The snapshot, or what is wrong in sentences. */
export type CompileResult =
  | { readonly ok: true; readonly snapshot: Snapshot }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Compiles. */
export function compile(config: Config, context: CompileContext): CompileResult {
  const problems: string[] = [];
  const { placed, rows, setRows } = context;
  const keys = new KeyTable(config);
  const sets = compileSets(config, placed, setRows, keys, problems);
  const resourceRows = context.resources ?? freshResourceRows(config, placed);
  const routes = compileRoutes(config, setRows, keys, resourceRows, problems);
  const rewritings = new RewritingTable(config);
  const destinations = compileDestinations(placed, config.listeners, setRows, rows, rewritings);
  const endpoints = compileEndpoints(placed);
  if (problems.length > 0) return { ok: false, problems };
  const resources = compileResources(placed, resourceRows, rows);
  const { departure } = context;
  const departed = departure === undefined ? NONE_DEPARTED : departedRows(departure, destinations);
  const tables = sets.flatMap(({ slots, weights, maxCalls, table }) => [slots, weights, maxCalls, table]);
  const gone = [departed.rows, departed.endpoints];
  const shelf = new Shelf([destinations, endpoints, ...gone, resources.accounts, resources.capacities, ...tables]);
  const snapshot: Snapshot = {
    generation: context.generation,
    listeners: compileListeners(config, context.ports),
    sets: sets.map((set) => shelveSet(set, shelf)),
    algorithms: config.algorithms.map(({ algorithm, module }) => ({ name: algorithm.name, module })),
    routes,
    expressions: keys.expressions,
    destinations: shelf.words(destinations),
    destinationRows: rows,
    resources: {
      ...resources,
      accounts: shelf.words(resources.accounts),
      capacities: shelf.words(resources.capacities),
    },
    rewritings: rewritings.entries,
    endpoints: shelf.words(endpoints),
    departed: { rows: shelf.words(departed.rows), endpoints: shelf.words(departed.endpoints) },
    timers: config.timers,
    overload: compileOverload(config.overload),
    keepAlive: config.keepalive,
    limits: requestLimitsOf(config),
    largeBytes: config.limits.largeRequestBytes,
    keys: config.keys.length > 0 ? config.keys.map((key) => key.bytes()) : context.keys,
    stateful: config.forwarding === "stateful",
    closing: context.closing,
    accessLog: config.log.access,
    serverHeader: config.serverHeader,
    trusted: compileRanges(config.trusted.map(compileBlock)),
    scanners: config.scanners.userAgents,
    rates: compileRates(config),
    protectedHeaders: config.protectedHeaders,
    memory: shelf.memory,
  };
  return { ok: true, snapshot };
}

function requestLimitsOf({ limits }: Config): RequestLimits {
  const { headerBytes, requestBytes, headerLines, vias, uriBytes } = limits;
  return { headerBytes, requestBytes, headerLines, vias, uriBytes };
}

function shelveSet(set: SetEntry, shelf: Shelf): SetEntry {
  const { slots, weights, maxCalls, table } = set;
  return {
    ...set,
    slots: shelf.halves(slots),
    weights: shelf.halves(weights),
    maxCalls: shelf.words(maxCalls),
    table: shelf.halves(table),
  };
}

/** One block of shared memory, filled from the front; every array starts on its own cache line. */
class Shelf {
  readonly memory: SharedArrayBuffer;
  #next = 0;

  constructor(arrays: readonly { readonly byteLength: number }[]) {
    this.memory = new SharedArrayBuffer(arrays.reduce((sum, { byteLength }) => sum + aligned(byteLength), 0) + 64);
  }

  words(from: Int32Array): Int32Array {
    const view = new Int32Array(this.memory, this.#take(from.byteLength), from.length);
    view.set(from);
    return view;
  }

  halves(from: Uint16Array): Uint16Array {
    const view = new Uint16Array(this.memory, this.#take(from.byteLength), from.length);
    view.set(from);
    return view;
  }

  #take(bytes: number): number {
    const at = this.#next;
    this.#next += aligned(bytes);
    return at;
  }
}

function aligned(bytes: number): number {
  return (bytes + 63) & ~63;
}
