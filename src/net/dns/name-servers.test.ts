// What a resolver makes of name servers that are there and do not help.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { addressRecord, answerTo, DnsServer, naptrRecord } from "../../../test/kit/dns-server.ts";
import { hurried } from "../../../test/kit/hurried.ts";
import { type DnsCounts, newDnsCounts } from "./counts.ts";
import { Resolver } from "./resolver.ts";

const SETTINGS = { timeout: 5_000, attempts: 2, minTtl: 1_000, maxTtl: 100_000, maxNegativeTtl: 30_000, retry: 2_000 };
/** The rcode of RFC 1035 4.1.1. */
const REFUSED = 5;

describe("name servers", () => {
  let server: DnsServer;
  let second: DnsServer;
  let time: { now: number };
  let counts: DnsCounts;

  before(async () => {
    server = await DnsServer.open();
    second = await DnsServer.open();
  });
  after(async () => {
    await server.close();
    await second.close();
  });
  beforeEach(() => {
    time = { now: 0 };
    counts = newDnsCounts();
    for (const one of [server, second]) {
      one.asked.length = 0;
      one.zone = [];
      one.isDeaf = false;
      one.script = () => false;
    }
  });

  const resolver = (ports: readonly number[]) =>
    new Resolver(
      { ...SETTINGS, servers: ports.map((port) => ({ host: "127.0.0.1", port })) },
      { now: () => time.now, readFile: async () => null, counts },
    );

  it("are asked beginning with the one that answered last: a dead one is waited for once", async () => {
    const names = resolver([server.port, second.port]);
    const hosts = ["a.test", "b.test", "c.test", "d.test"];
    for (const one of [server, second]) one.zone = hosts.map((host) => addressRecord(host, "10.0.0.1"));
    const found = async (host: string) => (await hurried(SETTINGS.timeout, () => names.query(host, "A"))).status;
    server.isDeaf = true;
    for (const host of hosts) assert.equal(await found(host), "found");
    assert.deepEqual([counts.timeouts, second.asked.length], [1, 4]);
    server.isDeaf = false;
    second.isDeaf = true;
    time.now = 60_000;
    for (const host of hosts) assert.equal(await found(host), "found");
    assert.deepEqual([counts.timeouts, server.asked.length], [2, 4]);
  });

  it("that refuse NAPTR have no such records, but where some are known already", async () => {
    const names = resolver([server.port]);
    server.zone = [naptrRecord("a.test", 1, "SIP+D2U", "_sip._udp.a.test", 10)];
    await names.query("a.test", "NAPTR");
    server.script = (asked, reply) => {
      reply(answerTo(asked, [], REFUSED));
      return true;
    };
    time.now = 20_000;
    const stale = await names.query("a.test", "NAPTR");
    assert.ok(stale.status === "found" && stale.isStale);
    const refused = await names.query("b.test", "NAPTR");
    assert.deepEqual([refused.status, refused.until], ["none", 50_000]);
    assert.equal((await names.query("b.test", "SRV")).status, "failed", "of other records that is no answer");
  });
});
