// Destinations that are told for whom a connection is: a header of the PROXY protocol, and a connection for each caller.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { formatPeer } from "../../src/ua/transport.ts";
import { Authority } from "../kit/certificates.ts";
import { answering, ringing } from "../kit/destination.ts";
import type { Section } from "../kit/lb.ts";
import { ProxyTaker } from "../kit/proxy-taker.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

let authority: Authority;
const takers: ProxyTaker[] = [];
before(async () => {
  authority = await Authority.make();
});
after(() => {
  for (const taker of takers) taker.close();
  return authority.close();
});

async function standsBefore(port: number): Promise<ProxyTaker> {
  const taker = await ProxyTaker.open(port);
  takers.push(taker);
  return taker;
}

function destinationAt(taker: ProxyTaker, transport: string, more: Section = {}): Section {
  return { uri: `sip:127.0.0.1:${taker.port};transport=${transport}`, proxy_protocol: "v2", ...more };
}

scenario(
  "a destination is told for whom each connection is, over TCP, TLS and WebSocket, and a probe is for nobody",
  { io: "batched" },
  async (stage) => {
    const { lb, phone } = stage;
    const tls = { ...(await authority.issue()), ca: authority.ca };
    const sets: Record<string, Section> = {};
    const wanted = new Map<string, ProxyTaker>();
    for (const transport of ["tcp", "tls", "ws"] as const) {
      const callee = stage.destination(answering(200), { transport, tls });
      await callee.opened;
      const taker = await standsBefore(callee.peer.port);
      wanted.set(transport, taker);
      sets[transport] = { probe: { every: "1s" }, destinations: [destinationAt(taker, transport)] };
    }
    const ca = await lb.file("ca.pem", authority.ca);
    const own = await lb.withTls(await authority.issue(), { ca });
    const listeners = [...(own.listeners as string[]), `ws://127.0.0.2:${lb.address.port}`];
    const routes = [...wanted.keys()].map((transport) => ({ request_uri: `*@${transport}.test`, set: transport }));
    await lb.runs({ ...own, listeners, sets, routes });
    const other = await phone.another({ transport: "tcp" });
    for (const [transport, taker] of wanted) {
      for (const caller of [phone, other]) {
        for (let i = 0; i < 2; i++) {
          const call = await caller.invites(`sip:bob@${transport}.test`);
          assert.equal(call.status, 200, transport);
          assert.equal(await call.bye(), 200, transport);
        }
      }
      await until("a probe", () => taker.connections.some(({ source }) => source === "LOCAL"));
      const heads = taker.connections.map(({ source }) => source);
      const callers = heads.filter((head) => head !== "LOCAL");
      assert.equal(callers.length, 2, `${transport}: ${heads.join()}`);
      assert.ok(callers.includes(formatPeer(phone.agent.local)), `${transport}: ${heads.join()}`);
      assert.ok(callers.every((head) => /^127\.0\.0\.1:\d+$/.test(head)));
      if (transport !== "tcp") continue;
      for (const { source, text } of taker.connections)
        assert.equal(text.split("INVITE sip:").length - 1, source === "LOCAL" ? 0 : 2, source);
    }
  },
);

scenario(
  "what belongs to a call goes over its caller's connection, and whose connection is lost is lost alone",
  { io: "batched" },
  async (stage) => {
    const { lb, phone, destination } = stage;
    const callee = destination(ringing(180), { transport: "tcp" });
    const mute = destination(() => {}, { transport: "tcp" });
    const second = destination.answers(200);
    await Promise.all([callee.opened, mute.opened, second.opened]);
    const [near, far] = [await standsBefore(callee.peer.port), await standsBefore(mute.peer.port)];
    const sets = {
      rings: { probe: false, destinations: [destinationAt(near, "tcp")] },
      mute: {
        ...{ algorithm: "priority", probe: false, failover: { answer_within: "20s" } },
        destinations: [destinationAt(far, "tcp", { priority: 2 }), second.uri],
      },
    };
    const routes = Object.keys(sets).map((set) => ({ request_uri: `*@${set}.test`, set }));
    await lb.runs({ ...lb.bothTransports, sets, routes });
    const other = await phone.another();
    const ringingCall = phone.dials("sip:bob@rings.test");
    await callee.call();
    await ringingCall.cancel();
    assert.equal((await phone.finished(ringingCall)).status, 487);
    await callee.hears("ACK");
    assert.equal(near.connections.length, 1);
    assert.equal(near.connections[0]?.source, formatPeer(phone.agent.local));
    for (const method of ["INVITE", "CANCEL", "ACK"])
      assert.match(near.connections[0]?.text ?? "", new RegExp(`^${method} `, "m"));
    const [mine, theirs] = [phone.dials("sip:bob@mute.test"), other.dials("sip:bob@mute.test")];
    await mute.hears("INVITE", 2);
    const own = formatPeer(phone.agent.local);
    far.connections.find(({ source }) => source === own)?.socket.resetAndDestroy();
    assert.equal((await phone.finished(mine)).status, 200);
    assert.equal(second.heard("INVITE").length, 1);
    assert.deepEqual(
      theirs.statuses.filter((status) => status >= 200),
      [],
    );
    far.connections.find(({ source }) => source !== own)?.socket.resetAndDestroy();
    assert.equal((await other.finished(theirs)).status, 200);
  },
);
