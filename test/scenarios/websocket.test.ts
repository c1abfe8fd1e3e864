// WebSocket on either side (RFC 7118), bridged with UDP and TCP: whole calls, with requests in them from both ends.
import assert from "node:assert/strict";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { createServer, type Server } from "node:net";
import { WebSocketServer } from "ws";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { Authority } from "../kit/certificates.ts";
import { answering } from "../kit/destination.ts";
import type { LoadBalancer, Section } from "../kit/lb.ts";
import { reservePort } from "../kit/port.ts";
import { frame, Op, RawWebSocket } from "../kit/raw-websocket.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

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

async function opened(server: Server): Promise<{ uri: string; opened: Promise<void> }> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return { uri: `sip:127.0.0.1:${port};transport=ws`, opened: Promise.resolve() };
}

const one = { io: "batched" } as const;

scenario(
  "a WebSocket that cannot be opened is a transport error, and the next destination gets the call",
  one,
  async (stage) => {
    const { lb, destination } = stage;
    const { section } = await listening(lb);
    const second = destination(answering(200), { transport: "ws" });
    const page = createHttp((_, response) => response.writeHead(404).end());
    const mute = createServer(() => {});
    const gone = createServer();
    const closed = await opened(gone);
    await new Promise((resolve) => gone.close(resolve));
    const config = { ...section, streams: { connect_timeout: "1s" } };
    for (const first of [closed, await opened(page), await opened(mute)]) {
      await lb.dispatches(1, "priority", [first, second], {}, config);
      const call = await stage.phone.invites("sip:bob@example.com");
      assert.equal(call.status, 200);
      assert.equal(await call.bye(), 200);
    }
    await lb.untilMetric("stream_closed_total", 3, { reason: "connect_failed" });
    assert.equal(second.heard("INVITE").length, 3);
    page.close();
    mute.close();
  },
);

scenario(
  "a destination over WebSocket is probed like any other, over the connection of its calls",
  one,
  async (stage) => {
    const { lb, destination } = stage;
    const { section } = await listening(lb);
    const callee = destination(answering(200), { transport: "ws" });
    await lb.dispatches(1, "priority", [callee], { probe: { every: "1s" } }, section);
    await callee.hears("OPTIONS");
    const call = await stage.phone.invites("sip:bob@example.com");
    assert.equal(await call.bye(), 200);
    assert.equal(callee.agent.streams.accepted, 1);
  },
);

scenario(
  "when a browser's connection is gone, a request to it fails and nobody is connected to",
  one,
  async (stage) => {
    const { lb, destination } = stage;
    const { section } = await listening(lb);
    const callee = destination(answering(200));
    await lb.dispatches(1, "priority", [callee], {}, section);
    const phone = await stage.phone.another({ transport: "ws", sentBy: NOWHERE });
    await phone.invites("sip:bob@example.com");
    await callee.hears("ACK");
    phone.agent.streams.breakConnections();
    await lb.untilMetric("stream_connections", 0);
    const bye = await (await callee.call()).session.bye();
    assert.ok(bye !== null && bye.status >= 430, `${bye?.status}`);
    assert.equal(phone.agent.streams.accepted, 0);
    assert.equal(await lb.metric("stream_opened_total", { by: "us" }), 0);
  },
);

scenario("what is not UTF-8 goes to a browser as a binary message, everything else as text", one, async (stage) => {
  const { lb, destination } = stage;
  const { section } = await listening(lb);
  const body = Buffer.from("\xff\xfe", "latin1");
  const callee = destination((transaction) => {
    transaction.respond(200, transaction.request.method === "MESSAGE" ? { body } : {});
  });
  await lb.dispatches(1, "priority", [callee], {}, section);
  const raw = await RawWebSocket.open(lb.address);
  for (const [i, method] of ["OPTIONS", "MESSAGE", "OPTIONS"].entries()) {
    raw.write(
      frame(
        Op.text,
        `${method} sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK${i}\r\nFrom: <sip:a@b>;tag=1\r\n` +
          `To: <sip:bob@example.com>\r\nCall-ID: kind\r\nCSeq: ${i + 1} ${method}\r\nMax-Forwards: 70\r\n\r\n`,
      ),
    );
    await raw.hears("an answer", () => raw.messages.length === i + 1);
  }
  assert.deepEqual(
    raw.frames.map(({ op }) => op),
    [Op.text, Op.binary, Op.text],
  );
  assert.ok(raw.messages[1]?.endsWith("\r\n\r\n\xff\xfe"));
  raw.close();
});

scenario(
  "a browser gives up: CANCEL and its answers pass, and the callee's phone stops ringing",
  one,
  async (stage) => {
    const { lb, destination } = stage;
    const { section } = await listening(lb);
    const callee = destination.rings();
    await lb.dispatches(1, "priority", [callee], {}, section);
    const phone = await stage.phone.another({ transport: "ws", sentBy: NOWHERE });
    const call = phone.dials("sip:bob@example.com");
    await phone.hears("ringing", ({ status }) => status === 180);
    call.cancel();
    assert.equal((await phone.finished(call)).status, 487);
    assert.equal(callee.heard("CANCEL").length, 1);
  },
);

scenario("a server of several names hears in Host which of them is meant", one, async (stage) => {
  const { lb } = stage;
  const authority = await Authority.make();
  const hosts: (string | undefined)[] = [];
  const server = createHttps(await authority.issue({ names: ["DNS:sip.test", "DNS:sip.1", "IP:127.0.0.1"] }));
  new WebSocketServer({ server }).on("connection", (_web, { headers }) => hosts.push(headers.host));
  try {
    const { uri } = await opened(server);
    const wss = uri.replace("=ws", "=wss");
    const ca = await lb.file("ca.pem", authority.ca);
    const tls = await lb.withTls(await authority.issue(), { ca });
    // The port of TLS, kept for this scenario, is that of secure WebSocket here.
    const listeners = [`udp://127.0.0.1:${lb.address.port}`, `wss://127.0.0.1:${lb.tlsPort}`];
    const destinations = [
      { uri: wss, server_name: "sip.test", name: "one" },
      { uri: wss, server_name: "sip.1", name: "other" },
      { uri: wss, name: "by address" },
    ];
    await lb.runs({ ...tls, listeners, sets: { 1: { probe: { every: "1s" }, destinations } } });
    const at = wss.replace(/^.*:(\d+);.*$/, "$1");
    const wanted = [`127.0.0.1:${at}`, `sip.1:${at}`, `sip.test:${at}`];
    await until("all of them", () => wanted.every((host) => hosts.includes(host)));
    assert.deepEqual([...new Set(hosts)].sort(), wanted);
  } finally {
    server.closeAllConnections();
    server.close();
    authority.close();
  }
});
