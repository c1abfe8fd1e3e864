// What main asks the reader's thread for, and what it gets: plain data, because it crosses threads.
import type { Table } from "../config/tables/table.ts";
import type { DatabaseEngine } from "../config/values/database-url.ts";

/** One look at one table. The password is in the open here: this goes to our own thread and nowhere else. */
export interface ReadRequest {
  readonly id: number;
  readonly engine: DatabaseEngine;
  readonly host: string;
  readonly port: number;
  readonly socket: string;
  readonly user: string;
  readonly password: string;
  /** For sqlite: an absolute path. */
  readonly database: string;
  readonly tls: { readonly ca: string } | null;
  /** `TABLE` or `SCHEMA.TABLE`; the configuration has seen to it that it is a name. */
  readonly table: string;
  /** Milliseconds for all of it. */
  readonly timeout: number;
}

/** The table, or why there is none. */
export type ReadAnswer =
  | { readonly id: number; readonly table: Table }
  | { readonly id: number; readonly failure: string };

/** Rows that a table may have: there are as many rows of destinations. */
export const MOST_ROWS = 65_536;

/** The one statement that is ever sent; `quote` is the database's sign around names. */
export function selectAll(table: string, quote: '"' | "`"): string {
  const name = table
    .split(".")
    .map((part) => `${quote}${part}${quote}`)
    .join(".");
  return `SELECT * FROM ${name} LIMIT ${MOST_ROWS + 1}`;
}
