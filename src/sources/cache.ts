// The file that keeps a source's last good rows for a start without the database. It is replaced as a whole, and nobody else
// may read it: attributes can hold what is nobody's business.
import { open, readFile, rename, rm } from "node:fs/promises";
import type { Cell, Table } from "../config/tables/table.ts";
import { whyUnreadable } from "../config/why-unreadable.ts";

const FORMAT = 1;

interface CacheFile {
  readonly format: number;
  /** `sourceIdentity`: rows of another table are none of ours. */
  readonly identity: string;
  /** For people. */
  readonly place: string;
  /** ISO 8601. */
  readonly written: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

/** Writes the cache; rejects with what the file system says. `now`: milliseconds since 1970. */
export async function writeCache(
  path: string,
  { identity, place, table, now }: { identity: string; place: string; table: Table; now: number },
): Promise<void> {
  const content: CacheFile = {
    format: FORMAT,
    identity,
    place,
    written: new Date(now).toISOString(),
    columns: table.columns,
    rows: table.rows,
  };
  const draft = `${path}.${process.pid}.new`;
  try {
    await rm(draft, { force: true });
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(JSON.stringify(content));
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    throw error;
  }
}

/** The table of the cache and when it was written; a sentence when there is none that could be used. */
export async function readCache(path: string, identity: string): Promise<{ table: Table; written: string } | string> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = whyUnreadable(error);
    return code === "ENOENT" ? "there is no cache yet" : `the cache ${path} cannot be read: ${code}`;
  }
  const content = parsed(text);
  if (content === null) return `the cache ${path} is damaged`;
  if (content.identity !== identity) return `the cache ${path} is of another table (${content.place})`;
  return { table: { columns: content.columns, rows: content.rows }, written: content.written };
}

function parsed(text: string): CacheFile | null {
  try {
    const value: unknown = JSON.parse(text);
    return isCache(value) ? value : null;
  } catch {
    return null;
  }
}

function isCache(value: unknown): value is CacheFile {
  if (typeof value !== "object" || value === null) return false;
  const { format, identity, place, written, columns, rows } = value as Record<string, unknown>;
  if (format !== FORMAT || ![identity, place, written].every((each) => typeof each === "string")) return false;
  if (!Array.isArray(columns) || !columns.every((each) => typeof each === "string") || !Array.isArray(rows))
    return false;
  return rows.every(
    (row) =>
      Array.isArray(row) &&
      row.length === columns.length &&
      row.every((cell) => cell === null || typeof cell === "string"),
  );
}
