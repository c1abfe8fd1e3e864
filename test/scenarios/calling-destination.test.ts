// A destination that calls us over TLS, and whose connection is gone when something is to be sent to it (RFC 3263 5).
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { Authority, type Certificate } from "../kit/certificates.ts";
import { answering, type Destination, ringing } from "../kit/destination.ts";
import type { Section } from "../kit/lb.ts";
import type { Phone } from "../kit/phone.ts";
import { type Stage, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

let authority: Authority;
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

/** A trunk that is a destination of a set of its own, and whose calls go to `callee`. */
async function calling({ lb, phone }: Stage, callee: Destination, more: Section): Promise<Phone> {
  const proxy = { ...lb.address, port: lb.tlsPort };
  const trunk = await phone.another({ transport: "tls", proxy, tls: { ...named, ca: authority.ca } });
  await callee.opened;
  const tls = await lb.withTls(own);
  const ca = await lb.file("ca.pem", authority.ca);
  const uri = `sip:127.0.0.1:${trunk.agent.local.port};transport=tls`;
  await lb.runs({
    ...tls,
    streams: { connect_timeout: "10s" },
    // By the profile `default` nobody of that authority is believed.
    tls: { ...(tls.tls as Section), trunks: { ca } },
    sets: {
      trunks: { probe: false, destinations: [{ uri, server_name: "sip.test", tls: "trunks" }] },
      servers: { probe: false, destinations: [callee.uri] },
    },
    routes: [{ from_set: "trunks", set: "servers" }, { set: "trunks" }],
    ...more,
  });
  return trunk;
}

for (const forwarding of ["stateful", "stateless"])
  scenario(
    `a trunk that calls over TLS gets the BYE over a new connection, by its name (${forwarding})`,
    ONCE,
    async (stage) => {
      const { lb, destination } = stage;
      const callee = destination(answering(200));
      const trunk = await calling(stage, callee, { forwarding });
      const call = await trunk.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      await callee.hears("ACK");
      trunk.agent.streams.breakConnections();
      await lb.untilMetric("stream_connections", 0);
      const { session } = await callee.call();
      assert.equal((await session.request("INFO"))?.status, 200);
      assert.equal((await session.bye())?.status, 200);
      assert.equal(trunk.agent.streams.accepted, 1, "both over one connection");
      assert.equal(await lb.metric("stream_closed_total", { reason: "unverified" }), 0);
    },
  );

scenario("a trunk that calls over TLS gets its answer over a new connection, by its name", ONCE, async (stage) => {
  const { lb, destination } = stage;
  const callee = destination(ringing());
  const trunk = await calling(stage, callee, {});
  const outgoing = trunk.dials("sip:bob@example.com");
  const incoming = await callee.call();
  await until("ringing at the trunk", () => outgoing.statuses.includes(180));
  trunk.agent.streams.breakConnections();
  await lb.untilMetric("stream_connections", 0);
  void incoming.answer();
  assert.equal((await trunk.finished(outgoing)).status, 200);
});

scenario("whoever else is where a trunk that has called listens gets nothing of its calls", ONCE, async (stage) => {
  const { lb, destination } = stage;
  const callee = destination(answering(200));
  const trunk = await calling(stage, callee, {});
  assert.equal((await trunk.invites("sip:bob@example.com")).status, 200);
  await callee.hears("ACK");
  const { port } = trunk.agent.local;
  await trunk.agent.close();
  const other = destination(answering(200), { transport: "tls", tls: { ...own, ca: authority.ca }, port });
  await other.opened;
  await lb.untilMetric("stream_connections", 0);
  const bye = await (await callee.call()).session.bye();
  assert.ok(bye !== null && bye.status >= 400, `${bye?.status}`);
  assert.deepEqual(other.heard(), []);
  assert.equal(await lb.metric("stream_closed_total", { reason: "unverified" }), 1);
});
