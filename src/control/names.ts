// Where the names of destinations are. Looked up when a configuration is made and again when an answer grows old, never while
// a packet waits. A name that cannot be found now keeps the servers it had.
import type { Problem } from "../config/problem.ts";
import type { Config } from "../config/schema.ts";
import type { DestinationConfig } from "../config/sections/destination.ts";
import { formatHostPort } from "../config/values/address.ts";
import type { Beginning, Locate, Location, Target, Wanted } from "../net/dns/locate.ts";
import { MOST_SERVERS } from "../net/dns/system-files.ts";
import { findListener } from "./compile-listeners.ts";
import type { Log } from "./log.ts";
import { configurationProblem } from "./restart.ts";

/** Locations by `nameKey`. */
export type Locations = ReadonlyMap<string, Location>;

/** Who looks names up. */
export interface NameSource {
  /** How names are looked up under this configuration. */
  locate(config: Config): Locate;
  /** The clock of `Location.until`, in milliseconds. */
  readonly now: () => number;
}

/** Transports that DNS knows of (RFC 3263 4.1), in the order in which they are taken where it does not choose. */
const LOCATED = ["udp", "tcp", "tls"] as const;
/** Names looked up at the same time. */
const AT_ONCE = 16;
/** Milliseconds that a name is waited for at least, and by a configuration for one whose servers are known from before. */
const PATIENCE = 5_000;
const PATIENCE_IF_KNOWN = 1_000;
/** Milliseconds beyond the timeouts of all name servers. */
const SLACK = 1_000;
/** Nothing was learned, not even how long that holds. */
const SOON = 1_000;

/** What waits for names: a configuration that is to come into force, or nobody, as those in force are only looked up again. */
export type Waiting = "reload" | "refresh";

/** What has to be looked up for a destination; null: nothing, its host is an address or it cannot be used anyway. */
export function wantedOf(config: Config, destination: DestinationConfig): Wanted | null {
  const { host, lookUp, port, transport, unusable } = destination;
  if (lookUp === "none" || unusable !== "") return null;
  return {
    host,
    begin: beginning(lookUp),
    port,
    transports: lookUp === "naptr" && transport === "udp" ? transportsOf(config, destination) : [transport],
    families: familiesOf(config, destination),
    most: config.dns.maxAddresses,
  };
}

/** The key of a destination in `Locations`: the same for destinations that are looked up in the same way. */
export function nameKey({ host, begin, port, transports, families }: Wanted): string {
  return [host, begin, port, ...transports, ...families].join(" ");
}

/**
 * Looks up every name of a configuration once. What cannot be found keeps its targets of `known`. `now` is the resolver's
 * clock. A reload does not wait long for what is known.
 */
export async function locateNames(
  config: Config,
  locate: Locate,
  known: Locations,
  now: () => number,
  waiting: Waiting,
): Promise<Locations> {
  const wanted = new Map<string, Wanted>();
  for (const set of config.sets) {
    for (const destination of set.destinations) {
      const one = wantedOf(config, destination);
      if (one !== null) wanted.set(nameKey(one), one);
    }
  }
  // Dead name servers before the one that answers are no reason to give a name up.
  const inTurn = Math.max(PATIENCE, (config.dns.servers.length || MOST_SERVERS) * config.dns.timeout + SLACK);
  const left = [...wanted];
  const found = new Map<string, Location>();
  const work = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      const [key, one] = next;
      const before = known.get(key);
      const isKnown = before !== undefined && before.targets.length > 0;
      const patience = isKnown && waiting === "reload" ? PATIENCE_IF_KNOWN : inTurn;
      const location = await withPatience(locate(one), patience, now);
      found.set(key, isKnown && location.targets.length === 0 ? { ...location, targets: before.targets } : location);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, left.length) }, work));
  return found;
}

/** Whether two lookups found the same servers for the same names; the order of equals and the time do not matter. */
export function isSamePlace(a: Locations, b: Locations): boolean {
  if (a.size !== b.size) return false;
  for (const [key, { targets }] of a) if (textOf(targets) !== textOf(b.get(key)?.targets)) return false;
  return true;
}

/** When the first of the names has to be looked up again, on the resolver's clock; infinite where there are none. */
export function firstDue(locations: Locations): number {
  let due = Number.POSITIVE_INFINITY;
  for (const { until } of locations.values()) due = Math.min(due, until);
  return due;
}

function textOf(targets: Location["targets"] | undefined): string {
  const lines = targets?.map(({ address, port, priority, weight, rank, transport }) =>
    [address, port, priority, weight, rank, transport].join(" "),
  );
  return lines?.sort().join("\n") ?? "";
}

function beginning(lookUp: DestinationConfig["lookUp"]): Beginning {
  return lookUp === "none" ? "address" : lookUp;
}

/** Families that some listener can send to; the first listener's comes first. */
function familiesOf(config: Config, destination: DestinationConfig): Wanted["families"] {
  return [...new Set(sendersOf(config, destination).map(({ host }) => (host.includes(":") ? "AAAA" : "A")))];
}

/**
 * What a URI without transport and port may mean, of the transports that some listener has (RFC 3263 4.1): NAPTR chooses;
 * without it the first one that has SRV records, and without those the first.
 */
function transportsOf(config: Config, destination: DestinationConfig): readonly string[] {
  const senders = sendersOf(config, destination);
  const usable = LOCATED.filter((each) => senders.some(({ transport }) => transport === each));
  return usable.length > 0 ? usable : [destination.transport];
}

/** The listeners that a destination may be sent to from. */
function sendersOf({ listeners }: Config, { listener }: DestinationConfig): Config["listeners"] {
  const own = listener === undefined ? undefined : listeners[findListener(listeners, listener)];
  return own === undefined ? listeners : [own];
}

async function withPatience(answer: Promise<Location>, patience: number, now: () => number): Promise<Location> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Location>((resolve) => {
    const why = `no answer within ${patience / 1_000} s`;
    timer = setTimeout(() => resolve({ targets: [], until: now() + SOON, why }), patience);
  });
  const failed = (error: unknown): Location => ({ targets: [], until: now() + SOON, why: String(error) });
  const location = await Promise.race([answer.catch(failed), late]);
  clearTimeout(timer);
  return location;
}

/** A warning for each name whose servers are of before. */
export function keptWarnings(locations: Locations): Problem[] {
  return [...locations].flatMap(([key, { targets, why }]) => {
    if (why === "" || targets.length === 0) return [];
    const what = `host name ${hostOf(key)} does not resolve now (${why})`;
    return [configurationProblem(what, "its servers of before stay in use", "warning")];
  });
}

/** The host of a `nameKey`. */
function hostOf(key: string): string {
  return key.slice(0, key.indexOf(" "));
}

/** Says what has changed about names, once for each change. */
export function logNames(log: Log, before: Locations, after: Locations): void {
  for (const [key, { targets, why }] of after) {
    const host = hostOf(key);
    const old = before.get(key);
    const found = targets.map(addressText).sort();
    const had = old?.targets.map(addressText).sort() ?? [];
    const added = found.filter((each) => !had.includes(each));
    const removed = had.filter((each) => !found.includes(each));
    if (added.length > 0 || removed.length > 0) log.info({ host, added, removed }, "a name has other servers now");
    const [failed, failedBefore] = [why !== "", old !== undefined && old.why !== ""];
    if (failed && !failedBefore)
      log.warn({ host, why, servers: found }, "a name cannot be looked up; its servers stay");
    if (!failed && failedBefore) log.info({ host, servers: found }, "a name can be looked up again");
  }
}

function addressText({ address, port }: Target): string {
  return formatHostPort(address, port);
}
