// SQLite, from Node itself.
import { DatabaseSync } from "node:sqlite";
import type { Cell, Table } from "../config/tables/table.ts";
import { type ReadRequest, selectAll } from "./request.ts";

/** Reads a table; throws what SQLite says. The file is opened for reading only, and must be there. */
export function readSqlite({ database, table, timeout }: ReadRequest): Table {
  const file = new DatabaseSync(database, { readOnly: true, timeout: Math.floor(timeout / 2) });
  try {
    const statement = file.prepare(selectAll(table, '"'));
    statement.setReturnArrays(true);
    // A number that JavaScript has no room for, in a column of somebody else, would make the whole table unreadable.
    statement.setReadBigInts(true);
    const columns = statement.columns().map(({ name }) => name);
    const rows = statement.all() as unknown as unknown[][];
    return { columns, rows: rows.map((row) => row.map(cellOf)) };
  } finally {
    file.close();
  }
}

function cellOf(value: unknown): Cell {
  if (value === null || value === undefined) return null;
  return value instanceof Uint8Array ? Buffer.from(value).toString("utf8") : String(value);
}
