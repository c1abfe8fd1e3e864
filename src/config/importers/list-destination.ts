// One line of a dispatcher.list as a destination of fairlead.yaml, or why Kamailio would leave it out.
import { type KamailioDestination, type KamailioFields, kamailioDestination } from "./kamailio-destination.ts";
import type { ListRecord } from "./list-record.ts";

/** Something to be said about a line. */
export interface Remark {
  readonly column: number;
  readonly what: string;
  readonly hint: string;
}

/** A line, translated; `remarks` say why its data is null. */
export interface ListDestination extends KamailioDestination {
  readonly record: ListRecord;
  readonly remarks: readonly Remark[];
}

/** Translates one record. */
export function readDestination(record: ListRecord): ListDestination {
  const remarks: Remark[] = [];
  const remark = (column: number, what: string, hint = "") => remarks.push({ column, what, hint });
  if (record.isPiece)
    remark(
      record.column,
      "the line is longer than 1,023 bytes: Kamailio reads it as several lines",
      "shorten its attributes",
    );
  if (!record.setGiven)
    remark(
      record.column,
      `the line does not start with a set id: Kamailio reads set 0 and the address "${record.uri}"`,
      "SETID URI FLAGS PRIORITY ATTRS",
    );
  if (/^[-+]\d/.test(record.attrs))
    remark(record.attrsColumn, `"${record.attrs}" is read as attributes: a priority has no sign`);
  if (record.rest !== "" && !record.rest.startsWith("#"))
    remark(
      record.restColumn,
      `ignored after the attributes: ${record.rest.slice(0, 60)}`,
      "attributes end at the first blank",
    );
  const columnOf = (field: keyof KamailioFields) => (field === "attrs" ? record.attrsColumn : record.uriColumn);
  const destination = kamailioDestination(record, (field, what, hint) => remark(columnOf(field), what, hint));
  if (destination.data !== null && record.priority < 0) remark(record.uriColumn, "the priority does not fit 32 bits");
  return { ...destination, record, remarks };
}
