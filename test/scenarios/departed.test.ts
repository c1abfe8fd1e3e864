// Calls at destinations that have left the configuration, or go by another name now: they go on to their end, with nobody else.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { formatPeer } from "../../src/ua/transport.ts";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering, type Destination, ringing, type Script } from "../kit/destination.ts";
import { namedConfig, srvZone, withDns } from "../kit/dns-names.ts";
import type { LoadBalancer, Section } from "../kit/lb.ts";
import { ProxyTaker } from "../kit/proxy-taker.ts";
import { type Stage, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

let authority: Authority;
/** Has our address. */
let own: Certificate;
/** Has a name, and no address. */
let named: Certificate;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
  named = await authority.issue({ names: ["DNS:sip.test"] });
});
after(() => authority.close());

const ONCE = { io: "batched" } as const;
const proving = { server_name: "sip.test" };

function server({ destination }: Stage, script: Script = answering(200), more: Section = {}): Destination {
  return destination(script, { transport: "tls", tls: { ...named, ca: authority.ca }, ...more });
}

async function overTls(lb: LoadBalancer, profile: Section = {}): Promise<Section> {
  return lb.withTls(own, { ca: await lb.file("ca.pem", authority.ca), ...profile });
}

for (const forwarding of ["stateful", "stateless"])
  scenario(`over TLS a call goes on at a destination that left by a reload (${forwarding})`, ONCE, async (stage) => {
    const { lb, phone } = stage;
    const [old, next] = [server(stage), server(stage)];
    const config = { forwarding, ...(await overTls(lb)) };
    await lb.dispatches(1, "hash-call-id", [{ to: old, ...proving }], {}, config);
    const calls = [await phone.invites("sip:bob@example.com"), await phone.invites("sip:bob@example.com")];
    await old.hears("ACK", 2);
    await lb.dispatches(1, "hash-call-id", [{ to: next, ...proving }], {}, config);
    assert.equal(await calls[0]?.reinvite(), 200);
    assert.equal(await calls[0]?.bye(), 200);
    assert.equal(old.agent.streams.accepted, 1, "over the connection that was there");
    // Two changes later it is remembered still, and when that connection is gone another one is made, to the same name.
    await lb.dispatches(1, "hash-call-id", [{ to: next, ...proving, name: "other" }], {}, config);
    old.agent.streams.breakConnections();
    await lb.untilMetric("stream_connections", 0);
    assert.equal(await calls[1]?.bye(), 200);
    assert.equal(old.agent.streams.accepted, 2);
    assert.equal(old.heard("BYE").length, 2);
    assert.equal(await lb.metric("stream_closed_total", { reason: "unverified" }), 0);
  });

for (const [what, set, more] of [
  ["it gets a name", "1", { name: "sbc-a" }],
  ["its set gets another name", "trunk", {}],
] as const)
  scenario(`over TLS a call goes on when ${what}`, ONCE, async (stage) => {
    const { lb, phone } = stage;
    const sbc = server(stage);
    const config = await overTls(lb);
    await lb.dispatches("1", "hash-call-id", [{ to: sbc, ...proving }], {}, config);
    const call = await phone.invites("sip:bob@example.com");
    await sbc.hears("ACK");
    await lb.dispatches(set, "hash-call-id", [{ to: sbc, ...proving, ...more }], {}, config);
    assert.equal(await call.bye(), 200);
    assert.equal(sbc.agent.streams.accepted, 1);
  });

scenario("a call that is answered after its destination left over TLS gets its ACK", ONCE, async (stage) => {
  const { lb, phone } = stage;
  const [old, next] = [server(stage, ringing()), server(stage)];
  const config = await overTls(lb);
  await lb.dispatches(1, "hash-call-id", [{ to: old, ...proving }], {}, config);
  const call = phone.dials("sip:bob@example.com");
  const incoming = await old.call();
  await lb.dispatches(1, "hash-call-id", [{ to: next, ...proving }], {}, config);
  void incoming.answer();
  assert.equal((await phone.finished(call)).status, 200);
  await old.hears("ACK");
});

