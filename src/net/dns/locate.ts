// Where a SIP URI's host is (RFC 3263 section 4): NAPTR says over which transport, SRV names servers with priority and
// weight, A and AAAA give addresses. A numeric host never comes here.
import type { NaptrRecord, SrvRecord } from "./message.ts";
import type { Resolver, Result } from "./resolver.ts";
import { orderTargets } from "./target-order.ts";

/** Where the search begins: a port was given, only a transport, or neither. */
export type Beginning = "address" | "srv" | "naptr";

/** What is looked for. */
export interface Wanted {
  /** A host name, not an address. */
  readonly host: string;
  readonly begin: Beginning;
  /** Port of the addresses where no SRV record gives one. */
  readonly port: number;
  /** Transports that may be chosen, the preferred one first: `udp`, `tcp`, `tls`. */
  readonly transports: readonly string[];
  /** Address families that can be sent to, the preferred one first. */
  readonly families: readonly ("A" | "AAAA")[];
  /** Most targets; what comes after them in the records' order is left out. */
  readonly most: number;
}

/** One server. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly transport: string;
  /** The host that the address belongs to: an SRV record's target, or the name itself. */
  readonly host: string;
  /** Of its SRV record, the lower the better; 0 where there is none. */
  readonly priority: number;
  /** Of its SRV record; 1 where there is none. */
  readonly weight: number;
  /** 0 is tried first; a higher rank only when nobody of a lower one can be used. */
  readonly rank: number;
}

/** What was found, in the order of RFC 2782. `until`: when to look again, on the resolver's clock. */
export interface Location {
  readonly targets: readonly Target[];
  readonly until: number;
  /** Why there are none, or why these are old; empty: all is well. */
  readonly why: string;
}

/** Finds a host's servers. */
export type Locate = (wanted: Wanted) => Promise<Location>;

const SRV_PREFIX: Readonly<Record<string, string>> = { udp: "_sip._udp.", tcp: "_sip._tcp.", tls: "_sips._tcp." };
const NAPTR_SERVICE: Readonly<Record<string, string>> = { "SIP+D2U": "udp", "SIP+D2T": "tcp", "SIPS+D2T": "tls" };

type Draft = Omit<Target, "rank"> & { readonly isSecondFamily: boolean };

/** A search in progress: what was learned about how long it holds, and what went wrong. */
class Search {
  readonly resolver: Resolver;
  readonly wanted: Wanted;
  until = Number.POSITIVE_INFINITY;
  failure = "";
  stale = "";

  constructor(resolver: Resolver, wanted: Wanted) {
    this.resolver = resolver;
    this.wanted = wanted;
  }

  note<T extends Result<"A" | "AAAA" | "SRV" | "NAPTR">>(result: T, what: string): T {
    this.until = Math.min(this.until, result.until);
    if (result.status === "failed") this.failure ||= `${what}: ${result.why}`;
    if (result.status === "found" && result.isStale) this.stale ||= what;
    return result;
  }
}

/** Looks a host up. Never rejects. `random` as for `orderTargets`. */
export async function locate(resolver: Resolver, wanted: Wanted, random: () => number): Promise<Location> {
  const search = new Search(resolver, wanted);
  const found = await begin(search);
  const { until, failure, stale } = search;
  if (typeof found === "string") return { targets: [], until, why: failure === "" ? found : failure };
  const targets = ranked(found).slice(0, wanted.most);
  const old = stale === "" ? "" : `no answer about ${stale}; the last one is used`;
  return { targets: orderTargets(targets, random), until, why: old };
}

async function begin(search: Search): Promise<Draft[] | string> {
  const { begin: from, host, transports, families } = search.wanted;
  // As for everybody else on this machine: what its hosts file has is not looked for elsewhere.
  if ((await search.resolver.familiesInHosts(host, families)).length > 0) return byAddress(search, [host]);
  if (from === "naptr") {
    const records = search.note(await search.resolver.query(host, "NAPTR"), `NAPTR ${host}`);
    if (records.status === "failed") return "";
    const chosen = records.status === "found" ? bySip(records.data) : [];
    if (chosen.length > 0) return byNaptr(search, chosen);
  }
  if (from !== "address") {
    for (const transport of transports) {
      const prefix = SRV_PREFIX[transport];
      const found = prefix === undefined ? null : await bySrv(search, `${prefix}${host}`, transport);
      if (found !== null) return found;
      // Another transport's records are no answer to this question.
      if (search.failure !== "") return "";
    }
  }
  return byAddress(search, await namesToTry(search));
}

