// Destinations by name (RFC 3263): who is asked, when a server is silent or dead, and when the name is.
import assert from "node:assert/strict";
import { headerValues, type ParsedMessage, parameterOf } from "../../src/ua/parsed-message.ts";
import { answering, type Destination } from "../kit/destination.ts";
import { askOften, NAME, namedConfig, srvZone, withDns } from "../kit/dns-names.ts";
import { addressRecord, answerTo, naptrRecord, srvRecord } from "../kit/dns-server.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

/** The rcode of RFC 1035 4.1.1. */
const REFUSED = 5;

function branchOf(request: ParsedMessage): string {
  return parameterOf(headerValues(request, "via")[0] ?? "", "branch") ?? "";
}

scenario(
  "a silent first server: the request moves to the next record with a new branch, and in the end to the one that stands by",
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const mute = () => destination(() => undefined);
      const servers = [mute(), mute(), destination.answers(200)];
      for (const { opened } of servers) await opened;
      dns.zone = srvZone(servers, [
        [10, 60],
        [10, 40],
        [20, 0],
      ]);
      await lb.runs(namedConfig(dns, { failover: { answer_within: "1s" }, passive: { failures: 0 } }));
      const call = await phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      const branches = servers.map((server) => branchOf(server.heard("INVITE")[0]!));
      assert.equal(new Set(branches).size, 3, branches.join());
      assert.equal(await call.bye(), 200);
    }),
);

scenario(
  "the servers of better priority die: those that stand by take over, and give back when they return",
  {},
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const [first, second] = [destination.answers(200), destination.answers(200)];
      for (const { opened } of [first, second]) await opened;
      dns.zone = srvZone(
        [first, second],
        [
          [10, 0],
          [20, 0],
        ],
      );
      const probe = { every: "200ms", timeout: "5s", down_after: 1, up_after: 1 };
      await lb.runs(namedConfig(dns, { probe }));
      const shown = async () => {
        const all = JSON.parse((await lb.admin("GET", "/destinations")).body) as { state: string; name: string }[];
        return all.map(({ state }) => state).join();
      };
      await until("the second to stand by", async () => (await shown()) === "active,standby");
      await askOften(phone, 20, 1);
      assert.equal(second.heard("OPTIONS").filter(({ uri }) => uri === "sip:bob@example.com").length, 0);
      await first.close();
      await until("the second to serve", async () => (await shown()) === "inactive,active");
      await askOften(phone, 20, 1);
      await first.reopen();
      await until("the first to serve again", async () => (await shown()) === "active,standby");
    }),
);

scenario("a server whose preferred address family is dead is reached by the other one, over TCP too", (stage) =>
  withDns(async (dns) => {
    const { lb, phone, destination } = stage;
    const server = destination(answering(200), { transport: "tcp" });
    const { port } = (await server.opened).local;
    dns.zone = [
      srvRecord("_sip._tcp.sip.test", 0, 1, port, "s.test"),
      addressRecord("s.test", "::1"),
      addressRecord("s.test", "127.0.0.1"),
    ];
    const own = lb.address.port;
    const listeners = [`tcp://[::1]:${own}`, `udp://127.0.0.1:${own}`, `tcp://127.0.0.1:${own}`];
    await lb.runs({
      ...namedConfig(dns, { failover: { answer_within: "30s" } }, { uri: `${NAME};transport=tcp` }),
      listeners,
    });
    const begin = performance.now();
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.ok(performance.now() - begin < 10_000, "no timer moved it");
    assert.equal(await lb.metric("failovers_total", { reason: "transport_error" }), 1);
    assert.equal(await call.bye(), 200);
  }),
);

scenario("NAPTR chooses among the transports that have a listener: requests go by TCP", ({ lb, phone, destination }) =>
  withDns(async (dns) => {
    const [udp, tcp] = [destination.answers(200), destination(answering(200), { transport: "tcp" })];
    for (const { opened } of [udp, tcp]) await opened;
    const zoneWith = (services: string, prefix: string, { peer }: Destination) => [
      naptrRecord("sip.test", 10, "SIPS+D2T", "_sips._tcp.sip.test", 1),
      naptrRecord("sip.test", 20, services, `${prefix}.sip.test`, 1),
      srvRecord(`${prefix}.sip.test`, 0, 1, peer.port, "s.test", 1),
      addressRecord("s.test", "127.0.0.1", 1),
    ];
    dns.zone = zoneWith("SIP+D2T", "_sip._tcp", tcp);
    await lb.runs({ ...namedConfig(dns), ...lb.bothTransports });
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.match(headerValues(tcp.heard("INVITE")[0]!, "via")[0]!, /^SIP\/2\.0\/TCP /);
    dns.zone = zoneWith("SIP+D2U", "_sip._udp", udp);
    await until("UDP to be chosen", async () => {
      await phone.requests("OPTIONS", "sip:bob@example.com");
      return udp.heard("OPTIONS").length > 0;
    });
    assert.equal(await call.bye(), 200);
    assert.equal(tcp.heard("BYE").length, 1, "the old call stays where it is");
  }),
);

