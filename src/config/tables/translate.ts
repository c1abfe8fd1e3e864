// From a source's table to the destinations of its sets. Pure: the same table under the same configuration means the same.

import { matchListener } from "../importers/list-listeners.ts";
import { weightsOf } from "../importers/list-set.ts";
import {
  type DestinationConfig,
  type DestinationFields,
  destinationOf,
  plainDestination,
} from "../sections/destination.ts";
import { type ListenerConfig, listenerUri } from "../sections/listeners.ts";
import type { SetConfig } from "../sections/sets.ts";
import { COLUMNS, type SourceKind } from "../sections/sources.ts";
import type { SourceConfig } from "../source-databases.ts";
import { suggestion } from "../suggest.ts";
import { KAMAILIO_NEEDS, readKamailioRow } from "./kamailio-table.ts";
import { LOAD_BALANCER_NEEDS, OPENSIPS_NEEDS, readLoadBalancerRow, readOpensipsRow } from "./opensips-table.ts";
import { type Columns, RowReader, type TableRow } from "./row.ts";
import type { RowRemark, Table } from "./table.ts";

/** What the meaning of a table depends on besides itself. */
export interface TableContext {
  /** Sets that there are, their own destinations included. */
  readonly sets: readonly SetConfig[];
  readonly listeners: readonly ListenerConfig[];
}

/** A table, translated. */
export interface TranslatedTable {
  /** By name of the set, in the order of the table. */
  readonly destinations: ReadonlyMap<string, readonly DestinationConfig[]>;
  readonly remarks: readonly RowRemark[];
}

const NEEDS: Readonly<Record<SourceKind, readonly string[]>> = {
  kamailio: KAMAILIO_NEEDS,
  opensips: OPENSIPS_NEEDS,
  load_balancer: LOAD_BALANCER_NEEDS,
};

/** The destinations, or why the table as a whole cannot be used. The table is in order (table.ts `inOrder`). */
export function translateTable(source: SourceConfig, table: Table, context: TableContext): TranslatedTable | string {
  const columns = columnsOf(source, table);
  if (typeof columns === "string") return columns;
  const remarks: RowRemark[] = [];
  const bySet = new Map<string, TableRow[]>();
  const id = columns.get("id");
  const reader = new RowReader(columns, remarks);
  const extra = Object.keys(source.extraAttrs);
  // By their numbers, here and below: an iterator's answers are objects, and there are tens of thousands of rows.
  for (let at = 0; at < table.rows.length; at++) {
    const cells = table.rows[at] ?? [];
    const number = id === undefined ? null : (cells[id.index] ?? null);
    const key = number === null ? `row ${at + 1}` : `${id?.name} ${number.slice(0, 40)}`;
    reader.reset(key, cells);
    const row = readRow(source.kind, reader, extra);
    if (row === null) continue;
    const set = source.sets[row.setId] ?? `${source.prefix}${row.setId}`;
    const members = bySet.get(set);
    if (members === undefined) bySet.set(set, [row]);
    else members.push(row);
  }
  const destinations = new Map<string, readonly DestinationConfig[]>();
  for (const [set, rows] of bySet) destinations.set(set, destinationsOf(source, set, rows, columns, context, remarks));
  return { destinations, remarks };
}

/** Why the table cannot be one of this source; empty: it can. */
export function tableFault(source: SourceConfig, table: Table): string {
  const columns = columnsOf(source, table);
  return typeof columns === "string" ? columns : "";
}

function readRow(kind: SourceKind, reader: RowReader, extra: readonly string[]): TableRow | null {
  if (kind === "kamailio") return readKamailioRow(reader, extra);
  return kind === "opensips" ? readOpensipsRow(reader) : readLoadBalancerRow(reader);
}

function columnsOf(source: SourceConfig, table: Table): Columns | string {
  const columns = new Map<string, { index: number; name: string }>();
  const usual: Readonly<Record<string, string>> = COLUMNS[source.kind];
  const wanted = [
    ...Object.entries(source.columns),
    ...Object.entries(source.extraAttrs).map(([name, column]) => [`attribute ${name}`, column] as const),
  ];
  for (const [what, name] of wanted) {
    const index = table.columns.indexOf(name);
    if (index >= 0) columns.set(what, { index, name });
    // Older versions of a table have fewer columns; one that somebody has named is meant to be there.
    else if (NEEDS[source.kind].includes(what) || name !== usual[what])
      return `table ${source.table} has no column "${name}" (${suggestion(name, table.columns)})`;
  }
  const isForeign = (theirs: string, ours: string) => table.columns.includes(theirs) && !table.columns.includes(ours);
  if (source.kind === "kamailio" && isForeign("probe_mode", source.columns.flags ?? "flags"))
    return `table ${source.table} is OpenSIPS's: it has a column "probe_mode" and no "flags"`;
  if (source.kind === "opensips" && isForeign("flags", source.columns.state ?? "state"))
    return `table ${source.table} is Kamailio's: it has a column "flags" and no "state"`;
  return columns;
}

