// What Kamailio's dispatcher says about one destination, in a line of its list or a row of its table, as a destination of
// fairlead.yaml; or why Kamailio would leave it out.
import type { DestinationFields } from "../sections/destination.ts";
import { type DestinationUri, parseDestinationUri } from "../values/destination-uri.ts";
import { readAttributes } from "./list-attributes.ts";

/** Kamailio's flag bits. */
const FLAG = { inactive: 1, trying: 2, disabled: 4, probing: 8, noDns: 16, noPing: 32 } as const;
const ALL_FLAGS = 63;
const MAX_PRIORITY = 2_147_483_647;
const LONGEST_BARE_URI = 500;
const LONGEST_HOST = 254;

/** The four fields. */
export interface KamailioFields {
  readonly uri: string;
  readonly flags: number;
  readonly priority: number;
  readonly attrs: string;
}

/** Says something about a field. */
export type FieldRemark = (field: keyof KamailioFields, what: string, hint?: string) => void;

/**
 * Keys of a destination that a row or a line of theirs may speak of, besides its URI; its weight is chosen later. Of rows,
 * `memberOf` (tables/translate.ts) copies one by one.
 */
type Said =
  | "name"
  | "listener"
  | "probe_listener"
  | "priority"
  | "max_calls"
  | "resources"
  | "state"
  | "probe"
  | "probe_from"
  | "attrs";

/** A destination in the shape of fairlead.yaml. */
export type DestinationData = Partial<Pick<DestinationFields, Said>> & { readonly uri: string };

/** A destination, translated. */
export interface KamailioDestination {
  /** Null: left out, and a remark said why. `weight` is chosen later. */
  readonly data: DestinationData | null;
  /** Its URI, taken apart; absent where there is no data. */
  readonly parsed?: DestinationUri;
  readonly name: string;
  /** 1 to 100, 0; -1: none given. */
  readonly weight: number;
  readonly rweight: number;
  readonly socket: string | undefined;
  /** The same for probes alone. */
  readonly pingSocket: string | undefined;
  /** What has no equivalent. */
  readonly notes: readonly string[];
}

/** Translates the fields. */
export function kamailioDestination(fields: KamailioFields, remark: FieldRemark): KamailioDestination {
  const notes: string[] = [];
  const attributes = readAttributes(fields.attrs);
  for (const wrong of attributes.wrong) remark("attrs", wrong);
  for (const text of attributes.without) remark("attrs", `no equivalent: ${text}`);
  const uri = /^sips?:/i.test(fields.uri) || fields.uri.length >= LONGEST_BARE_URI ? fields.uri : `sip:${fields.uri}`;
  const parsed = parseDestinationUri(uri);
  const { weight, rweight, socket, pingSocket, pingFrom } = attributes;
  const name = attributes.duid ?? uri;
  if (typeof parsed === "string" || parsed.host.length > LONGEST_HOST) {
    const why = typeof parsed === "string" ? parsed : "the host name is too long";
    remark("uri", `${why}: left out, as Kamailio leaves it out`, "with ds_load_mode 1 Kamailio refuses the whole file");
    return { data: null, name, weight, rweight, socket, pingSocket, notes };
  }
  const data: DestinationData = { uri };
  if (attributes.duid !== undefined) data.name = attributes.duid;
  if (fields.priority !== 0) data.priority = Math.min(fields.priority, MAX_PRIORITY);
  if (attributes.maxload > 0) data.max_calls = attributes.maxload;
  setFlags(data, fields.flags, remark, notes);
  if (pingFrom !== undefined) {
    const fault = parseDestinationUri(pingFrom);
    if (typeof fault !== "string") data.probe_from = pingFrom;
    else remark("attrs", `ping_from=${pingFrom}: ${fault}; probes have the From of the others`);
  }
  if (attributes.hasOpaque) data.attrs = attributes.opaque;
  const number = attributes.hasOpaque ? numberChange(attributes.opaque) : "";
  if (number !== "") notes.push(`attributes that only the script acts on; if it changes numbers by them: ${number}`);
  return { data, parsed, name, weight, rweight, socket, pingSocket, notes };
}

/** Attributes that scripts strip and prefix numbers by, as keys of a destination; empty: there are none. */
function numberChange({ strip = "", prefix = "" }: Readonly<Record<string, string>>): string {
  if (strip === "" && prefix === "") return "";
  const keys = [
    ...(/^[1-9]\d?$/.test(strip) ? [`strip: ${strip}`] : []),
    ...(/^[+\d]{1,32}$/.test(prefix) ? [`prefix: "${prefix}"`] : []),
  ];
  return keys.join(", ");
}

function setFlags(data: DestinationData, flags: number, remark: FieldRemark, notes: string[]): void {
  if ((flags & FLAG.disabled) !== 0) data.state = "disabled";
  else if ((flags & FLAG.inactive) !== 0) data.state = "inactive";
  if ((flags & FLAG.noPing) !== 0) data.probe = "never";
  else if ((flags & FLAG.probing) !== 0) data.probe = "marked";
  if ((flags & FLAG.trying) !== 0) notes.push("flag 2 (trying): starts as active, which gets traffic all the same");
  if ((flags & FLAG.noDns) !== 0) notes.push("flag 16 (no address look-up at load): no equivalent, names are resolved");
  if ((flags & ~ALL_FLAGS) !== 0) remark("flags", `flags ${flags >>> 0} has bits that mean nothing to Kamailio`);
}