scenario(
  "a change in DNS is followed without a reload, and calls at a server that left go on",
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const [old, next] = [destination.answers(200), destination.answers(200)];
      for (const { opened } of [old, next]) await opened;
      dns.zone = srvZone([old], [[10, 0]], 1);
      await lb.runs(namedConfig(dns));
      const call = await phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      dns.zone = srvZone([next], [[10, 0]], 1);
      await until("the new server to be in force", async () => {
        const all = JSON.parse((await lb.admin("GET", "/destinations")).body) as { name: string }[];
        return all.length === 1 && all[0]?.name === `pbx/127.0.0.1:${next.peer.port}`;
      });
      const other = await phone.invites("sip:bob@example.com");
      assert.equal(other.status, 200);
      assert.equal(next.calls.length, 1);
      assert.equal(await call.reinvite(), 200, "the old call stays where it is");
      assert.equal(await call.bye(), 200);
      assert.equal(old.heard("BYE").length, 1);
      assert.equal(await other.bye(), 200);
    }),
);

scenario(
  "DNS stops: service goes on with the last good answer, also over a reload, and an operator can still drain",
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const servers = [destination.answers(200), destination.answers(200)];
      for (const { opened } of servers) await opened;
      dns.zone = srvZone(
        servers,
        [
          [10, 1],
          [10, 1],
        ],
        1,
      );
      await lb.runs(namedConfig(dns));
      dns.isDeaf = true;
      await lb.untilMetric("dns_names_stale", 1);
      await askOften(phone, 20, 1);
      await lb.reload();
      await askOften(phone, 20, 1);
      assert.ok((await lb.metric("dns_events_total", { event: "timeouts" })) > 0);
      const warned = lb.process?.log.filter(({ record }) => /cannot be looked up/.test(String(record.msg)));
      assert.equal(warned?.length, 1, "told once, not at every try");
      // The name as a whole, then one of its servers.
      assert.equal((await lb.admin("POST", "/destinations/1/pbx/drain")).status, 200);
      assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 503);
      const one = encodeURIComponent(`pbx/127.0.0.1:${servers[1]!.peer.port}`);
      assert.equal((await lb.admin("POST", `/destinations/1/${one}/enable`)).status, 200);
      const before = servers.map((server) => server.heard("OPTIONS").length);
      await askOften(phone, 6, 1);
      const after = servers.map((server) => server.heard("OPTIONS").length);
      assert.deepEqual([after[0]! - before[0]!, after[1]! - before[1]!], [0, 6]);
      assert.equal((await lb.admin("PATCH", `/destinations/1/${one}`, { weight: 3 })).status, 409);
      dns.isDeaf = false;
      await lb.untilMetric("dns_names_stale", 0);
    }),
);

scenario(
  "a name that cannot be found at the start is out of use and says so, until it can",
  ({ lb, phone, destination }) =>
    withDns(async (dns) => {
      const server = destination.answers(200);
      await server.opened;
      dns.negativeTtl = 1;
      await lb.runs(namedConfig(dns));
      assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 503);
      const [shown] = JSON.parse((await lb.admin("GET", "/destinations")).body) as { reason: string }[];
      assert.equal(shown?.reason, "host name sip.test does not resolve (host name sip.test has no A record)");
      dns.zone = srvZone([server], [[1, 1]]);
      await until("it to be found", async () => (await phone.requests("OPTIONS", "sip:bob@example.com")) === 200);
    }),
);

scenario("a name server that refuses NAPTR, and a name in /etc/hosts while no name server answers", (stage) =>
  withDns(async (dns) => {
    const { lb, phone, destination } = stage;
    const server = destination.answers(200);
    await server.opened;
    dns.zone = srvZone([server], [[1, 1]]);
    dns.script = (asked, reply) => {
      if (asked.type === "NAPTR") reply(answerTo(asked, [], REFUSED));
      return asked.type === "NAPTR";
    };
    await lb.runs(namedConfig(dns));
    assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
    dns.isDeaf = true;
    await lb.runs(namedConfig(dns, {}, { uri: "sip:localhost" }));
    const [shown] = JSON.parse((await lb.admin("GET", "/destinations")).body) as { name: string; state: string }[];
    assert.deepEqual([shown?.name, shown?.state], ["pbx/127.0.0.1:5060", "active"]);
  }),
);

scenario("a dead first name server: names are found at the start, and none of them is ever given up", (stage) =>
  withDns((dead) =>
    withDns(async (dns) => {
      const { lb, phone, destination } = stage;
      const server = destination.answers(200);
      await server.opened;
      dead.isDeaf = true;
      dns.zone = srvZone([server], [[1, 1]], 1);
      await lb.runs({ ...namedConfig(dns), dns: { servers: [dead.address, dns.address], min_ttl: "1s", retry: "1s" } });
      assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
      await until("the name to be looked up a few times more", () => dns.count("s0.test", "A") >= 4);
      assert.equal(await lb.metric("dns_names_stale"), 0);
      const given = lb.process?.log.filter(({ record }) => /cannot be looked up|out of use/.test(String(record.msg)));
      assert.deepEqual(given, []);
    }),
  ),
);
