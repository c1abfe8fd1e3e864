// TLS on either side, bridged with UDP: whole calls, with requests in them from both ends.
import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before } from "node:test";
import { connect } from "node:tls";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering, challenging, type Destination } from "../kit/destination.ts";
import { configuredSet, type Section } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const PAIRS = [
  ["tls", "udp"],
  ["udp", "tls"],
  ["tls", "tls"],
] as const;

let authority: Authority;
let own: Certificate;
let theirs: Certificate;
before(async () => {
  authority = await Authority.make();
  own = await authority.issue();
  theirs = await authority.issue();
});
after(() => authority.close());

for (const forwarding of ["stateful", "stateless"] as const) {
  for (const [near, far] of PAIRS) {
    scenario(
      `a call from ${near} to ${far} is set up, changed and ended from both ends, ${forwarding}`,
      async (stage) => {
        const { lb, destination } = stage;
        const callee = destination(answering(200), { transport: far, tls: { ...theirs, ca: authority.ca } });
        const ca = await lb.file("ca.pem", authority.ca);
        await lb.dispatches(1, "hash-call-id", [callee], {}, { forwarding, ...(await lb.withTls(own, { ca })) });
        const proxy = near === "tls" ? { ...lb.address, port: lb.tlsPort } : lb.address;
        const phone = await stage.phone.another({ transport: near, proxy, tls: { ...theirs, ca: authority.ca } });
        const call = await phone.invites("sip:bob@example.com");
        assert.equal(call.status, 200);
        const invite = callee.heard("INVITE")[0]!;
        const [top] = headerValues(invite, "via");
        assert.match(top ?? "", far === "tls" ? /^SIP\/2\.0\/TLS / : /^SIP\/2\.0\/UDP /);
        assert.equal(headerValues(invite, "record-route").length, near === far ? 1 : 2);
        await callee.hears("ACK");
        assert.equal(await call.reinvite(), 200);
        const session = (await callee.call()).session;
        assert.equal((await session.request("INFO"))?.status, 200);
        assert.equal((await session.bye())?.status, 200);
        const second = await phone.invites("sip:bob@example.com");
        assert.equal(await second.bye(), 200);
        if (near === "tls") assert.equal(phone.agent.streams.accepted, 0, "all of it over the phone's own connection");
        if (far === "tls") assert.equal(callee.agent.streams.accepted, 1, "one connection serves all of it");
      },
    );
  }
}

/** TLS is the stream worker's, whichever way datagrams take. */
const ONCE = { io: "portable" } as const;
const PATIENT = { failover: { answer_within: "10s" }, passive: { failures: 0 } };

scenario("a destination that does not prove its name is left at once, and the log says why", ONCE, async (stage) => {
  const { lb, destination } = stage;
  const wrong = await authority.issue({ names: ["DNS:other.example.com"] });
  const [impostor, alive] = [wrong, theirs].map((certificate) =>
    destination(answering(200), { transport: "tls", tls: certificate }),
  ) as [Destination, Destination];
  const ca = await lb.file("ca.pem", authority.ca);
  await lb.dispatches(1, "priority", [impostor, alive], PATIENT, await lb.withTls(own, { ca }));
  const begin = performance.now();
  const call = await stage.phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.ok(performance.now() - begin < 5000, "the handshake told, no timer did");
  assert.equal(impostor.requests().length, 0, "it has heard nothing");
  await lb.untilMetric("stream_closed_total", 1, { reason: "unverified" });
  assert.equal(await lb.metric("failovers_total", { reason: "transport_error" }), 1);
  const told = await until("the log to say so", () =>
    lb.process?.log.find(({ record }) => record.msg === "a destination did not prove who it is"),
  );
  assert.match(String(told.record.why), /the certificate is for other\.example\.com, not for 127\.0\.0\.1/);
  assert.equal(await call.bye(), 200);
});

const SECURED = [
  ["tls", "tls"],
  ["wss", "tls"],
  ["tls", "wss"],
  ["wss", "wss"],
] as const;

