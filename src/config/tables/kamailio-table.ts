// A row of Kamailio's dispatcher table: what a line of its list says, in columns. Versions 1 to 4 of the table differ in how
// many of them there are.
import { kamailioDestination } from "../importers/kamailio-destination.ts";
import type { RowReader, Say, TableRow } from "./row.ts";

/** Fields of a list by the columns that hold them. */
const COLUMN = { uri: "destination", flags: "flags", priority: "priority", attrs: "attrs" } as const;

/** Columns without which there is no destination. */
export const KAMAILIO_NEEDS = ["setid", "destination"] as const;

/** The row's meaning, `key` apart; null: unusable, which has been said. */
export function readKamailioRow(row: RowReader, extra: readonly string[], remark: Say): Omit<TableRow, "key"> | null {
  const setId = row.number("setid", null, 0);
  const uri = row.needText("destination");
  const flags = row.number("flags", 0, 0);
  const priority = row.number("priority", 0);
  const more = extra.map((name) => ({ name, value: row.text(`attribute ${name}`, "") }));
  const added = more.filter(({ value }) => value !== "").map(({ name, value }) => `${name}=${value}`);
  const attrs = [row.text("attrs", "").trim(), ...added].filter((part) => part !== "").join(";");
  if (!row.isUsable) return null;
  const wrong: { field: keyof typeof COLUMN; what: string }[] = [];
  const read = kamailioDestination({ uri, flags, priority, attrs }, (field, what) => wrong.push({ field, what }));
  for (const { field, what } of wrong) {
    if (read.data === null && field === "uri") row.refuse(COLUMN.uri, what.replace(/: left out, as .*$/, ""));
    else remark(COLUMN[field], what);
  }
  if (read.data === null) return null;
  for (const note of read.notes) remark(note.startsWith("flag") ? "flags" : "attrs", note);
  const { name, ...data } = read.data;
  return {
    setId: String(setId),
    data,
    name: typeof name === "string" ? name : "",
    weight: read.weight,
    rweight: read.rweight,
    socket: read.socket,
  };
}
