// A stub resolver with a memory. Answers are kept for as long as they say, within limits; what is asked twice at the same
// time goes out once; when no server answers, the last good answer is used (RFC 8767), because a load balancer that stops
// because its name server stopped helps nobody.
import type { DnsCounts } from "./counts.ts";
import { ask, type NameServer, type Reply } from "./exchange.ts";
import { type Answer, isDnsName, MOST_ALIASES, nameOf, type RecordData, type RecordType } from "./message.ts";
import { addressesInHosts, readResolvConf } from "./system-files.ts";

/** How to ask; times in milliseconds. */
export interface ResolverSettings {
  /** Asked in this order, beginning with the one that answered last; empty: those of resolv.conf. */
  readonly servers: readonly NameServer[];
  /** How long one try waits. */
  readonly timeout: number;
  /** How often every server is asked. */
  readonly attempts: number;
  readonly minTtl: number;
  readonly maxTtl: number;
  /** How long "there is no such name" is believed at most. */
  readonly maxNegativeTtl: number;
  /** After a failure nobody is asked for this long. */
  readonly retry: number;
}

/** What the resolver needs of the machine. */
export interface ResolverContext {
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** Text of a file; null: it cannot be read. */
  readonly readFile: (path: string) => Promise<string | null>;
  readonly counts: DnsCounts;
}

/** What is known; `until` on the context's clock. */
export type Result<T extends RecordType> =
  | {
      readonly status: "found";
      readonly data: readonly RecordData[T][];
      readonly until: number;
      readonly isStale: boolean;
    }
  | { readonly status: "none"; readonly until: number }
  | { readonly status: "failed"; readonly why: string; readonly until: number };

type AnyResult = Result<RecordType>;

/** No server said anything of use. `isRefused`: whoever was heard does not want to be asked that. */
interface Unanswered {
  readonly kind: "unanswered";
  readonly why: string;
  readonly isRefused: boolean;
}

/** Answers kept; the one that was not asked for the longest makes room. */
const CAPACITY = 4_096;
/** Entries of the hosts file are looked at again after this long. */
const HOSTS_TTL = 30_000;
const HOSTS = "/etc/hosts";
/** What servers answer that do not know a type of records, or do not give it to us: asking again changes nothing. */
const REFUSALS: readonly string[] = ["FORMERR", "NOTIMP", "REFUSED"];

/** The resolver. */
export class Resolver {
  readonly #settings: ResolverSettings;
  readonly #context: ResolverContext;
  readonly #known = new Map<string, AnyResult>();
  readonly #asking = new Map<string, Promise<AnyResult>>();
  /** Who answered last. */
  #answered: NameServer | null = null;

  constructor(settings: ResolverSettings, context: ResolverContext) {
    this.#settings = settings;
    this.#context = context;
  }

  /** Search domains that are to be tried for host names that are not found as they stand. */
  async searchDomains(): Promise<readonly string[]> {
    return this.#settings.servers.length > 0 ? [] : (await this.#resolvConf()).search;
  }

  /** Of these address families, those that the hosts file has of a name. */
  async familiesInHosts<T extends "A" | "AAAA">(name: string, families: readonly T[]): Promise<readonly T[]> {
    const text = (await this.#context.readFile(HOSTS)) ?? "";
    return families.filter((family) => addressesInHosts(text, nameOf(name), family).length > 0);
  }

  /** Records of a name, from memory where that is still good. Never rejects. */
  async query<T extends RecordType>(name: string, type: T): Promise<Result<T>> {
    const wanted = nameOf(name);
    const key = `${type} ${wanted}`;
    const known = this.#known.get(key) as Result<T> | undefined;
    if (known !== undefined && known.until > this.#context.now()) {
      this.#keep(key, known);
      return known;
    }
    let asking = this.#asking.get(key) as Promise<Result<T>> | undefined;
    if (asking === undefined) {
      asking = this.#renew(key, wanted, type, known).finally(() => this.#asking.delete(key));
      this.#asking.set(key, asking);
    }
    return asking;
  }

  async #renew<T extends RecordType>(
    key: string,
    name: string,
    type: T,
    known: Result<T> | undefined,
  ): Promise<Result<T>> {
    let result = await this.#lookUp(name, type, known);
    if (result.status === "failed" && known?.status === "found") {
      this.#context.counts.stale++;
      result = { ...known, until: result.until, isStale: true };
    }
    this.#keep(key, result);
    return result;
  }

