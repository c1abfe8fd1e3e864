// Who may connect, for whom a proxy speaks, and how long anybody stays.
import assert from "node:assert/strict";
import { Authority } from "../kit/certificates.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { RawStream } from "../kit/raw-stream.ts";
import { RawWebSocket } from "../kit/raw-websocket.ts";
import { type Stage, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const PROXY = "127.0.0.9";
const HEADER = "PROXY TCP4 10.9.8.7 192.0.2.1 42258 5060\r\n";
const BINARY = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\x09\x08\x07\xc0\0\x02\x01\xa5\x12\x13\xc4`;

function options(callId: string, more = ""): string {
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${callId};rport\r\n${more}` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

/** A TCP listener with these fields, and destinations that answer 200. */
async function starts({ lb, destination }: Stage, fields: object, config: object = {}): Promise<LoadBalancer> {
  const { address, port } = lb.address;
  const listeners = [`udp://${address}:${port}`, { uri: `tcp://${address}:${port}`, ...fields }];
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, { listeners, ...config });
  return lb;
}

function answered(stream: RawStream, times = 1): Promise<unknown> {
  return stream.hears("an answer", (received) => received.split("SIP/2.0 200 ").length > times);
}

const BEHIND_PROXY = { proxy_protocol: { from: [`${PROXY}/32`] } };

scenario(
  "whoever stands behind a trusted proxy is known by the proxy's word, in both versions and every cut",
  async (stage) => {
    const routes = [{ name: "known", source: ["10.9.8.0/24"], set: "1" }];
    const lb = await starts(stage, { ...BEHIND_PROXY, allow: ["10.9.8.7"] }, { routes });
    for (const header of [HEADER, BINARY]) {
      const whole = await RawStream.open(lb.address, PROXY);
      await whole.sends(header + options("whole") + options("second"));
      await answered(whole, 2);
      assert.match(whole.received, /;received=10\.9\.8\.7;rport=42258|;rport=42258;received=10\.9\.8\.7/);
      whole.close();
      const cut = await RawStream.open(lb.address, PROXY);
      await cut.sends(...header, options("cut"));
      await answered(cut);
      cut.close();
    }
  },
);

scenario("a WebSocket behind a trusted proxy is its client's", { io: "batched" }, async ({ lb, destination }) => {
  const { address, port } = lb.address;
  const listeners = [`udp://${address}:${port}`, { uri: `ws://${address}:${port}`, ...BEHIND_PROXY }];
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, { listeners });
  const upgrade =
    "GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n";
  for (const pieces of [
    [HEADER + upgrade],
    [HEADER, upgrade],
    [HEADER.slice(0, 30), HEADER.slice(30) + upgrade.slice(0, 9), upgrade.slice(9)],
  ]) {
    const stream = await RawStream.open(lb.address, PROXY);
    await stream.sends(...pieces);
    await stream.hears("an upgrade", (received) => received.startsWith("HTTP/1.1 101 "));
    const message = options("web");
    // Text, whole, masked with zeros (RFC 6455 5.2).
    await stream.sends(`\x81\xfe${String.fromCharCode(message.length >> 8, message.length & 255)}\0\0\0\0${message}`);
    await answered(stream);
    assert.match(stream.received, /received=10\.9\.8\.7/);
    stream.close();
  }
});

scenario("a proxy's word is taken from nobody else, and a proxy has to give it", async (stage) => {
  const lb = await starts(stage, BEHIND_PROXY, { streams: { message_timeout: "2s" } });
  for (const header of [HEADER, BINARY]) {
    const stranger = await RawStream.open(lb.address, "127.0.0.10");
    await stranger.sends(header + options("stranger"));
    await stranger.closed();
    assert.doesNotMatch(stranger.received, /200/);
  }
  const nothing = await RawStream.open(lb.address, PROXY);
  const half = await RawStream.open(lb.address, PROXY);
  await half.sends(HEADER.slice(0, 20));
  const plain = await RawStream.open(lb.address, PROXY);
  await plain.sends(options("plain"));
  await plain.closed();
  assert.deepEqual([nothing.isClosed, half.isClosed], [false, false], "that was no matter of time");
  await Promise.all([nothing.closed(), half.closed()]);
  assert.equal(plain.received + nothing.received + half.received, "");
  await lb.untilMetric("stream_closed_total", 3, { reason: "proxy_header" });
  const well = await RawStream.open(lb.address, "127.0.0.10");
  await well.sends(options("well"));
  await answered(well);
  well.close();
});

scenario("whom a listener does not hear is closed at once, and a reload says who that is", async (stage) => {
  const lb = await starts(stage, { allow: ["127.0.0.20"] });
  const took: number[] = [];
  for (let i = 0; i < 3; i++) {
    const began = performance.now();
    const stranger = await RawStream.open(lb.address, "127.0.0.21");
    await stranger.closed();
    took.push(performance.now() - began);
  }
  assert.ok(Math.min(...took) < 1000, `closed after ${took} ms`);
  await lb.untilMetric("stream_closed_total", 3, { reason: "not_allowed" });
  const known = await RawStream.open(lb.address, "127.0.0.20");
  await known.sends(options("known"));
  await answered(known);
  const { listeners, ...rest } = lb.config as { listeners: [string, object] };
  await lb.runs({ ...rest, listeners: [listeners[0], { ...listeners[1], allow: ["127.0.0.21"] }] });
  const now = await RawStream.open(lb.address, "127.0.0.21");
  await now.sends(options("now"));
  await answered(now);
  assert.equal(known.isClosed, false);
  for (const one of [known, now]) one.close();
});

