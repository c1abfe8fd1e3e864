import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Answer } from "dns-packet";
import { addressRecord, answerTo, DnsServer, naptrRecord, srvRecord } from "../../../test/kit/dns-server.ts";
import { hurried } from "../../../test/kit/hurried.ts";
import { newDnsCounts } from "./counts.ts";
import { type Location, locate, type Wanted } from "./locate.ts";
import { Resolver } from "./resolver.ts";
import { orderTargets } from "./target-order.ts";

const HOST = "sip.test";
const NAPTR: Wanted = { host: HOST, begin: "naptr", port: 5060, transports: ["udp"], families: ["A"], most: 64 };

/** Numbers from 0 to 1 that are the same in every run. */
function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe("where a SIP URI's host is (RFC 3263 section 4)", () => {
  let server: DnsServer;
  let files: Record<string, string>;
  before(async () => {
    server = await DnsServer.open();
  });
  after(() => server.close());
  beforeEach(() => {
    files = {};
    server.asked.length = 0;
    server.isDeaf = false;
    server.script = () => false;
  });

  const timeout = 5_000;
  const find = async (zone: readonly Answer[], more: Partial<Wanted> = {}): Promise<Location> => {
    server.zone = zone;
    const servers = [{ host: "127.0.0.1", port: server.port }];
    const times = { timeout, attempts: 1, minTtl: 1_000, maxTtl: 1e6, maxNegativeTtl: 1e6, retry: 2_000 };
    const readFile = async (path: string) => files[path] ?? null;
    const settings = { ...times, servers: "/etc/resolv.conf" in files ? [] : servers };
    return locate(
      new Resolver(settings, { now: () => 0, readFile, counts: newDnsCounts() }),
      { ...NAPTR, ...more },
      () => 0,
    );
  };
  const places = ({ targets }: Location) =>
    targets.map(({ address, port, transport }) => `${transport} ${address}:${port}`).sort();
  const asked = () => server.asked.map(({ type, name }) => `${type} ${name}`);

  it("NAPTR, then SRV, then A: the best NAPTR record of a transport that we have", async () => {
    const found = await find([
      naptrRecord(HOST, 10, "SIP+D2T", "_sip._tcp.sip.test"),
      naptrRecord(HOST, 30, "SIP+D2U", "_worse._udp.sip.test"),
      naptrRecord(HOST, 20, "SIP+D2U", "_other._udp.sip.test", 7),
      srvRecord("_other._udp.sip.test", 0, 5, 5070, "a.test"),
      addressRecord("a.test", "10.0.0.1"),
    ]);
    assert.deepEqual(places(found), ["udp 10.0.0.1:5070"]);
    assert.deepEqual(asked(), [`NAPTR ${HOST}`, "SRV _other._udp.sip.test", "A a.test"]);
    assert.equal(found.until, 7_000, "the shortest TTL of all that was used");
    const tcp = await find(server.zone, { transports: ["udp", "tcp"] });
    assert.equal(tcp.targets.length, 1, "a record that leads nowhere is passed over");
  });

  it("without NAPTR: SRV of our transports; without SRV: the addresses and the default port", async () => {
    const srv = [srvRecord("_sip._udp.sip.test", 0, 5, 5070, "a.test"), addressRecord("a.test", "10.0.0.1")];
    assert.deepEqual(places(await find(srv)), ["udp 10.0.0.1:5070"]);
    server.asked.length = 0;
    assert.deepEqual(places(await find([addressRecord(HOST, "10.0.0.9")])), ["udp 10.0.0.9:5060"]);
    assert.deepEqual(asked(), [`NAPTR ${HOST}`, `SRV _sip._udp.${HOST}`, `A ${HOST}`]);
  });

  it("of several transports NAPTR chooses; without it the first that has SRV records, and without those UDP", async () => {
    const both = { transports: ["udp", "tcp"] };
    const zone = [
      srvRecord("_sip._udp.sip.test", 0, 5, 5070, "a.test"),
      srvRecord("_sip._tcp.sip.test", 0, 5, 5071, "a.test"),
      addressRecord("a.test", "10.0.0.1"),
      addressRecord(HOST, "10.0.0.9"),
    ];
    const naptr = [
      naptrRecord(HOST, 50, "SIP+D2U", "_sip._udp.sip.test"),
      naptrRecord(HOST, 10, "SIPS+D2T", "_sips._tcp.sip.test"),
      naptrRecord(HOST, 20, "SIP+D2T", "_sip._tcp.sip.test"),
    ];
    assert.deepEqual(places(await find([...naptr, ...zone], both)), ["tcp 10.0.0.1:5071"]);
    assert.deepEqual(places(await find([...naptr, ...zone])), ["udp 10.0.0.1:5070"]);
    assert.deepEqual(places(await find(zone, both)), ["udp 10.0.0.1:5070"]);
    assert.deepEqual(places(await find(zone.slice(1), both)), ["tcp 10.0.0.1:5071"]);
    assert.deepEqual(places(await find(zone.slice(3), both)), ["udp 10.0.0.9:5060"]);
  });

  it("silence about one transport does not move a name to another", async () => {
    const zone = [srvRecord("_sip._tcp.sip.test", 0, 5, 5071, "a.test"), addressRecord("a.test", "10.0.0.1")];
    server.script = ({ name }) => name.startsWith("_sip._udp");
    const found = await hurried(timeout, () => find(zone, { transports: ["udp", "tcp"] }));
    assert.deepEqual(places(found), []);
    assert.match(found.why, /SRV _sip\._udp\.sip\.test/);
  });

  it("a transport in the URI: no NAPTR; a port in the URI: addresses only", async () => {
    const zone = [
      naptrRecord(HOST, 10, "SIP+D2U", "_other._udp.sip.test"),
      srvRecord("_sip._udp.sip.test", 0, 5, 5070, "a.test"),
      addressRecord("a.test", "10.0.0.1"),
      addressRecord(HOST, "10.0.0.9"),
    ];
    assert.deepEqual(places(await find(zone, { begin: "srv" })), ["udp 10.0.0.1:5070"]);
    assert.deepEqual(places(await find(zone, { begin: "address", port: 5099 })), ["udp 10.0.0.9:5099"]);
    assert.ok(!asked().some((question) => question.startsWith("NAPTR")));
  });

  it("NAPTR records for other transports only: nothing, and no guess; those of other services do not count", async () => {
    const tcp = await find([naptrRecord(HOST, 1, "SIP+D2T", "_sip._tcp.sip.test"), addressRecord(HOST, "10.0.0.9")]);
    assert.deepEqual([places(tcp), tcp.why], [[], "the NAPTR records of sip.test lead to no server over udp"]);
    const mail = await find([naptrRecord(HOST, 1, "E2U+MAIL", "mail.test"), addressRecord(HOST, "10.0.0.9")]);
    assert.deepEqual(places(mail), ["udp 10.0.0.9:5060"]);
  });

  it("an SRV target of a single dot says that there is no such service (RFC 2782)", async () => {
    const found = await find([srvRecord("_sip._udp.sip.test", 0, 0, 0, "."), addressRecord(HOST, "10.0.0.9")]);
    assert.deepEqual(
      [places(found), found.why],
      [[], "the SRV record of _sip._udp.sip.test says that there is no such service"],
    );
  });

  it("ranks: SRV priorities, and the second address family behind the first of the same server", async () => {
    const { targets } = await find(
      [
        srvRecord("_sip._udp.sip.test", 10, 60, 5060, "a.test"),
        srvRecord("_sip._udp.sip.test", 10, 40, 5060, "six.test"),
        srvRecord("_sip._udp.sip.test", 20, 0, 5060, "c.test"),
        addressRecord("a.test", "10.0.0.1"),
        addressRecord("a.test", "2001:db8::1"),
        addressRecord("six.test", "2001:db8::2"),
        addressRecord("c.test", "10.0.0.3"),
      ],
      { families: ["A", "AAAA"] },
    );
    const ranks = Object.fromEntries(targets.map(({ address, rank, weight }) => [address, [rank, weight]]));
    assert.deepEqual(ranks, {
      "10.0.0.1": [0, 60],
      "2001:db8::2": [0, 40],
      "2001:db8::1": [1, 60],
      "10.0.0.3": [2, 0],
    });
  });

  it("of very many records the best are used, and no more is asked than that takes", async () => {
    const records = Array.from({ length: 200 }, (_, i) =>
      srvRecord("_sip._udp.sip.test", 200 - i, 0, 5060, `t${i}.test`),
    );
    const addresses = Array.from({ length: 200 }, (_, i) => addressRecord(`t${i}.test`, `10.0.0.${i}`));
    const { targets } = await find([...records, ...addresses], { most: 3 });
    assert.deepEqual(targets.map(({ address }) => address).sort(), ["10.0.0.197", "10.0.0.198", "10.0.0.199"]);
    assert.ok(server.asked.length <= 6, `${server.asked.length} questions`);
  });

  it("a failure is not taken for an answer: no fallback to addresses when SRV could not be had", async () => {
    server.script = ({ type }) => type === "SRV";
    const found = await hurried(timeout, () => find([addressRecord(HOST, "10.0.0.9")]));
    assert.equal(found.targets.length, 0);
    assert.match(found.why, /^SRV _sip\._udp\.sip\.test: 127\.0\.0\.1: no answer within 5000 ms$/);
    assert.equal(found.until, 2_000);
  });

  it("a name in the hosts file is what that says: nobody is asked about it, wherever the search begins", async () => {
    files["/etc/hosts"] = `10.0.0.7 ${HOST} pbx\n::7 six.test\n`;
    const zone = [srvRecord("_sip._udp.sip.test", 0, 5, 5070, "a.test"), addressRecord("a.test", "10.0.0.1")];
    for (const begin of ["naptr", "srv", "address"] as const) {
      const found = await find(zone, { begin, families: ["AAAA", "A"] });
      assert.deepEqual([places(found), found.why, asked()], [["udp 10.0.0.7:5060"], "", []]);
    }
    await find([], { host: "six.test" });
    assert.deepEqual(asked()[0], "NAPTR six.test", "what it has of no family that can be sent to is nothing");
    files["/etc/resolv.conf"] = "search one.test\n";
    assert.deepEqual(places(await find([], { host: "pbx" })), ["udp 10.0.0.7:5060"], "no name server, a search domain");
  });

  for (const [rcode, name] of [
    [1, "FORMERR"],
    [4, "NOTIMP"],
    [5, "REFUSED"],
  ] as const) {
    it(`a name server that answers ${name} to NAPTR has no such records; SRV and A are asked for`, async () => {
      server.script = (question, reply) => {
        if (question.type !== "NAPTR") return false;
        reply(answerTo(question, [], rcode));
        return true;
      };
      const srv = [srvRecord("_sip._udp.sip.test", 0, 5, 5070, "a.test"), addressRecord("a.test", "10.0.0.1")];
      const found = await find(srv);
      assert.deepEqual([places(found), found.why], [["udp 10.0.0.1:5070"], ""]);
      assert.equal(found.until, 60_000, "and is not asked again every few seconds");
      server.script = (question, reply) => {
        reply(answerTo(question, [], rcode));
        return true;
      };
      assert.match((await find(srv)).why, new RegExp(`^SRV .*: ${name}$`), "of the others it is a failure");
    });
  }

  it("SERVFAIL or silence about NAPTR is a failure, and no guess", async () => {
    const zone = [addressRecord(HOST, "10.0.0.9")];
    server.script = (question, reply) => {
      if (question.type === "NAPTR") reply(answerTo(question, [], 2));
      return question.type === "NAPTR";
    };
    assert.match((await find(zone)).why, /^NAPTR sip\.test: .*SERVFAIL$/);
    server.script = ({ type }) => type === "NAPTR";
    assert.match((await hurried(timeout, () => find(zone))).why, /^NAPTR sip\.test: .*no answer/);
  });

  it("search domains of resolv.conf: for names without a dot first, for others when they are not found", async () => {
    files["/etc/resolv.conf"] = "search one.test two.test\n";
    files["/etc/hosts"] = "10.0.0.1 pbx.two.test\n10.0.0.2 a.b.one.test\n10.0.0.3 a.b\n";
    const search = { begin: "address", port: 5060 } as const;
    // There is no name server, so what the hosts file does not have is a failure and ends the search.
    assert.equal((await find([], { ...search, host: "pbx.two.test" })).targets[0]?.address, "10.0.0.1");
    assert.equal((await find([], { ...search, host: "a.b" })).targets[0]?.address, "10.0.0.3");
    files["/etc/hosts"] = "10.0.0.4 pbx.one.test\n";
    assert.equal((await find([], { ...search, host: "pbx" })).targets[0]?.address, "10.0.0.4");
  });
});

