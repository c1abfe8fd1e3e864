// TCP on either side, bridged with UDP: whole calls, with requests in them from both ends.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { Session } from "../../src/ua/session.ts";
import { answering } from "../kit/destination.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";

const PAIRS = [
  ["tcp", "udp"],
  ["udp", "tcp"],
  ["tcp", "tcp"],
] as const;

for (const forwarding of ["stateful", "stateless"] as const) {
  for (const [near, far] of PAIRS) {
    scenario(
      `a call from ${near} to ${far} is set up, changed and ended from both ends, ${forwarding}`,
      async (stage) => {
        const { lb, destination } = stage;
        const callee = destination(answering(200), { transport: far });
        await lb.dispatches(1, "hash-call-id", [callee], {}, { forwarding, ...lb.bothTransports });
        const phone = await stage.phone.another({ transport: near });
        const call = await phone.invites("sip:bob@example.com");
        assert.equal(call.status, 200);
        const invite = callee.heard("INVITE")[0]!;
        const [own] = headerValues(invite, "via");
        assert.match(own ?? "", far === "tcp" ? /^SIP\/2\.0\/TCP / : /^SIP\/2\.0\/UDP /);
        assert.equal(headerValues(invite, "record-route").length, near === far ? 1 : 2);
        await callee.hears("ACK");
        assert.equal(await call.reinvite(), 200);
        const session = (await callee.call()).session;
        assert.equal((await session.request("INFO"))?.status, 200);
        assert.equal((await session.bye())?.status, 200);
        const second = await phone.invites("sip:bob@example.com");
        assert.equal(await second.bye(), 200);
        // Nothing was said twice where nothing can be lost.
        if (far === "tcp" && forwarding === "stateful") assert.equal(callee.requests("INVITE").length, 3);
      },
    );
  }
}

for (const [near, far] of PAIRS) {
  scenario(
    `over wildcard listeners, from ${near} to ${far}, Via and Record-Route name a real address`,
    async (stage) => {
      const { lb, destination } = stage;
      const callee = destination(answering(200), { transport: far });
      // A port is kept by a TCP socket, which a wildcard would meet: this one is of a range in which nobody else looks meanwhile.
      const reserved = await reservePort(25_000);
      reserved.release();
      const { port } = reserved;
      const listeners = [`udp://127.0.0.1:${port}`, `tcp://0.0.0.0:${port}`];
      await lb.dispatches(1, "priority", [callee], {}, { listeners });
      const phone = await stage.phone.another({ transport: near, proxy: { address: "127.0.0.1", port } });
      const call = await phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      const invite = callee.heard("INVITE")[0]!;
      const sentBy = `127.0.0.1:${port}`;
      assert.ok(headerValues(invite, "via")[0]?.includes(` ${sentBy};`));
      for (const route of headerValues(invite, "record-route")) assert.ok(route.startsWith(`<sip:${sentBy};`), route);
      await callee.hears("ACK");
      assert.equal((await (await callee.call()).session.bye())?.status, 200);
    },
  );
}

scenario("calls pass over TCP and IPv6", { host: "::1" }, async ({ lb, phone, destination }) => {
  const callee = destination(answering(200), { transport: "tcp" });
  await lb.dispatches(1, "priority", [callee], {}, lb.bothTransports);
  const caller = await phone.another({ transport: "tcp" });
  const call = await caller.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  await callee.hears("ACK");
  assert.equal((await (await callee.call()).session.request("INFO"))?.status, 200);
  assert.equal(await call.bye(), 200);
});

for (const forwarding of ["stateful", "stateless"] as const) {
  scenario(
    `a listener that only connects opens no port, and calls over it go on from both ends, ${forwarding}`,
    async (stage) => {
      const { lb, phone, destination } = stage;
      const callee = destination(answering(200), { transport: "tcp" });
      const { address, port } = lb.address;
      const listeners = [`udp://${address}:${port}`, { uri: `tcp://${address}:${port}`, connect_only: true }];
      await lb.dispatches(1, "hash-call-id", [callee], {}, { forwarding, listeners });
      const socket = connect({ host: address, port });
      const [error] = (await once(socket, "error")) as [NodeJS.ErrnoException];
      assert.equal(error.code, "ECONNREFUSED");
      const call = await phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      const routes = headerValues(callee.heard("INVITE")[0]!, "record-route");
      assert.equal(routes.length, 1);
      assert.doesNotMatch(routes[0]!, /transport=/);
      await callee.hears("ACK");
      assert.equal(await call.reinvite(), 200);
      // What the callee's side asks for goes where the Record-Route says: not over TCP.
      const udp = await phone.another();
      const session = new Session(udp.agent, (await callee.call()).session.dialog);
      assert.equal((await session.request("INFO"))?.status, 200);
      assert.equal((await session.bye())?.status, 200);
    },
  );
}
