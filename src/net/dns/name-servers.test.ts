// What a resolver makes of name servers that are there and do not help.
import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import { answerTo, DnsServer, naptrRecord } from "../../../test/kit/dns-server.ts";
import { newDnsCounts } from "./counts.ts";
import { Resolver } from "./resolver.ts";

const SETTINGS = { timeout: 5_000, attempts: 2, minTtl: 1_000, maxTtl: 100_000, maxNegativeTtl: 30_000, retry: 2_000 };
/** The rcode of RFC 1035 4.1.1. */
const REFUSED = 5;

describe("name servers", () => {
  let server: DnsServer;
  let time: { now: number };

  before(async () => {
    server = await DnsServer.open();
  });
  after(() => server.close());
  beforeEach(() => {
    time = { now: 0 };
    server.asked.length = 0;
    server.zone = [];
    server.script = () => false;
  });

  const resolver = (ports: readonly number[]) =>
    new Resolver(
      { ...SETTINGS, servers: ports.map((port) => ({ host: "127.0.0.1", port })) },
      { now: () => time.now, readFile: async () => null, counts: newDnsCounts() },
    );

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
