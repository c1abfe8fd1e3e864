// A stream is cut and filled as its sender likes; what comes out is messages, keep-alives, or a closed connection.
import assert from "node:assert/strict";
import type { LoadBalancer } from "../kit/lb.ts";
import { RawStream } from "../kit/raw-stream.ts";
import { type Stage, scenario } from "../kit/scenario.ts";

function options(callId: string, more = "Content-Length: 0\r\n", body = ""): string {
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/TCP 10.9.9.9:5070;branch=z9hG4bK${callId};rport\r\n` +
    `Max-Forwards: 70\r\nFrom: <sip:a@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n` +
    `Call-ID: ${callId}\r\nCSeq: 1 OPTIONS\r\n${more}\r\n${body}`
  );
}

async function starts({ lb, destination }: Stage, streams: object = {}): Promise<LoadBalancer> {
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, { ...lb.bothTransports, streams });
  return lb;
}

function statuses(received: string): string[] {
  return [...received.matchAll(/SIP\/2\.0 (\d+) /g)].map(([, status]) => status!);
}

scenario("requests are answered on the connection that they came by, however they are cut", async (stage) => {
  const lb = await starts(stage);
  const stream = await RawStream.open(lb.address);
  const large = options("large", "Content-Length: 1200\r\n", "x".repeat(1200));
  await stream.sends(options("a") + options("b") + large + options("c"));
  await stream.hears("four answers", (received) => statuses(received).length === 4);
  const cut = [...options("d")];
  await stream.sends(...cut.slice(0, 40), cut.slice(40).join(""));
  await stream.hears("the fifth answer", (received) => statuses(received).length === 5);
  assert.deepEqual(new Set(statuses(stream.received)), new Set(["200"]));
  assert.match(stream.received, new RegExp(`received=127\\.0\\.0\\.1;rport=${stream.port}|rport=${stream.port}`));
  for (const callId of ["a", "b", "large", "c", "d"]) assert.match(stream.received, new RegExp(`Call-ID: ${callId}\r`));
  stream.close();
});

scenario("a keep-alive gets its line end, in every fragmentation", async (stage) => {
  const lb = await starts(stage);
  for (const pieces of [["\r\n\r\n"], ["\r", "\n\r\n"], ["\r\n", "\r\n"], ["\r", "\n", "\r", "\n"]]) {
    const stream = await RawStream.open(lb.address);
    await stream.sends(...pieces);
    await stream.hears("a pong", (received) => received === "\r\n");
    // Each of its own: a repeated one is answered over the connection of the first, while it is remembered.
    await stream.sends(options(`after-ping-${pieces.map((piece) => piece.length).join("-")}`));
    await stream.hears("an answer", (received) => statuses(received).length === 1);
    stream.close();
  }
});

scenario("what cannot be framed is answered where that is possible, and the connection closed", async (stage) => {
  const lb = await starts(stage);
  const cases: readonly [string, string[]][] = [
    [options("none", ""), ["400"]],
    [options("twice", "Content-Length: 0\r\nContent-Length: 4\r\n"), ["400"]],
    [options("bad", "Content-Length: many\r\n"), ["400"]],
    [options("huge", "Content-Length: 2000000000\r\n"), ["513"]],
    ["GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", []],
    ["\x16\x03\x01\x00\xc8", []],
  ];
  for (const [text, wanted] of cases) {
    const stream = await RawStream.open(lb.address);
    await stream.sends(text);
    await stream.closed();
    assert.deepEqual(statuses(stream.received), wanted, text);
  }
  await lb.untilMetric("stream_closed_total", cases.length, { reason: "unframed" });
  const well = await RawStream.open(lb.address);
  await well.sends(options("well"));
  await well.hears("an answer", (received) => statuses(received).length === 1);
  well.close();
});

scenario("idle connections, unfinished messages and one connection too many are closed", async (stage) => {
  const lb = await starts(stage, { idle: "3s", message_timeout: "500ms", connections: 16 });
  const slow = await RawStream.open(lb.address);
  await slow.sends("OPTIONS sip:bob@example.com SIP/2.0\r\n");
  await slow.closed();
  await lb.untilMetric("stream_closed_total", 1, { reason: "unfinished" });
  const others = await Promise.all(Array.from({ length: 16 }, () => RawStream.open(lb.address)));
  // The system accepts before the stream worker does.
  await lb.untilMetric("stream_connections", 16);
  // None of them is idle until one more has been refused, however long that takes.
  const speaking = setInterval(() => {
    for (const one of others) void one.sends("\r\n\r\n");
  }, 250);
  try {
    const oneMore = await RawStream.open(lb.address);
    await oneMore.closed();
    await lb.untilMetric("stream_closed_total", 1, { reason: "refused" });
    assert.equal(others.filter(({ isClosed }) => isClosed).length, 0);
  } finally {
    clearInterval(speaking);
  }
  await Promise.all(others.map((one) => one.closed()));
  await lb.untilMetric("stream_closed_total", 16, { reason: "idle" });
  await lb.untilMetric("stream_connections", 0);
});
