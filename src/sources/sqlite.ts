// SQLite, from Node itself.
import { DatabaseSync, type StatementSync } from "node:sqlite";
import type { Cell, Table } from "../config/tables/table.ts";
import { type ReadRequest, selectAll } from "./request.ts";

/** Reads a table; throws what SQLite says. The file is opened for reading only, and must be there. */
export function readSqlite({ database, table, timeout }: ReadRequest): Table {
  const file = new DatabaseSync(database, { readOnly: true, timeout: Math.floor(timeout / 2) });
  try {
    const statement = file.prepare(selectAll(table, '"'));
    statement.setReturnArrays(true);
    const columns = statement.columns().map(({ name }) => name);
    const rows = allRows(statement);
    // In place: ten thousand rows twice are what would take longest.
    for (const row of rows) for (let at = 0; at < row.length; at++) row[at] = cellOf(row[at]);
    return { columns, rows: rows as Cell[][] };
  } finally {
    file.close();
  }
}

/**
 * All rows. A number that JavaScript has no room for, in a column of somebody else, would make the whole table unreadable: then
 * it is read again with whole numbers as big ones, which takes longer.
 */
function allRows(statement: StatementSync): unknown[][] {
  try {
    return statement.all() as unknown as unknown[][];
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ERR_OUT_OF_RANGE")) throw error;
    statement.setReadBigInts(true);
    return statement.all() as unknown as unknown[][];
  }
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}