for (const [near, far] of SECURED)
  scenario(`sips (${near}) goes over ${far} or not at all, and stays sips in the Record-Route`, ONCE, async (stage) => {
    const { lb, destination } = stage;
    const plain = destination(answering(200));
    const secure = destination(answering(200), { transport: far, tls: theirs });
    const ca = await lb.file("ca.pem", authority.ca);
    const { port } = lb.address;
    const listeners = [`udp://127.0.0.1:${port}`, `${near}://127.0.0.1:${lb.tlsPort}`];
    if (far !== near) listeners.push(`${far}://127.0.0.1:${port}`);
    const tls = { ...(await lb.withTls(own, { ca })), listeners };
    await lb.dispatches(1, "priority", [plain, secure], {}, tls);
    const proxy = { ...lb.address, port: lb.tlsPort };
    const phone = await stage.phone.another({ transport: near, proxy, tls: { ca: authority.ca } });
    const call = await phone.invites("sips:bob@example.com");
    assert.equal(call.status, 200);
    const invite = secure.heard("INVITE")[0]!;
    assert.deepEqual(
      headerValues(invite, "record-route").map((route) => route.replace(/:\d+(?=;)/, "").replace(/fl=.*/, "")),
      [...new Set([far, near])].map((transport) => `<sips:127.0.0.1${transport === "wss" ? ";transport=ws" : ""};lr;`),
    );
    await secure.hears("ACK");
    const session = (await secure.call()).session;
    assert.equal((await session.request("INFO"))?.status, 200);
    assert.equal(await call.bye(), 200);
    await lb.dispatches(1, "priority", [plain], {}, tls);
    const refused = await phone.invites("sips:bob@example.com");
    assert.equal(refused.status, 480);
    assert.equal(plain.requests().length, 0, "nothing of it went anywhere unprotected");
    assert.equal(await lb.metric("rejected_total", { reason: "sips" }), 1);
    const usual = await phone.invites("sip:bob@example.com");
    assert.equal(usual.status, 200, "sip over TLS may leave in clear");
    assert.equal(await usual.bye(), 200);
  });

scenario(
  "sips over several sets: Replaces or Join of a call over UDP leads to nobody without TLS",
  ONCE,
  async (stage) => {
    const { lb, destination } = stage;
    const [near, far] = [destination(answering(200)), destination(answering(200))];
    const secure = destination(answering(200), { transport: "tls", tls: theirs });
    const tls = await lb.withTls(own, { ca: await lb.file("ca.pem", authority.ca) });
    await lb.runs(await nearAndFar(near, far, tls));
    const phone = await stage.phone.another({ transport: "tls", proxy: { ...lb.address, port: lb.tlsPort } });
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    const { callId, localTag, remoteTag } = call.session.dialog;
    const value = `${callId};to-tag=${remoteTag};from-tag=${localTag}`;
    for (const name of ["Replaces", "Join"]) {
      const refused = await phone.invites("sips:bob@example.com", { headers: [{ name, value }] });
      assert.equal(refused.status, 480);
      assert.match(headerOf(refused.responses.at(-1)!, "warning"), /^380 /);
    }
    await lb.runs(await nearAndFar(near, secure, tls));
    const taken = await phone.invites("sips:bob@example.com", { headers: [{ name: "Replaces", value }] });
    assert.equal(taken.status, 200);
    assert.deepEqual(
      [near, far, secure].map((one) => one.heard("INVITE").length),
      [1, 0, 1],
    );
    assert.equal(await taken.bye(), 200);
    assert.equal(await call.bye(), 200);
  },
);

scenario(
  "sips over several sets: who has challenged the caller over UDP does not get the next try",
  ONCE,
  async (stage) => {
    const { lb, destination } = stage;
    const [near, far] = [destination(answering(503)), destination(challenging(407, answering(200)))];
    const tls = await lb.withTls(own, { ca: await lb.file("ca.pem", authority.ca) });
    await lb.runs(await nearAndFar(near, far, tls));
    const phone = await stage.phone.another({ transport: "tls", proxy: { ...lb.address, port: lb.tlsPort } });
    const caller = { callId: "one-call", fromTag: "one-caller" };
    assert.equal((await phone.invites("sip:bob@example.com", { ...caller, cseq: 1 })).status, 407);
    const refused = await phone.invites("sips:bob@example.com", { ...caller, cseq: 2 });
    assert.equal(refused.status, 480);
    assert.match(headerOf(refused.responses.at(-1)!, "warning"), /^380 /);
    assert.deepEqual(
      [near, far].map((one) => one.heard("INVITE").length),
      [1, 1],
    );
  },
);