function destinationsOf(
  source: SourceConfig,
  setName: string,
  rows: readonly TableRow[],
  columns: Columns,
  { sets, listeners }: TableContext,
  remarks: RowRemark[],
): DestinationConfig[] {
  const set = sets.find(({ name }) => name === setName) ?? source.defaults;
  const weights = weightsOf(rows, set.algorithm);
  const others = set.destinations.filter((one) => one.source !== source.name);
  const taken = new Set(others.map(({ name }) => name));
  const room = { source, setName, listeners, uris: listeners.map(listenerUri), taken, own: new Set<string>() };
  const destinations: DestinationConfig[] = [];
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    const made = memberOf(row, weights[at] ?? 1, room);
    if (!("reason" in made)) destinations.push(made);
    else {
      const { what, reason } = made;
      remarks.push({ key: row.key, column: columns.get(what)?.name ?? what, reason, isLeftOut: true });
    }
  }
  return destinations;
}

/** The set that a row is put into. */
interface Room {
  readonly source: SourceConfig;
  readonly setName: string;
  readonly listeners: readonly ListenerConfig[];
  readonly uris: readonly string[];
  /** Names that others have, and those that the source's rows have so far. */
  readonly taken: ReadonlySet<string>;
  readonly own: Set<string>;
}

/** The row's destination; or why there is none, and what of it says so. */
function memberOf(row: TableRow, weight: number, room: Room): DestinationConfig | { what: string; reason: string } {
  const { source, setName, listeners, uris, taken, own } = room;
  const [uriPart, socketPart] = PARTS[source.kind];
  const listener = listenerOf(row.socket, listeners, uris);
  if (listener === null)
    return { what: socketPart, reason: `socket "${row.socket}" is not one of the listeners (${uris.join(", ")})` };
  const prober = listenerOf(row.pingSocket, listeners, uris);
  if (prober === null)
    return {
      what: "attrs",
      reason: `ping_socket "${row.pingSocket}" is not one of the listeners (${uris.join(", ")})`,
    };
  const { uri } = row.data;
  const plain = row.name === "" ? uri : row.name;
  if (plain.length > LONGEST_NAME || CONTROL.test(plain))
    return { what: row.name === "" ? uriPart : socketPart, reason: "its name is too long, or has control characters" };
  if (taken.has(plain)) return { what: "", reason: `set ${setName} has "${plain}" from elsewhere` };
  // Each gets a share, as with Kamailio; the row that was first keeps the plain name.
  const name = own.has(plain) ? `${plain}#${row.key.replace(/^\S+ /, "")}` : plain;
  if (own.has(name)) return { what: "", reason: `"${name}" is there more than once` };
  own.add(name);
  // Key by key: what is copied whatever its keys are takes three times as long.
  const { priority, max_calls, resources, state, probe, probe_from, attrs } = row.data;
  const fields: DestinationFields = { ...PLAIN, uri, name, weight: row.weightFrom ?? weight };
  if (priority !== undefined) fields.priority = priority;
  if (max_calls !== undefined) fields.max_calls = max_calls;
  if (resources !== undefined) fields.resources = resources;
  if (state !== undefined) fields.state = state;
  if (probe !== undefined) fields.probe = probe;
  if (probe_from !== undefined) fields.probe_from = probe_from;
  if (prober !== undefined) fields.probe_listener = prober;
  if (attrs !== undefined) fields.attrs = attrs;
  if (listener !== undefined) fields.listener = listener;
  const made = destinationOf(fields, row.parsed, source.name);
  return "what" in made ? { what: uriPart, reason: made.what } : made;
}

/** What says where a destination is, and from where it is sent to. */
const PARTS: Readonly<Record<SourceKind, readonly [string, string]>> = {
  kamailio: ["destination", "attrs"],
  opensips: ["destination", "socket"],
  load_balancer: ["dst_uri", "socket"],
};
const CONTROL = /\p{Cc}/u;
const PLAIN = plainDestination("sip:127.0.0.1");
/** As for names in the file. */
const LONGEST_NAME = 255;

/** Name of the listener; undefined: none is asked for, null: there is none such. */
function listenerOf(
  socket: string | undefined,
  listeners: readonly ListenerConfig[],
  uris: readonly string[],
): string | undefined | null {
  const named = listeners.find(({ name }) => name === socket);
  if (named !== undefined) return named.name;
  const uri = matchListener(socket, uris);
  return uri === undefined || uri === null ? uri : (listeners[uris.indexOf(uri)]?.name ?? null);
}
