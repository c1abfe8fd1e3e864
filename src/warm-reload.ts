// Before the first table of thousands of rows comes, the code that puts one into force runs over made-up ones: cold, it takes
// more than a quarter longer (decision 0014). In short steps, because probes and the admin API wait for this thread, and on live
// tables of its own.

import { createLiveTablesMemory } from "./bridge/live-memory.ts";
import { LiveTables } from "./bridge/live-tables.ts";
import { impliedRoutes } from "./config/references.ts";
import type { Config } from "./config/schema.ts";
import type { SourceConfig } from "./config/source-databases.ts";
import { inOrder, type Table } from "./config/tables/table.ts";
import { ControlPlane } from "./control/control-plane.ts";
import { HealthLoop } from "./control/health-loop.ts";
import type { Log } from "./control/log.ts";
import { configWithTable } from "./sources/follower.ts";

const STEPS = process.env.FAIRLEAD_WARM_UP === "short" ? 1 : 40;
/** Milliseconds between two parts of a step. */
const PAUSE = 10;
/** Rows of a step, and how many more the next one has: the first ones are slow, and no part is to take 10 ms. */
const MOST_ROWS = 150;
const MORE_ROWS = 10;
const SETS = 5;
const SILENT: Log = { debug() {}, info() {}, warn() {}, error() {} };

/** Warms the code up for a configuration with sources, until `isOver`; otherwise does nothing. Nothing of `config` is changed. */
export async function warmReloads(config: Config, isOver: () => boolean): Promise<void> {
  const [source] = config.sources;
  if (source === undefined) return;
  const route = impliedRoutes([{ name: source.sets["1"] ?? `${source.prefix}1` }]);
  const empty: Config = { ...config, sets: [], routes: route, sources: [source], tables: new Map(), hooks: [] };
  const live = new LiveTables(createLiveTablesMemory(1));
  for (let step = 0; step < STEPS && !isOver(); step++) {
    const rows = Math.min(MOST_ROWS, (step + 1) * MORE_ROWS);
    const [first, second] = [madeUpTable(source, step, rows / 10), madeUpTable(source, step + 1, rows)];
    await pause();
    const before = configWithTable(empty, source, first).config ?? empty;
    const control = controlOver(live);
    await pause();
    await control.begin(before);
    await pause();
    await control.apply((now) => configWithTable(now, source, second).config ?? now);
  }
}

function pause(): Promise<void> {
  return new Promise((done) => void setTimeout(done, PAUSE).unref());
}

/** A control plane without workers, whose rows are those of `live`. */
function controlOver(live: LiveTables): ControlPlane {
  const now = () => performance.now();
  const clock = () => Date.now();
  const { random } = Math;
  const nothing = () => undefined;
  const key = new Uint8Array(16);
  const outside = { send: () => true, onChange: nothing, onLost: nothing, onResult: nothing, log: SILENT };
  const health = new HealthLoop({ live, now, clock, shared: clock, random, key, ...outside });
  const names = { locate: () => () => Promise.reject(new Error("made-up rows have no names")), now };
  const load = () => Promise.reject(new Error("there is no file"));
  return new ControlPlane({ live, health, names, load, ports: [], keys: [key], clock, log: SILENT });
}

/** A table of the source's kind, every row of which makes a destination; every round has other weights. */
export function madeUpTable({ columns }: SourceConfig, round: number, rows: number): Table {
  const held = Object.entries(columns);
  const row = (at: number) => held.map(([what]) => CELLS[what]?.(at, round) ?? "");
  const table = { columns: held.map(([, name]) => name), rows: Array.from({ length: rows }, (_, at) => row(at)) };
  return inOrder(table, columns.id ?? "id");
}

const zero = () => "0";
const set = (at: number) => String(1 + (at % SETS));
const uri = (at: number) => `sip:192.0.2.${at % 256}:${5060 + (at >> 8)}`;
/** By what columns hold; those that are not here are empty. */
const CELLS: Readonly<Record<string, (at: number, round: number) => string>> = {
  id: (at) => String(at + 1),
  setid: set,
  group_id: set,
  destination: uri,
  dst_uri: uri,
  flags: zero,
  state: zero,
  priority: zero,
  probe_mode: zero,
  weight: (at, round) => String(1 + ((at + round) % 50)),
  attrs: (at, round) => `weight=${1 + ((at + round) % 50)};duid=made-up-${at}`,
  resources: (at, round) => `made-up=${1 + ((at + round) % 50)}`,
};
