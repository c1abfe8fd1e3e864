// A row of Kamailio's dispatcher table: what a line of its list says, in columns. Versions 1 to 4 of the table differ in how
// many of them there are.
import { kamailioDestination } from "../importers/kamailio-destination.ts";
import type { RowReader, TableRow } from "./row.ts";

/** Fields of a list by the columns that hold them. */
const COLUMN = { uri: "destination", flags: "flags", priority: "priority", attrs: "attrs" } as const;

/** Columns without which there is no destination. */
export const KAMAILIO_NEEDS = ["setid", "destination"] as const;

/** The row's meaning; null: unusable, which has been said. */
export function readKamailioRow(row: RowReader, extra: readonly string[]): TableRow | null {
  const setId = row.number("setid", null, 0);
  const uri = row.needText("destination");
  const flags = row.number("flags", 0, 0);
  const priority = row.number("priority", 0);
  const attrs = withExtra(row.text("attrs", "").trim(), row, extra);
  if (!row.isUsable) return null;
  const read = kamailioDestination({ uri, flags, priority, attrs }, (field, what) => {
    // What is wrong with its URI is why a row is left out.
    if (field === "uri") row.refuse(COLUMN.uri, what.replace(/: left out, as .*$/, ""));
    else row.remark(COLUMN[field], what);
  });
  if (read.data === null) return null;
  for (const note of read.notes) row.remark(note.startsWith("flag") ? "flags" : "attrs", note);
  const { data, parsed, weight, rweight, socket, pingSocket } = read;
  const name = data.name ?? "";
  return { key: row.key, setId: String(setId), data, parsed, name, weight, rweight, socket, pingSocket };
}

/** The attributes with those that have columns of their own. */
function withExtra(attrs: string, row: RowReader, extra: readonly string[]): string {
  if (extra.length === 0) return attrs;
  const parts = attrs === "" ? [] : [attrs];
  for (const name of extra) {
    const value = row.text(`attribute ${name}`, "");
    if (value !== "") parts.push(`${name}=${value}`);
  }
  return parts.join(";");
}
