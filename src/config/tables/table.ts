// A table as a database told it: text and NULL, whatever the types of its columns. The order of rows is made to depend on what
// they are, because a database may return them in any.

/** A cell; null: NULL. */
export type Cell = string | null;

/** Rows with their columns. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Tables by the name of their source. */
export type Tables = ReadonlyMap<string, Table>;

/** Something to be said about a row. */
export interface RowRemark {
  /** What finds the row: `id 17`, or `row 3` where the table has no ids. */
  readonly key: string;
  /** Name of the column; empty: the whole row. */
  readonly column: string;
  readonly reason: string;
  /** Whether the row makes no destination. */
  readonly isLeftOut: boolean;
}

/** The table by its ids, or where it has none by everything that a row says. */
export function inOrder({ columns, rows }: Table, idColumn: string): Table {
  const id = columns.indexOf(idColumn);
  const numbers = id < 0 ? [] : rows.map((row) => numberOf(row[id] ?? null));
  const isNumbered = id >= 0 && !numbers.some(Number.isNaN);
  const keys = isNumbered ? [] : rows.map((row) => JSON.stringify(row));
  const order = [...rows.keys()];
  order.sort((a, b) => (isNumbered ? numbers[a]! - numbers[b]! : compare(keys[a]!, keys[b]!)));
  return { columns, rows: order.map((at) => rows[at]!) };
}

/** Whether two tables say the same. Both are in order. */
export function isSameTable(a: Table, b: Table): boolean {
  if (a.rows.length !== b.rows.length || a.columns.join("\0") !== b.columns.join("\0")) return false;
  return a.rows.every((row, at) => row.every((cell, column) => cell === b.rows[at]?.[column]));
}

/** `id 17, column setid: reason`. */
export function remarkText({ key, column, reason, isLeftOut }: RowRemark): string {
  return `${key}${column === "" ? "" : `, column ${column}`}: ${reason}${isLeftOut ? ": left out" : ""}`;
}

function numberOf(cell: Cell): number {
  return cell !== null && /^-?\d{1,15}$/.test(cell) ? Number(cell) : Number.NaN;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