scenario("a reload takes certificates over, refuses broken ones, and closes nothing", ONCE, async (stage) => {
  const { lb, destination } = stage;
  const callee = destination(answering(200), { transport: "tls", tls: theirs });
  const ca = await lb.file("ca.pem", authority.ca);
  const tls = await lb.withTls(own, { ca });
  await lb.dispatches(1, "priority", [callee], {}, tls);
  const phone = await stage.phone.another({ transport: "tls", proxy: { ...lb.address, port: lb.tlsPort } });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  await callee.hears("ACK");
  await lb.certificateFiles(await authority.issue({ names: ["DNS:new.example.com"], days: 90 }));
  await lb.reload();
  assert.equal(await shownAt(lb.tlsPort), "DNS:new.example.com");
  const expiry = await lb.metric("tls_certificate_expiry_seconds", { profile: "default" });
  assert.ok(Math.abs(expiry - (Date.now() / 1000 + 90 * 86_400)) < 3600);
  for (const [broken, what] of [
    [{ ...own, key: theirs.key }, /lb\.key is not that of the certificate in lb\.pem/],
    [await authority.issue({ days: -1 }), /lb\.pem expired/],
  ] as const) {
    await lb.certificateFiles(broken);
    await assert.rejects(lb.reload(), what);
    assert.equal(await shownAt(lb.tlsPort), "DNS:new.example.com", "the old one stays");
  }
  await lb.removes("lb.key");
  await assert.rejects(lb.reload(), /lb\.key cannot be read: ENOENT/);
  assert.equal(await shownAt(lb.tlsPort), "DNS:new.example.com", "the old one stays");
  assert.equal(await call.reinvite(), 200);
  assert.equal(await call.bye(), 200);
  assert.deepEqual([phone.agent.streams.made, callee.agent.streams.accepted], [1, 1], "over the same connections");
});

scenario("probes go over TLS, and a destination that cannot prove its name is down", ONCE, async (stage) => {
  const { lb, destination } = stage;
  const wrong = await authority.issue({ names: ["DNS:other.example.com"] });
  const [good, bad] = [theirs, wrong].map((certificate) =>
    destination(answering(200), { transport: "tls", tls: certificate }),
  ) as [Destination, Destination];
  const ca = await lb.file("ca.pem", authority.ca);
  const probe = { every: "1s", timeout: "900ms", down_after: 2, up_after: 1 };
  const named = [
    { to: good, name: "good" },
    { to: bad, name: "bad" },
  ];
  await lb.dispatches(1, "priority", named, { probe }, await lb.withTls(own, { ca }));
  await good.hears("OPTIONS", 2);
  assert.match(good.requests("OPTIONS")[0]!.raw.toString("latin1"), /Via: SIP\/2\.0\/TLS /);
  const isDown = async (): Promise<boolean> => (await lb.metric("destination_up", { destination: "bad" })) === 0;
  await until("the other one to be down", isDown);
  assert.equal(await lb.metric("destination_up", { destination: "good" }), 1);
  assert.equal(good.agent.streams.accepted, 1, "one connection serves all probes");
  assert.equal(bad.requests().length, 0);
});

/** A route to two sets of one destination each, one after the other, over what `tls` listens on. */
async function nearAndFar(near: Destination, far: Destination, tls: Section): Promise<Section> {
  const sets = { near: await configuredSet("priority", [near]), far: await configuredSet("priority", [far]) };
  return { ...tls, sets, routes: [{ sets: ["near", "far"] }] };
}

/** The names in the certificate that is shown there. */
async function shownAt(port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
  await once(socket, "secureConnect");
  const names = String(socket.getPeerCertificate().subjectaltname);
  socket.destroy();
  return names;
}
