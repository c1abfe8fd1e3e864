// Rows of OpenSIPS's tables: dispatcher (version 9) and load_balancer (version 3).
import type { DestinationData } from "../importers/kamailio-destination.ts";
import type { DestinationFields } from "../sections/destination.ts";
import { type Capacity, parseCapacities } from "../sections/resources.ts";
import { type EventSocket, isEventSocketUrl, parseEventSocket } from "../values/event-socket.ts";
import type { RowReader, TableRow } from "./row.ts";

/** Columns without which there is no destination. */
export const OPENSIPS_NEEDS = ["setid", "destination"] as const;
/** The same, of the table `load_balancer`. */
export const LOAD_BALANCER_NEEDS = ["group_id", "dst_uri", "resources"] as const;

/** The column `state`: 0 enabled, 1 disabled, 2 probing; the digits of the MI command mean something else. */
const STATES: Readonly<Record<number, Partial<DestinationFields>>> = {
  0: {},
  // Never probed and only brought back by hand.
  1: { state: "disabled" },
  2: { state: "inactive", probe: "marked" },
};

/** A row of the dispatcher table. */
export function readOpensipsRow(row: RowReader): TableRow | null {
  const setId = row.number("setid", null, 0);
  const uri = destinationOf(row, "destination");
  const socket = row.text("socket", "").trim();
  const state = row.number("state", 0, 0, 2);
  const isAlwaysProbed = row.number("probe_mode", 0, 0, 1) === 1;
  const priority = row.number("priority", 0);
  const weight = weightOf(row);
  if (!row.isUsable) return null;
  const data: DestinationData = {
    uri,
    ...(priority === 0 ? {} : { priority }),
    ...STATES[state],
    ...(isAlwaysProbed ? { probe: "always" } : {}),
    ...attrsOf(row),
  };
  const { key } = row;
  const told = typeof weight === "number" ? { weight } : { weight: 1, weightFrom: weight };
  return {
    key,
    setId: String(setId),
    data,
    name: "",
    ...told,
    rweight: -1,
    socket: socket === "" ? undefined : socket,
  };
}

/** A row of the load_balancer table. Its commands know a destination by the row's id, and so that is its name. */
export function readLoadBalancerRow(row: RowReader): TableRow | null {
  const setId = row.number("group_id", null, 0);
  const uri = destinationOf(row, "dst_uri");
  // 0: never, 1: while it is disabled, above: always.
  const mode = row.number("probe_mode", 0, 0);
  const resources = resourcesOf(row);
  if (!row.isUsable) return null;
  const data: DestinationData = { uri, resources, ...PROBED[Math.min(mode, 2)], ...attrsOf(row) };
  const { key } = row;
  return { key, setId: String(setId), data, name: row.text("id", ""), weight: -1, rweight: -1, socket: undefined };
}

const PROBED: readonly Partial<DestinationFields>[] = [{ probe: "never" }, { probe: "down" }, { probe: "always" }];

function resourcesOf(row: RowReader): Readonly<Record<string, Capacity>> {
  const text = row.needText("resources");
  if (!row.isUsable) return {};
  const resources = parseCapacities(text);
  if (typeof resources !== "string" && Object.keys(resources).length > 0) return resources;
  row.refuse("resources", typeof resources === "string" ? resources : "there is no resource");
  return {};
}

/** A URI may have a user, a password and headers there, of which only probes get to see something. */
function destinationOf(row: RowReader, what: string): string {
  const text = row.needText(what);
  const uri = text === "" || /^sips?:/i.test(text) ? text : `sip:${text}`;
  const headers = uri.indexOf("?");
  if (headers < 0) return uri;
  row.remark(what, "the headers of the URI are left out");
  return uri.slice(0, headers);
}

function weightOf(row: RowReader): number | EventSocket {
  const text = row.text("weight", "1").trim();
  if (!isEventSocketUrl(text)) return row.number("weight", 1, 0, 65_535);
  const told = parseEventSocket(text);
  // It holds a password: it is not repeated.
  if (typeof told === "string") row.refuse("weight", told);
  return typeof told === "string" ? 1 : told;
}

function attrsOf(row: RowReader): { attrs?: Record<string, string> } {
  const attrs = row.text("attrs", "").trim();
  const description = row.text("description", "").trim();
  const words = { ...(attrs === "" ? {} : { attrs }), ...(description === "" ? {} : { description }) };
  return Object.keys(words).length === 0 ? {} : { attrs: words };
}