describe("the order of SRV records (RFC 2782)", () => {
  it("the lowest priority first, and first among equals in proportion to the weights", (context) => {
    const targets = [
      { name: "c", priority: 20, weight: 0 },
      { name: "a", priority: 10, weight: 60 },
      { name: "b", priority: 10, weight: 40 },
    ];
    const random = chance(3);
    const first = { a: 0, b: 0, c: 0 };
    for (let i = 0; i < 10_000; i++) {
      const names = orderTargets(targets, random).map(({ name }) => name as keyof typeof first);
      first[names[0]!]++;
      assert.equal(names[2], "c");
    }
    // Chi-square with one degree of freedom: 6.63 is the 1 % bound.
    const chiSquare = (first.a - 6_000) ** 2 / 6_000 + (first.b - 4_000) ** 2 / 4_000;
    context.diagnostic(`${first.a} of 10000 first to the record of weight 60, chi-square ${chiSquare.toFixed(2)}`);
    assert.ok(chiSquare < 6.63 && first.c === 0, JSON.stringify(first));
  });

  it("weight 0 has a small chance, all 0 an even one", () => {
    const random = chance(5);
    const count = (weights: readonly number[]) => {
      const firsts = weights.map(() => 0);
      const targets = weights.map((weight, at) => ({ at, priority: 1, weight }));
      for (let i = 0; i < 10_000; i++) firsts[orderTargets(targets, random)[0]!.at]!++;
      return firsts;
    };
    const [zero = 0] = count([0, 99]);
    assert.ok(zero > 40 && zero < 200, `${zero}`);
    for (const each of count([0, 0, 0, 0])) assert.ok(each > 2_300 && each < 2_700, `${each}`);
  });
});
