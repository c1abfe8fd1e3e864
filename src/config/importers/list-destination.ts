// One line of a dispatcher.list as a destination of fairlead.yaml, or why Kamailio would leave it out.
import { parseDestinationUri } from "../values/destination-uri.ts";
import { readAttributes } from "./list-attributes.ts";
import type { ListRecord } from "./list-record.ts";

/** Kamailio's flag bits. */
const FLAG = { inactive: 1, trying: 2, disabled: 4, probing: 8, noDns: 16, noPing: 32 } as const;
const ALL_FLAGS = 63;
const MAX_PRIORITY = 2_147_483_647;
const LONGEST_BARE_URI = 500;
const LONGEST_HOST = 254;

/** Something to be said about a line. */
export interface Remark {
  readonly column: number;
  readonly what: string;
  readonly hint: string;
}

/** A line, translated. */
export interface ListDestination {
  readonly record: ListRecord;
  /** In the shape of fairlead.yaml; null: left out, and `remarks` says why. `weight` is chosen later. */
  readonly data: Record<string, unknown> | null;
  readonly name: string;
  readonly weight: number;
  readonly rweight: number;
  readonly socket: string | undefined;
  readonly remarks: readonly Remark[];
  /** What has no equivalent. */
  readonly notes: readonly string[];
}

/** Translates one record. */
export function readDestination(record: ListRecord): ListDestination {
  const remarks: Remark[] = [];
  const notes: string[] = [];
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
  const attributes = readAttributes(record.attrs);
  for (const wrong of attributes.wrong) remark(record.attrsColumn, wrong);
  for (const text of attributes.without) notes.push(`no equivalent: ${text}`);
  const uri = /^sips?:/i.test(record.uri) || record.uri.length >= LONGEST_BARE_URI ? record.uri : `sip:${record.uri}`;
  const parsed = parseDestinationUri(uri);
  const base = {
    record,
    name: attributes.duid ?? uri,
    weight: attributes.weight,
    rweight: attributes.rweight,
    socket: attributes.socket,
    remarks,
    notes,
  };
  if (typeof parsed === "string" || parsed.host.length > LONGEST_HOST) {
    const why = typeof parsed === "string" ? parsed : "the host name is too long";
    remark(
      record.uriColumn,
      `${why}: left out, as Kamailio leaves it out`,
      "with ds_load_mode 1 Kamailio refuses the whole file",
    );
    return { ...base, data: null };
  }
  const data: Record<string, unknown> = { uri };
  if (attributes.duid !== undefined) data.name = attributes.duid;
  if (record.priority < 0) remark(record.uriColumn, "the priority does not fit 32 bits");
  if (record.priority !== 0) data.priority = Math.min(record.priority, MAX_PRIORITY);
  if (attributes.maxload > 0) data.max_calls = attributes.maxload;
  Object.assign(data, readFlags(record, remark, notes));
  if (Object.keys(attributes.opaque).length > 0) data.attrs = { ...attributes.opaque };
  return { ...base, data };
}

function readFlags(
  record: ListRecord,
  remark: (column: number, what: string) => void,
  notes: string[],
): Record<string, unknown> {
  const { flags } = record;
  const data: Record<string, unknown> = {};
  if ((flags & FLAG.disabled) !== 0) data.state = "disabled";
  else if ((flags & FLAG.inactive) !== 0) data.state = "inactive";
  if ((flags & FLAG.noPing) !== 0) data.probe = "never";
  else if ((flags & FLAG.probing) !== 0) data.probe = "marked";
  if ((flags & FLAG.trying) !== 0) notes.push("flag 2 (trying): starts as active, which gets traffic all the same");
  if ((flags & FLAG.noDns) !== 0) notes.push("flag 16 (no address look-up at load): no equivalent, names are resolved");
  if ((flags & ~ALL_FLAGS) !== 0)
    remark(record.uriColumn, `flags ${flags >>> 0} has bits that mean nothing to Kamailio`);
  return data;
}
