// From destinations as configured to rows: one for each server behind a destination. An address is one row; a name has a row
// for every address or SRV target, all with the settings of the destination, told apart by name and address.
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import type { SetConfig } from "../config/sections/sets.ts";
import { formatHostPort } from "../config/values/address.ts";
import { orderDestinations, orderDestinationsAsKamailio } from "../dispatch/order.ts";
import type { Target } from "../net/dns/locate.ts";
import { type Locations, nameKey, wantedOf } from "./names.ts";
import { slotIdentity } from "./slots.ts";

/** One server to be. */
export interface DestinationRow {
  /** The destination as configured, the very object. */
  readonly origin: DestinationConfig;
  /** The same with name, weight and transport of this row. `NAME/ADDRESS:PORT` where it is one of a name's. */
  readonly config: DestinationConfig;
  /** Identity (`slotIdentity`) of the destination as configured: rows of one name have it in common. */
  readonly group: string;
  readonly set: SetConfig;
  readonly setIndex: number;
  /** Numeric host without brackets; empty: the name has none. */
  readonly address: string;
  readonly port: number;
  /** See `Target.rank`; 0 where there is only one row. */
  readonly rank: number;
  /** Of its SRV record; 0 where there is none. */
  readonly priority: number;
  /** Why it has no address; empty: it has one. */
  readonly why: string;
}

/** Largest weight of a row. */
const MOST_WEIGHT = 65_535;

/** All rows: set by set, each in its order. */
export function rowsOf(config: Config, locations: Locations): DestinationRow[] {
  const rows: DestinationRow[] = [];
  for (const [index, set] of config.sets.entries()) addRowsOfSet(rows, config, set, index, locations);
  return rows;
}

/** The name of a row: what operators, logs and metrics know it by. */
export function rowName(name: string, { address, port }: Pick<Target, "address" | "port">): string {
  return `${name}/${formatHostPort(address, port)}`;
}

/** What a row's weight is compared to that of its destination: `part` / `whole` of it. */
interface Share {
  readonly part: number;
  readonly whole: number;
}

const ALL_OF_IT: Share = { part: 1, whole: 1 };

function addRowsOfSet(
  rows: DestinationRow[],
  config: Config,
  set: SetConfig,
  setIndex: number,
  locations: Locations,
): void {
  const ordered =
    set.order === "kamailio" ? orderDestinationsAsKamailio(set.destinations) : orderDestinations(set.destinations);
  const start = rows.length;
  const shares = new Map<DestinationRow, Share>();
  for (const origin of ordered) {
    const group = slotIdentity(set.name, origin.uri, origin.name);
    const wanted = wantedOf(config, origin);
    if (wanted === null) {
      const { host: address, port, unusable: why } = origin;
      rows.push({ origin, config: origin, group, set, setIndex, address, port, rank: 0, priority: 0, why });
      continue;
    }
    const location = locations.get(nameKey(wanted));
    if (location === undefined || location.targets.length === 0) {
      const why = `host name ${origin.host} does not resolve${location?.why ? ` (${location.why})` : ""}`;
      rows.push({
        origin,
        config: origin,
        group,
        set,
        setIndex,
        address: "",
        port: origin.port,
        rank: 0,
        priority: 0,
        why,
      });
      continue;
    }
    for (const { target, share } of sharesOf(location.targets)) {
      const { address, port, transport, rank, priority } = target;
      const row = { ...origin, name: rowName(origin.name, target), transport };
      rows.push({ origin, config: row, group, set, setIndex, address, port, rank, priority, why: "" });
      if (share.part !== share.whole) shares.set(rows[rows.length - 1]!, share);
    }
  }
  if (shares.size > 0) weigh(rows, start, shares);
}

/** Targets in an order that only depends on what they are: DNS servers like to turn their answers round. */
function sharesOf(targets: readonly Target[]): { target: Target; share: Share }[] {
  const key = ({ host, address, port }: Target) => `${host} ${address} ${port}`;
  const ordered = [...targets].sort((a, b) => a.rank - b.rank || (key(a) < key(b) ? -1 : 1));
  return ordered.map((target) => {
    const equals = targets.filter(({ rank }) => rank === target.rank);
    const whole = equals.reduce((total, { weight }) => total + weight, 0);
    // On average a row weighs as much as the destination says. All 0: equal.
    return { target, share: whole === 0 ? ALL_OF_IT : { part: target.weight * equals.length, whole } };
  });
}

/** Weights as whole numbers: those of the set, from `start` on, are multiplied by whatever makes all shares whole. */
function weigh(rows: DestinationRow[], start: number, shares: ReadonlyMap<DestinationRow, Share>): void {
  let factor = 1;
  let most = 0;
  for (const row of rows.slice(start)) {
    const { part, whole } = shares.get(row) ?? ALL_OF_IT;
    const product = row.origin.weight * part;
    most = Math.max(most, product / whole);
    factor = leastCommonMultiple(factor, whole / greatestCommonDivisor(product, whole));
  }
  if (most * factor > MOST_WEIGHT) factor = MOST_WEIGHT / most;
  for (let at = start; at < rows.length; at++) {
    const row = rows[at]!;
    const { part, whole } = shares.get(row) ?? ALL_OF_IT;
    const share = (row.origin.weight * part) / whole;
    const weight = share === 0 ? 0 : Math.max(1, Math.round(share * factor));
    rows[at] = { ...row, config: { ...row.config, weight } };
  }
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

function leastCommonMultiple(a: number, b: number): number {
  // Beyond what can be used anyway it need not be exact.
  return Math.min((a / greatestCommonDivisor(a, b)) * b, Number.MAX_SAFE_INTEGER);
}
