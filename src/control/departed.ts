// Destinations that are configured no more, or not by that name, and may have calls still: of each that cannot be reached by its
// address alone, its row is kept while the process lives, until more have left than are remembered.
import { DESTINATION_WORDS, type DepartedTable, DestinationColumn } from "../bridge/snapshot.ts";
import { identityOf, identityWord, scopeOf } from "../bridge/way-back.ts";
import { EndpointTable } from "./endpoint-table.ts";

/** So many are remembered: a whole configuration that is renamed at once. */
const MOST = 16_384;

/** Nobody has left. */
export const NONE_DEPARTED: DepartedTable = { rows: new Int32Array(0), endpoints: new Int32Array(1) };

/** What was in force before, and what becomes of the number of whom one had to prove to be (bridge/tls-state.ts). */
export interface Departure {
  readonly before: { readonly destinations: Int32Array; readonly departed: DepartedTable };
  readonly renewed: (identity: number) => number;
}

/** Those who had left before, and those who leave now that `destinations` are in force; the oldest are forgotten first. */
export function departedRows(
  { before, renewed }: Departure,
  destinations: Int32Array,
  most: number = MOST,
): DepartedTable {
  const leaving = leavingRows(before.destinations, destinations);
  const stillGone = rowsBut(before.departed.rows, leaving);
  const kept = [...stillGone, ...leaving].slice(-most);
  const rows = new Int32Array(kept.length * DESTINATION_WORDS);
  for (const [place, row] of kept.entries()) rows.set(row, place * DESTINATION_WORDS);
  for (let at = 0; at < rows.length; at += DESTINATION_WORDS) {
    const word = rows[at + 5]!;
    const identity = identityOf(word);
    if (identity !== 0) rows[at + 5] = identityWord(renewed(identity), scopeOf(word));
  }
  return { rows, endpoints: endpointsOf(rows) };
}

function leavingRows(old: Int32Array, now: Int32Array): Int32Array[] {
  const leaving: Int32Array[] = [];
  for (let at = 0; at < old.length; at += DESTINATION_WORDS) {
    if (old[at + DestinationColumn.used] === 0 || !isMoreThanAddress(old, at) || staysAt(at, old, now)) continue;
    const row = old.slice(at, at + DESTINATION_WORDS);
    row[DestinationColumn.used] = at / DESTINATION_WORDS + 1;
    leaving.push(row);
  }
  return leaving;
}

/** Whether its address does not say all that has to be known to send to it. */
function isMoreThanAddress(rows: Int32Array, at: number): boolean {
  return rows[at + 5] !== 0 || rows[at + DestinationColumn.proxied] === 1;
}

/** Rows are stable: who is not in its own is in none. */
function staysAt(at: number, old: Int32Array, now: Int32Array): boolean {
  const identity = at + DestinationColumn.identity;
  return at < now.length && now[at + DestinationColumn.used] !== 0 && now[identity] === old[identity];
}

/** Rows but for those of the same identity as one of `others`. */
function rowsBut(rows: Int32Array, others: readonly Int32Array[]): Int32Array[] {
  const gone = new Set(others.map((row) => row[DestinationColumn.identity]));
  const left: Int32Array[] = [];
  for (let at = 0; at < rows.length; at += DESTINATION_WORDS)
    if (!gone.has(rows[at + DestinationColumn.identity])) left.push(rows.subarray(at, at + DESTINATION_WORDS));
  return left;
}

/** As `Snapshot.endpoints`, from endpoints to rows; of equals, who left last is found first. */
function endpointsOf(rows: Int32Array): Int32Array {
  if (rows.length === 0) return NONE_DEPARTED.endpoints;
  const count = rows.length / DESTINATION_WORDS;
  const table = new EndpointTable(count);
  for (let row = count - 1; row >= 0; row--) table.add(rows, row * DESTINATION_WORDS, row + 1);
  return table.places;
}