  async #lookUp<T extends RecordType>(name: string, type: T, known: Result<T> | undefined): Promise<Result<T>> {
    const { now } = this.#context;
    const { minTtl, maxTtl, maxNegativeTtl, retry } = this.#settings;
    if (!isDnsName(name)) return { status: "none", until: now() + maxNegativeTtl };
    if (type === "A" || type === "AAAA") {
      const own = addressesInHosts((await this.#context.readFile(HOSTS)) ?? "", name, type);
      if (own.length > 0) {
        // The type parameter's two address types both hold text.
        const data = own as readonly string[] as readonly RecordData[T][];
        return { status: "found", data, until: now() + HOSTS_TTL, isStale: false };
      }
    }
    let asked = name;
    let ttl = Number.POSITIVE_INFINITY;
    for (let hops = 0; hops <= MOST_ALIASES; hops++) {
      const answer = await this.#askServers(asked, type);
      if (answer.kind === "unanswered") {
        // Many small name servers know nothing of NAPTR; nobody behind one of them has such records.
        if (answer.isRefused && type === "NAPTR" && known?.status !== "found")
          return { status: "none", until: now() + maxNegativeTtl };
        return { status: "failed", why: answer.why, until: now() + retry };
      }
      if (answer.kind === "alias") {
        asked = answer.name;
        ttl = Math.min(ttl, answer.ttl);
        continue;
      }
      if (answer.kind === "found") {
        if (answer.isClipped) this.#context.counts.clipped++;
        const until = now() + clamp(Math.min(ttl, answer.ttl) * 1_000, minTtl, maxTtl);
        return { status: "found", data: answer.data, until, isStale: false };
      }
      // Without an SOA nobody said how long to believe it: no longer than a failure.
      const negative = answer.ttl < 0 ? retry : answer.ttl * 1_000;
      return { status: "none", until: now() + clamp(Math.min(ttl * 1_000, negative), minTtl, maxNegativeTtl) };
    }
    return { status: "failed", why: "a loop of CNAMEs", until: now() + retry };
  }

  /** Every server in turn, as often as configured, until one says something. */
  async #askServers<T extends RecordType>(
    name: string,
    type: T,
  ): Promise<Exclude<Answer<T>, { kind: "failed" | "truncated" }> | Unanswered> {
    const { timeout, attempts } = this.#settings;
    const { counts } = this.#context;
    const servers = await this.#inTurn();
    let why = "there are no name servers";
    let refusals = 0;
    let failures = 0;
    for (let attempt = 0; attempt < attempts; attempt++) {
      for (const server of servers) {
        const reply: Reply<T> = await ask(server, { name, type }, timeout, counts);
        if (typeof reply === "string") why = `${server.host}: ${reply}`;
        else if (reply.kind === "failed" || reply.kind === "truncated") {
          counts.server_failures++;
          if (reply.kind === "failed" && REFUSALS.includes(reply.rcode)) refusals++;
          else failures++;
          why = `${server.host}: ${reply.kind === "failed" ? reply.rcode : "truncated over TCP"}`;
        } else {
          counts.answers++;
          this.#answered = server;
          return reply;
        }
      }
    }
    return { kind: "unanswered", why, isRefused: refusals > 0 && failures === 0 };
  }

  /** Name servers in the order in which they are asked: a dead one is waited for once, and not for every question. */
  async #inTurn(): Promise<readonly NameServer[]> {
    const servers = this.#settings.servers.length > 0 ? this.#settings.servers : (await this.#resolvConf()).servers;
    const last = this.#answered;
    const first = servers.find(({ host, port }) => host === last?.host && port === last.port);
    return first === undefined ? servers : [first, ...servers.filter((one) => one !== first)];
  }

  async #resolvConf(): Promise<ReturnType<typeof readResolvConf>> {
    return readResolvConf((await this.#context.readFile("/etc/resolv.conf")) ?? "");
  }

  /** A map keeps the order of writing: what was asked last goes to the end. */
  #keep(key: string, result: AnyResult): void {
    this.#known.delete(key);
    this.#known.set(key, result);
    if (this.#known.size <= CAPACITY) return;
    const [oldest] = this.#known.keys();
    if (oldest !== undefined) this.#known.delete(oldest);
  }
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(value, high));
}