scenario("a phone without our Record-Route, too, goes on at a destination that left over TLS", ONCE, async (stage) => {
  const { lb } = stage;
  const [old, next] = [server(stage), server(stage)];
  const config = await overTls(lb);
  const plain = await stage.phone.another({ manners: { ignoresRecordRoute: true } });
  await lb.dispatches(1, "hash-call-id", [{ to: old, ...proving }], {}, config);
  const call = await plain.invites("sip:bob@example.com");
  await old.hears("ACK");
  await lb.dispatches(1, "hash-call-id", [{ to: next, ...proving }], {}, config);
  assert.equal(await call.bye(), 200);
  assert.equal(old.agent.streams.accepted, 1);
});

scenario("over TLS a call goes on at a server that left its name in DNS", ONCE, (stage) =>
  withDns(async (dns) => {
    const { lb, phone } = stage;
    const [old, next] = [server(stage), server(stage)];
    for (const { opened } of [old, next]) await opened;
    const zoneOf = (one: Destination) =>
      srvZone([one], [[10, 0]], 1).map((record) => ({
        ...record,
        name: record.name.replace("_sip._udp.", "_sips._tcp."),
      }));
    dns.zone = zoneOf(old);
    await lb.runs({ ...namedConfig(dns, {}, { uri: "sips:sip.test" }), ...(await overTls(lb)) });
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    dns.zone = zoneOf(next);
    await until("the new server to be in force", async () => {
      const all = JSON.parse((await lb.admin("GET", "/destinations")).body) as { name: string }[];
      return all.length === 1 && all[0]?.name === `pbx/127.0.0.1:${next.peer.port}`;
    });
    assert.equal(await call.reinvite(), 200);
    assert.equal(await call.bye(), 200);
    assert.equal(old.agent.streams.accepted, 1);
  }),
);

scenario("whoever has only the address of a destination that left gets nothing of its calls", ONCE, async (stage) => {
  const { lb, phone } = stage;
  const [old, next] = [server(stage), server(stage)];
  // By address alone anybody would do.
  const config = await overTls(lb);
  const trusting = { ...config, tls: { ...(config.tls as Section), strict: { ca: "ca.pem" } } };
  await lb.dispatches(1, "hash-call-id", [{ to: old, ...proving, tls: "strict" }], {}, trusting);
  const call = await phone.invites("sip:bob@example.com");
  await old.hears("ACK");
  const { port } = old.peer;
  await lb.dispatches(1, "hash-call-id", [{ to: next, ...proving, tls: "strict" }], {}, trusting);
  await old.close();
  // Else the BYE goes down with that connection, and nobody is connected to.
  await lb.untilMetric("stream_connections", 0);
  const other = stage.destination(answering(200), { transport: "tls", tls: { ...own, ca: authority.ca }, port });
  await other.opened;
  assert.ok((await call.bye()) >= 500);
  assert.deepEqual(other.heard(), []);
  assert.equal(await lb.metric("stream_closed_total", { reason: "unverified" }), 1);
});

scenario("a destination that is told for whom connections are is told still when it has left", ONCE, async (stage) => {
  const { lb, phone, destination } = stage;
  const [old, next] = [destination(answering(200), { transport: "tcp" }), destination.answers(200)];
  await Promise.all([old.opened, next.opened]);
  const taker = await ProxyTaker.open(old.peer.port);
  try {
    const runs = (to: unknown) => lb.runs({ ...lb.bothTransports, sets: { 1: { probe: false, destinations: [to] } } });
    await runs({ uri: `sip:127.0.0.1:${taker.port};transport=tcp`, proxy_protocol: "v2" });
    const calls = [await phone.invites("sip:bob@example.com"), await phone.invites("sip:bob@example.com")];
    await old.hears("ACK", 2);
    await runs(next.uri);
    assert.equal(await calls[0]?.bye(), 200);
    assert.equal(taker.connections.length, 1, "over the connection that was there");
    taker.connections[0]?.socket.destroy();
    await lb.untilMetric("stream_connections", 0);
    assert.equal(await calls[1]?.bye(), 200);
    const caller = formatPeer(phone.agent.local);
    assert.deepEqual(
      taker.connections.map(({ source }) => source),
      [caller, caller],
    );
  } finally {
    taker.close();
  }
});