scenario("one source does not take all the places; others and whom we trust still find one", async (stage) => {
  const lb = await starts(stage, {}, { streams: { connections_per_source: 3 }, trusted: ["127.0.0.40"] });
  const many = await Promise.all(Array.from({ length: 5 }, () => RawStream.open(lb.address, "127.0.0.30")));
  await lb.untilMetric("stream_closed_total", 2, { reason: "source_full" });
  await until("two to be closed", () => many.filter(({ isClosed }) => isClosed).length === 2);
  const trusted = await Promise.all(Array.from({ length: 6 }, () => RawStream.open(lb.address, "127.0.0.40")));
  const other = await RawStream.open(lb.address, "127.0.0.31");
  for (const [i, one] of [...trusted, other].entries()) await one.sends(options(`other${i}`));
  for (const one of [...trusted, other]) await answered(one);
  // A place that was given back is there for the next one.
  many.find(({ isClosed }) => !isClosed)?.close();
  await lb.untilMetric("stream_connections", 9);
  const next = await RawStream.open(lb.address, "127.0.0.30");
  await next.sends(options("next"));
  await answered(next);
  for (const one of [...many, ...trusted, other, next]) one.close();
});

scenario(
  "the last places are kept for whom we trust, and no source has all handshakes",
  { io: "batched" },
  async (stage) => {
    const { address, port } = stage.lb.address;
    const web = { address, port: stage.lb.tlsPort };
    const listeners = [`udp://${address}:${port}`, `tcp://${address}:${port}`, `ws://${address}:${web.port}`];
    const streams = { connections: 16, reserve: 25, handshakes_per_source: 2 };
    const lb = await starts(stage, {}, { listeners, streams, trusted: ["127.0.0.40"] });
    const shaking = await Promise.all(Array.from({ length: 3 }, () => RawStream.open(web, "127.0.0.29")));
    await lb.untilMetric("stream_closed_total", 1, { reason: "handshake_source_full" });
    for (const one of shaking) one.close();
    await lb.untilMetric("stream_closed_total", 2, { reason: "upgrade_failed" });
    const strangers = await Promise.all(
      Array.from({ length: 13 }, (_, i) => RawStream.open(lb.address, `127.0.0.${i + 2}`)),
    );
    await lb.untilMetric("stream_closed_total", 1, { reason: "reserved" });
    const trusted = await Promise.all(Array.from({ length: 4 }, () => RawStream.open(lb.address, "127.0.0.40")));
    for (const [i, one] of trusted.entries()) await one.sends(options(`trusted${i}`));
    for (const one of trusted) await answered(one);
    const tooMany = await RawStream.open(lb.address, "127.0.0.40");
    await tooMany.closed();
    await lb.untilMetric("stream_closed_total", 1, { reason: "refused" });
    // Who was there before keeps its place, however late it begins to speak.
    const early = await until("a stranger who was let in", () => strangers.find(({ isClosed }) => !isClosed));
    await early.sends(options("early"));
    await answered(early);
    for (const one of [...strangers, ...trusted]) one.close();
  },
);

scenario("an old connection is closed between two messages", { io: "portable" }, async (stage) => {
  const { address, port } = stage.lb.address;
  const web = { address, port: stage.lb.tlsPort };
  const listeners = [`udp://${address}:${port}`, `tcp://${address}:${port}`, `ws://${web.address}:${web.port}`];
  const lb = await starts(stage, {}, { listeners, streams: { lifetime: "2s" } });
  // One that does not answer our close frame: it is closed all the same, and was closed once.
  const mute = await RawWebSocket.open(web);
  const old = await RawStream.open(lb.address);
  const began = performance.now();
  while (!old.isClosed && performance.now() - began < 2400) {
    await old.sends(options("busy"));
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  assert.equal(old.isClosed, false, "not while something passes");
  await Promise.all([old.closed(), mute.closed()]);
  await lb.untilMetric("stream_closed_total", 2, { reason: "lifetime" });
});

scenario(
  "whoever connects for TLS and says nothing counts as a connection, and takes no handshake",
  { io: "batched" },
  async ({ lb, destination }) => {
    const authority = await Authority.make();
    const streams = { connections: 16, reserve: 0, handshakes: 1, handshake_timeout: "60s" };
    const config = { ...(await lb.withTls(await authority.issue())), streams };
    await lb.dispatches(1, "priority", [destination.answers(200)], {}, config);
    await authority.close();
    const tls = { ...lb.address, port: lb.tlsPort };
    const silent = await Promise.all(Array.from({ length: 16 }, () => RawStream.open(tls)));
    // The system accepts before the stream worker does, and each listener has a queue of its own.
    await lb.untilMetric("stream_unsecured", 16);
    const tooMany = await RawStream.open(lb.address);
    await tooMany.closed();
    await lb.untilMetric("stream_closed_total", 1, { reason: "refused" });
    assert.equal(await lb.metric("stream_closed_total", { reason: "handshake_refused" }), 0);
    silent[0]?.close();
    await lb.untilMetric("stream_closed_total", 1, { reason: "handshake_not_begun" });
    const next = await RawStream.open(lb.address);
    await next.sends(options("next"));
    await answered(next);
    for (const one of [...silent, next]) one.close();
  },
);