/** The SIP records among NAPTR records, in the order of RFC 3403. */
function bySip(records: readonly NaptrRecord[]): NaptrRecord[] {
  const sip = records.filter(({ flags, services }) => flags === "S" && /^SIPS?\+D2/.test(services));
  return sip.sort((a, b) => a.order - b.order || a.preference - b.preference);
}

async function byNaptr(search: Search, records: readonly NaptrRecord[]): Promise<Draft[] | string> {
  const { host, transports } = search.wanted;
  for (const { services, replacement } of records) {
    const transport = NAPTR_SERVICE[services];
    if (transport === undefined || !transports.includes(transport)) continue;
    const found = await bySrv(search, replacement, transport);
    if (found !== null) return found;
    if (search.failure !== "") return "";
  }
  return `the NAPTR records of ${host} lead to no server over ${transports.join(" or ")}`;
}

/** Null: there are no such records, or they could not be had (then `failure` is set). */
async function bySrv(search: Search, name: string, transport: string): Promise<Draft[] | string | null> {
  const result = search.note(await search.resolver.query(name, "SRV"), `SRV ${name}`);
  if (result.status !== "found") return null;
  // RFC 2782: a single record with the root for a target.
  const records = result.data.filter(({ target, port }) => target !== "" && port > 0);
  if (records.length === 0) return `the SRV record of ${name} says that there is no such service`;
  // The best ones first, each target once: this bounds how much is asked for one name.
  const best = [...records].sort(compareRecords).slice(0, search.wanted.most);
  const drafts = await Promise.all(
    best.map(async ({ target, port, priority, weight }) => {
      const addresses = await addressesOf(search, target);
      return addresses.map((each) => ({ ...each, port, priority, weight, transport, host: target }));
    }),
  );
  const found = drafts.flat();
  return found.length > 0 ? found : `no target of SRV ${name} has an address`;
}

async function byAddress(search: Search, names: readonly string[]): Promise<Draft[] | string> {
  const { host, port, transports, families } = search.wanted;
  const transport = transports[0] ?? "udp";
  for (const name of names) {
    const addresses = await addressesOf(search, name);
    if (addresses.length > 0) {
      return addresses.map((each) => ({ ...each, port, priority: 0, weight: 1, transport, host: name }));
    }
    if (search.failure !== "") return "";
  }
  return `host name ${host} has no ${families.join(" or ")} record`;
}

/** As resolv.conf's search list is meant: names with a dot as they stand first, others last. */
async function namesToTry({ resolver, wanted: { host } }: Search): Promise<string[]> {
  if (host.endsWith(".")) return [host];
  const searched = (await resolver.searchDomains()).map((domain) => `${host}.${domain}`);
  return host.includes(".") ? [host, ...searched] : [...searched, host];
}

type Address = Pick<Draft, "address" | "isSecondFamily">;

async function addressesOf(search: Search, host: string): Promise<Address[]> {
  const own = await search.resolver.familiesInHosts(host, search.wanted.families);
  const families = own.length > 0 ? own : search.wanted.families;
  const results = await Promise.all(
    families.map(async (family) => search.note(await search.resolver.query(host, family), `${family} ${host}`)),
  );
  const found = results.map((result) => (result.status === "found" ? [...new Set(result.data)].sort() : []));
  // One server with both kinds of address is one server: its second family is there for when the first cannot be used.
  const first = found.findIndex((addresses) => addresses.length > 0);
  return found.flatMap((addresses, at) => addresses.map((address) => ({ address, isSecondFamily: at !== first })));
}

/** Ranks by SRV priority, and within it by address family; doubles are left out. The order is the same for the same records. */
function ranked(drafts: readonly Draft[]): Target[] {
  const keyOf = ({ priority, isSecondFamily }: Draft) => priority * 2 + Number(isSecondFamily);
  const keys = [...new Set(drafts.map(keyOf))].sort((a, b) => a - b);
  const seen = new Set<string>();
  const targets: Target[] = [];
  for (const draft of [...drafts].sort((a, b) => keyOf(a) - keyOf(b) || compareDrafts(a, b))) {
    const place = `${draft.address} ${draft.port}`;
    if (seen.has(place)) continue;
    seen.add(place);
    const { isSecondFamily: _, ...target } = draft;
    targets.push({ ...target, rank: keys.indexOf(keyOf(draft)) });
  }
  return targets;
}

function compareRecords(a: SrvRecord, b: SrvRecord): number {
  return a.priority - b.priority || b.weight - a.weight || compare(a.target, b.target) || a.port - b.port;
}

function compareDrafts(a: Draft, b: Draft): number {
  return compare(a.host, b.host) || compare(a.address, b.address) || a.port - b.port;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
