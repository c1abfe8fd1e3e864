import assert from "node:assert/strict";
import { after, before, beforeEach, describe, it } from "node:test";
import type { Answer } from "dns-packet";
import { addressRecord, answerTo, DnsServer, srvRecord } from "../../../test/kit/dns-server.ts";
import { hurried } from "../../../test/kit/hurried.ts";
import { type DnsCounts, newDnsCounts } from "./counts.ts";
import { READ_RECORDS, type RecordType } from "./message.ts";
import { Resolver, type ResolverSettings, type Result } from "./resolver.ts";

const SETTINGS: Omit<ResolverSettings, "servers"> = {
  timeout: 5_000,
  attempts: 1,
  minTtl: 1_000,
  maxTtl: 100_000,
  maxNegativeTtl: 30_000,
  retry: 2_000,
};

describe("resolver", () => {
  let server: DnsServer;
  let time: { now: number };
  let counts: DnsCounts;
  let files: Record<string, string>;

  before(async () => {
    server = await DnsServer.open();
  });
  after(() => server.close());
  beforeEach(() => {
    time = { now: 0 };
    counts = newDnsCounts();
    files = {};
    server.asked.length = 0;
    server.zone = [];
    server.negativeTtl = 60;
    server.isDeaf = false;
    server.script = () => false;
  });

  const resolver = (more: Partial<ResolverSettings> = {}) =>
    new Resolver(
      { ...SETTINGS, servers: [{ host: "127.0.0.1", port: server.port }], ...more },
      { now: () => time.now, readFile: async (path) => files[path] ?? null, counts },
    );
  const alwaysAnswer = (records: readonly Answer[], rcode = 0) => {
    server.script = (asked, reply) => {
      reply(answerTo(asked, records, rcode));
      return true;
    };
  };
  const late = <T>(query: () => Promise<T>) => hurried(SETTINGS.timeout, query);
  const dataOf = <T extends RecordType>(result: Result<T>) => {
    assert.equal(result.status, "found", JSON.stringify(result));
    return result.status === "found" ? result.data : [];
  };

  it("an answer is kept for its TTL, within floor and ceiling, and asked for again after it", async () => {
    const names = resolver();
    server.zone = [addressRecord("a.test", "10.0.0.1", 10)];
    assert.deepEqual(dataOf(await names.query("A.test.", "A")), ["10.0.0.1"]);
    time.now = 9_999;
    await names.query("a.test", "A");
    assert.equal(server.count("a.test", "A"), 1);
    server.zone = [addressRecord("a.test", "10.0.0.2", 10)];
    time.now = 10_000;
    assert.deepEqual(dataOf(await names.query("a.test", "A")), ["10.0.0.2"]);
    server.zone = [addressRecord("zero.test", "10.0.0.3", 0), addressRecord("ever.test", "10.0.0.4", 0x7fffffff)];
    assert.equal((await names.query("zero.test", "A")).until, 11_000, "the floor");
    assert.equal((await names.query("ever.test", "A")).until, 110_000, "the ceiling");
  });

  it("what many want at the same time is asked once, from a new port each time", async () => {
    const names = resolver();
    server.zone = [addressRecord("a.test", "10.0.0.1")];
    await Promise.all(Array.from({ length: 50 }, () => names.query("a.test", "A")));
    assert.equal(server.asked.length, 1);
    await Promise.all(["b", "c", "d", "e"].map((name) => names.query(`${name}.test`, "A")));
    assert.equal(new Set(server.asked.map(({ port }) => port)).size, 5);
    assert.ok(new Set(server.asked.map(({ id }) => id)).size > 1, "ids differ");
  });

  it("that there is no such name is believed as long as the SOA says (RFC 2308), within the ceiling", async () => {
    const names = resolver();
    server.negativeTtl = 7;
    const none = await names.query("none.test", "A");
    assert.deepEqual([none.status, none.until], ["none", 7_000]);
    time.now = 6_999;
    await names.query("none.test", "A");
    assert.equal(server.asked.length, 1);
    server.negativeTtl = 3_600;
    assert.equal((await names.query("never.test", "A")).until, time.now + 30_000);
    server.negativeTtl = -1;
    assert.equal((await names.query("no-soa.test", "A")).until, time.now + 2_000, "as long as a failure");
  });

  it("CNAMEs are followed, inside one answer and over several; the shortest TTL counts", async () => {
    const names = resolver();
    server.zone = [
      { type: "CNAME", name: "a.test", ttl: 50, data: "b.test" },
      { type: "CNAME", name: "b.test", ttl: 5, data: "c.test" },
      addressRecord("c.test", "10.0.0.1", 70),
    ];
    const result = await names.query("a.test", "A");
    assert.deepEqual([dataOf(result), result.until], [["10.0.0.1"], 5_000]);
    assert.equal(server.asked.length, 3, "this server leaves the rest to us");
    alwaysAnswer(server.zone);
    time.now = 10_000;
    assert.deepEqual(dataOf(await names.query("a.test", "A")), ["10.0.0.1"]);
    assert.equal(server.asked.length, 4, "all in one answer");
  });

  it("a loop of CNAMEs ends, in one answer and over many", async () => {
    const loop = [
      { type: "CNAME", name: "a.test", ttl: 50, data: "b.test" },
      { type: "CNAME", name: "b.test", ttl: 50, data: "a.test" },
    ] as const;
    server.zone = loop;
    assert.equal((await resolver().query("a.test", "A")).status, "failed");
    assert.ok(server.asked.length <= 10, `${server.asked.length} questions`);
    alwaysAnswer(loop);
    assert.equal((await resolver().query("a.test", "A")).status, "failed");
  });

  it("a truncated answer is asked for again over TCP", async () => {
    server.zone = Array.from({ length: 60 }, (_, i) => addressRecord("many.test", `10.0.1.${i}`));
    assert.equal(dataOf(await resolver().query("many.test", "A")).length, 60);
    assert.deepEqual(
      server.asked.map(({ transport }) => transport),
      ["udp", "tcp"],
    );
    assert.equal(counts.truncated, 1);
  });

  it("of 1,000 records, and of 64 kB over TCP, the first are read, and that is counted", async () => {
    for (const [times, count] of [1_000, 2_600].entries()) {
      server.zone = Array.from({ length: count }, (_, i) => addressRecord("many.test", `10.0.${i >> 8}.${i & 255}`));
      assert.equal(dataOf(await resolver().query("many.test", "A")).length, READ_RECORDS);
      assert.equal(counts.clipped, times + 1);
    }
  });

  it("with a TTL of 0 a name is asked for once a second at most, however often it is wanted", async () => {
    const names = resolver({ minTtl: 1_000 });
    server.zone = [addressRecord("zero.test", "10.0.0.1", 0)];
    for (time.now = 0; time.now < 10_000; time.now += 50) await names.query("zero.test", "A");
    assert.equal(server.asked.length, 10);
    console.log(`TTL 0: ${server.asked.length} of 200 wants became questions, in 10 s`);
  });

  const hostile: Record<string, (good: Buffer) => Buffer> = {
    "another id": (good) => changed(good, (bytes) => bytes.writeUInt16BE(bytes.readUInt16BE(0) ^ 1, 0)),
    "another question": (good) => changed(good, (bytes) => bytes.write("z", 13)),
    "another type": (good) => changed(good, (bytes) => bytes.writeUInt16BE(28, 12 + 8)),
    "a question for an answer": (good) => changed(good, (bytes) => bytes.writeUInt8(bytes[2]! & 0x7f, 2)),
    "no question": (good) => changed(good, (bytes) => bytes.writeUInt16BE(0, 4)),
    "a compression pointer to itself": (good) => Buffer.concat([good.subarray(0, 22), Buffer.from([0xc0, 22])]),
    "pointers in a circle": (good) =>
      Buffer.concat([good.subarray(0, 22), Buffer.from([0xc0, 24, 0xc0, 22]), Buffer.alloc(20)]),
    "records that are not there": (good) => changed(good, (bytes) => bytes.writeUInt16BE(65_535, 6)),
    "half of it": (good) => good.subarray(0, good.length - 7),
    "eleven bytes": (good) => good.subarray(0, 11),
    nothing: () => Buffer.alloc(0),
    noise: () => Buffer.from(Array.from({ length: 400 }, (_, i) => (i * 151) & 255)),
  };
  for (const [what, make] of Object.entries(hostile)) {
    it(`${what}: counted, and the true answer that comes after it is taken`, async () => {
      server.zone = [addressRecord("a.test", "10.0.0.1")];
      server.script = (asked, reply) => {
        reply(make(server.fromZone(asked)));
        setTimeout(() => reply(server.fromZone(asked)), 20);
        return true;
      };
      assert.deepEqual(dataOf(await resolver().query("a.test", "A")), ["10.0.0.1"]);
      assert.equal(counts.garbage, 1);
    });
  }

  it("records of other names are not believed, wherever they stand", async () => {
    const names = resolver();
    alwaysAnswer([addressRecord("bank.test", "10.6.6.6"), addressRecord("a.test", "10.0.0.1")]);
    assert.deepEqual(dataOf(await names.query("a.test", "A")), ["10.0.0.1"]);
    server.script = () => false;
    assert.equal((await names.query("bank.test", "A")).status, "none");
  });

  it("an answer from another port is not heard", async () => {
    const forger = await DnsServer.open();
    try {
      server.script = ({ port, ...asked }) => {
        forger.zone = [addressRecord("a.test", "10.6.6.6")];
        forger.send(forger.fromZone({ port, ...asked }), port);
        return true;
      };
      assert.equal((await late(() => resolver().query("a.test", "A"))).status, "failed");
    } finally {
      await forger.close();
    }
  });

  it("garbage over TCP, or a connection that is never answered: the next server is asked", async () => {
    const second = await DnsServer.open();
    second.zone = [addressRecord("a.test", "10.0.0.2")];
    try {
      for (const over of ["garbage", "silence"]) {
        server.script = ({ transport, ...asked }, reply) => {
          const truncated = answerTo({ transport, ...asked }, []);
          truncated[2] = truncated[2]! | 0x02;
          if (transport === "udp") reply(truncated);
          else if (over === "garbage") reply(Buffer.alloc(40, 0xff));
          return true;
        };
        const servers = [server.port, second.port].map((port) => ({ host: "127.0.0.1", port }));
        assert.deepEqual(dataOf(await late(() => resolver({ servers }).query("a.test", "A"))), ["10.0.0.2"]);
      }
    } finally {
      await second.close();
    }
  });

  it("SERVFAIL, silence, a closed port: the next server is asked, and the first again before it is a failure", async () => {
    const second = await DnsServer.open();
    const closed = await DnsServer.open();
    await closed.close();
    second.zone = [addressRecord("a.test", "10.0.0.2")];
    alwaysAnswer([], 2);
    try {
      const servers = [server.port, closed.port, second.port].map((port) => ({ host: "127.0.0.1", port }));
      assert.deepEqual(dataOf(await resolver({ servers }).query("a.test", "A")), ["10.0.0.2"]);
      assert.deepEqual([counts.server_failures, counts.network_errors], [1, 1]);
      second.isDeaf = true;
      const failed = await late(() => resolver({ servers, attempts: 2 }).query("b.test", "A"));
      assert.equal(failed.status, "failed");
      assert.equal(server.count("b.test", "A"), 2);
      assert.equal(counts.timeouts, 2);
    } finally {
      await second.close();
    }
  });

  it("a server that there is no way to is a failed try, and the next one is asked", async () => {
    server.zone = [addressRecord("a.test", "10.0.0.1")];
    // Broadcast is refused by the system: nothing is sent.
    const servers = ["255.255.255.255", "127.0.0.1"].map((host) => ({ host, port: server.port }));
    assert.deepEqual(dataOf(await resolver({ servers }).query("a.test", "A")), ["10.0.0.1"]);
    assert.deepEqual([counts.network_errors, counts.queries], [1, 1]);
  });

  it("when DNS dies the last good answer is used, servers are left alone for a while, and new answers are taken again", async () => {
    const names = resolver();
    server.zone = [addressRecord("a.test", "10.0.0.1", 10)];
    await names.query("a.test", "A");
    server.isDeaf = true;
    time.now = 20_000;
    const stale = await late(() => names.query("a.test", "A"));
    assert.deepEqual([dataOf(stale), stale.until, counts.stale], [["10.0.0.1"], 22_000, 1]);
    time.now = 21_999;
    await names.query("a.test", "A");
    assert.equal(counts.timeouts, 1, "not asked again before the time");
    server.isDeaf = false;
    server.zone = [addressRecord("a.test", "10.0.0.2", 10)];
    time.now = 22_000;
    const fresh = await names.query("a.test", "A");
    assert.deepEqual([dataOf(fresh), fresh.status === "found" && fresh.isStale], [["10.0.0.2"], false]);
  });

  it("a record whose data make no sense is left out, and an answer of only such records is garbage", async () => {
    server.zone = [
      srvRecord("_sip._udp.test", 1, 1, 5060, "good.test"),
      srvRecord("_sip._udp.test", 1, 1, 5060, "bad name.test"),
    ];
    assert.equal(dataOf(await resolver().query("_sip._udp.test", "SRV")).length, 1);
    server.zone = [addressRecord("six.test", "::ffff:10.0.0.1")];
    assert.equal((await late(() => resolver().query("six.test", "AAAA"))).status, "failed");
    assert.equal(counts.garbage, 1);
  });

  it("the hosts file comes first, resolv.conf names the servers, and without any that is said", async () => {
    files["/etc/hosts"] = "127.0.0.1 localhost\n10.0.0.7\tpbx.test pbx # the old one\n::7 pbx.test\n";
    const names = resolver({ servers: [] });
    assert.deepEqual(dataOf(await names.query("PBX.test", "A")), ["10.0.0.7"]);
    assert.deepEqual(dataOf(await names.query("pbx.test", "AAAA")), ["::7"]);
    const nobody = await names.query("a.test", "A");
    assert.ok(nobody.status === "failed" && nobody.why === "there are no name servers");
    files["/etc/resolv.conf"] = "; comment\nnameserver 10.0.0.53\nnameserver nonsense\nsearch b.test. c.test\n";
    assert.deepEqual(await names.searchDomains(), ["b.test", "c.test"]);
  });

  it("a name that cannot be asked for is never sent anywhere", async () => {
    for (const name of ["", "a..test", "a b.test", `${"x".repeat(64)}.test`, "x".repeat(254), "\u0000.test"]) {
      assert.equal((await resolver().query(name, "A")).status, "none");
    }
    assert.equal(server.asked.length, 0);
  });
});

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}
