// WebSocket on either side (RFC 7118), bridged with UDP and TCP: whole calls, with requests in them from both ends.
import assert from "node:assert/strict";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { answering } from "../kit/destination.ts";
import type { LoadBalancer, Section } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { scenario } from "../kit/scenario.ts";

/** What a browser writes into Via and Contact: it has no name that anybody could send to. */
const NOWHERE = "df7jal23ls0d.invalid";
const PAIRS = [
  ["ws", "udp"],
  ["udp", "ws"],
  ["ws", "ws"],
  ["ws", "tcp"],
  ["tcp", "ws"],
] as const;

/** UDP and WebSocket on the scenario's own port, TCP on another. */
async function listening({ address }: LoadBalancer): Promise<{ section: Section; tcp: number }> {
  // Kept until the process ends.
  const { port: tcp } = await reservePort();
  const host = address.address;
  const own = `${host}:${address.port}`;
  return { section: { listeners: [`udp://${own}`, `ws://${own}`, `tcp://${host}:${tcp}`] }, tcp };
}

for (const forwarding of ["stateful", "stateless"] as const) {
  scenario(
    `calls over WebSocket, from and to UDP and TCP, are set up, changed and ended from both ends, ${forwarding}`,
    { io: forwarding === "stateful" ? "both" : "batched" },
    async (stage) => {
      const { lb, destination } = stage;
      const { section, tcp } = await listening(lb);
      for (const [near, far] of PAIRS) {
        const callee = destination(answering(200), { transport: far });
        await lb.dispatches(1, "hash-call-id", [callee], {}, { forwarding, ...section });
        const proxy = { address: "127.0.0.1", port: near === "tcp" ? tcp : lb.address.port };
        const sentBy = near === "ws" ? NOWHERE : undefined;
        const phone = await stage.phone.another({ transport: near, proxy, sentBy });
        const call = await phone.invites("sip:bob@example.com");
        assert.equal(call.status, 200);
        const invite = callee.heard("INVITE")[0]!;
        const [own] = headerValues(invite, "via");
        assert.equal(own?.split(" ")[0], `SIP/2.0/${far.toUpperCase()}`);
        assert.equal(headerValues(invite, "record-route").length, near === far ? 1 : 2);
        await callee.hears("ACK");
        assert.equal(await call.reinvite(), 200);
        const session = (await callee.call()).session;
        assert.equal((await session.request("INVITE"))?.status, 200);
        assert.equal((await session.request("INFO"))?.status, 200);
        assert.equal((await session.bye())?.status, 200);
        const second = await phone.invites("sip:bob@example.com");
        assert.equal(await second.bye(), 200);
        // Whoever calls from a browser is reached over the connection that it made, and nowhere else.
        if (near === "ws") assert.equal(phone.agent.streams.accepted, 0);
      }
    },
  );
}

scenario("a message without Content-Length comes by WebSocket and leaves over TCP with one", async (stage) => {
  const { lb, destination } = stage;
  const { section } = await listening(lb);
  const callee = destination(answering(200), { transport: "tcp" });
  await lb.dispatches(1, "priority", [callee], {}, section);
  const phone = await stage.phone.another({ transport: "ws", sentBy: NOWHERE });
  phone.raw(
    `MESSAGE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/WS ${NOWHERE};branch=z9hG4bKa\r\nFrom: <sip:a@b>;tag=1\r\n` +
      "To: <sip:bob@example.com>\r\nCall-ID: without-length\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n\r\nhello",
  );
  await phone.hears("the answer", ({ status }) => status === 200);
  const [message] = callee.heard("MESSAGE");
  assert.equal(headerOf(message!, "content-length"), "5");
  assert.equal(String(message!.body), "hello");
});
