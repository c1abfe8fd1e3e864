// What a stranger may try over WebSocket: it is told, closed, counted, and holds no memory; and what an honest peer does, is taken.
import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { answering } from "../kit/destination.ts";
import type { LoadBalancer } from "../kit/lb.ts";
import { RawStream } from "../kit/raw-stream.ts";
import { frame, header, Op, RawWebSocket, upgradeRequest } from "../kit/raw-websocket.ts";
import { type Stage, scenario } from "../kit/scenario.ts";

function options(id: string, lines = "", body = ""): string {
  return (
    `OPTIONS sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bK${id}\r\nFrom: <sip:a@b>;tag=1\r\n` +
    `To: <sip:bob@example.com>\r\nCall-ID: ${id}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 70\r\n${lines}\r\n${body}`
  );
}

/** Starts the balancer with one destination and a WebSocket listener with these fields. */
async function starts({ lb, destination }: Stage, listener: object = {}, config: object = {}): Promise<void> {
  const { address, port } = lb.address;
  const listeners = [`udp://${address}:${port}`, { uri: `ws://${address}:${port}/sip`, ...listener }];
  const callee = destination(answering(200));
  await lb.dispatches(1, "priority", [callee], {}, { listeners, ...config });
}

const SIP = upgradeRequest("/sip");
const one = { io: "batched" } as const;

scenario(
  "only a handshake that offers sip, for the listener's path, from its origins, is let in",
  one,
  async (stage) => {
    const { lb } = stage;
    await starts(stage, { origins: ["https://Phone.example.com"] });
    const subprotocol = "Sec-WebSocket-Protocol: chat, sip";
    const origin = "Origin: https://phone.example.com";
    const attempts: readonly [string, string, number][] = [
      [
        "everything as it should be, with an offer to compress",
        upgradeRequest("/sip", [subprotocol, origin, "Sec-WebSocket-Extensions: permessage-deflate"]),
        101,
      ],
      ["with a query", upgradeRequest("/sip?token=1", [subprotocol, origin]), 101],
      ["no subprotocol", upgradeRequest("/sip", [origin]), 400],
      ["another subprotocol", upgradeRequest("/sip", ["Sec-WebSocket-Protocol: msrp", origin]), 400],
      ["another path", upgradeRequest("/", [subprotocol, origin]), 404],
      ["another origin", upgradeRequest("/sip", [subprotocol, "Origin: https://phone.example.com.evil.example"]), 403],
      ["no origin", upgradeRequest("/sip", [subprotocol]), 403],
      ["an old version", upgradeRequest("/sip", [subprotocol, origin]).replace("Version: 13", "Version: 7"), 400],
      ["a page", "GET /sip HTTP/1.1\r\nHost: a\r\n\r\n", 426],
      ["a form", "POST /sip HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", 426],
      ["a page elsewhere", "GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n", 404],
      ["SIP", options("not-http"), 400],
      ["a header line without a colon", upgradeRequest("/sip", [subprotocol, origin, "nonsense"]), 400],
      ["no HTTP at all", "\x16\x03\x01\r\n\r\n", 400],
      ["endless headers", upgradeRequest("/sip", [subprotocol, origin, `X: ${"x".repeat(20_000)}`]), 431],
    ];
    let right = 0;
    for (const [what, request, status] of attempts) {
      const raw = await RawWebSocket.connect(lb.address);
      raw.write(request);
      await raw.hears(`${what}: an answer`, () => raw.answer !== "" || raw.isClosed);
      assert.equal(raw.status, status, what);
      if (status === 101) assert.match(raw.answer, /^sec-websocket-protocol: sip\r$/im);
      else await raw.closed();
      assert.doesNotMatch(raw.answer, /extensions/i);
      raw.close();
      right++;
    }
    // One answer, whatever else comes.
    const page = "GET /sip HTTP/1.1\r\nHost: a\r\n\r\n";
    const well = upgradeRequest("/sip", [subprotocol, origin]);
    for (const more of ["\0nothing of HTTP\r\n\r\n", page, well]) {
      const raw = await RawStream.open(lb.address);
      await raw.sends(page + more);
      await raw.closed();
      assert.deepEqual(raw.received.match(/^HTTP\/1\.1 \d+/gm), ["HTTP/1.1 426"], more);
    }
    await lb.untilMetric("stream_closed_total", 16, { reason: "upgrade_failed" });
    console.log(`WebSocket handshakes: ${right} of ${attempts.length} answered as they should be`);
  },
);

scenario(
  "a message is taken in any fragmentation, text or binary, and answered in the kind it came in",
  one,
  async (stage) => {
    const { lb } = stage;
    await starts(stage);
    const raw = await RawWebSocket.open(lb.address, SIP);
    const text = options("whole");
    const third = Math.floor(text.length / 3);
    const ways: readonly (readonly Buffer[])[] = [
      [frame(Op.text, text)],
      [frame(Op.binary, options("binary"))],
      [
        frame(0x01, options("three").slice(0, third)),
        frame(Op.more, ""),
        frame(Op.last, options("three").slice(third)),
      ],
      [frame(0x02, "\r\n"), frame(Op.ping, "between"), frame(Op.last, options("pinged"))],
      [...frame(Op.text, options("bytes"))].map((byte) => Buffer.from([byte])),
      [frame(Op.text, options("with-length", "Content-Length: 5\r\n", "hello"))],
      [frame(Op.text, options("behind", "Content-Length: 5\r\n", "hello\r\n"))],
    ];
    for (const [i, pieces] of ways.entries()) {
      for (const piece of pieces) raw.write(piece);
      await raw.hears(`answer ${i + 1}`, () => raw.messages.length === i + 1);
      assert.match(raw.messages.at(-1)!, /^SIP\/2.0 200 /);
    }
    const kinds = raw.frames.filter(({ op }) => op === Op.text || op === Op.binary).map(({ op }) => op);
    assert.deepEqual(kinds, [Op.text, Op.binary, Op.text, Op.binary, Op.text, Op.text, Op.text]);
    const pong = raw.frames.find(({ op }) => op === Op.pong);
    assert.equal(String(pong?.payload), "between");
    // Line ends alone (RFC 5626 3.5.1); one of them wants no answer.
    raw.write(Buffer.concat([frame(Op.text, "\r\n"), frame(Op.text, ""), frame(Op.text, "\r\n\r\n")]));
    await raw.hears("a pong of line ends", () => raw.messages.at(-1) === "\r\n");
    assert.equal(raw.messages.length, ways.length + 1);
    raw.close();
  },
);

scenario(
  "of pings in one piece the last is answered, and whoever sends hundreds is told and closed",
  one,
  async (stage) => {
    const { lb } = stage;
    await starts(stage);
    const raw = await RawWebSocket.open(lb.address, SIP);
    const pongs = () => raw.frames.filter(({ op }) => op === Op.pong).map(({ payload }) => String(payload));
    raw.write(Buffer.concat(["a", "b", "c"].map((text) => frame(Op.ping, text))));
    await raw.hears("the last one's pong", () => pongs().at(-1) === "c");
    raw.write(Buffer.concat(Array.from({ length: 1_000 }, () => frame(Op.ping, ""))));
    await raw.hears("the close frame", () => raw.closeCode === 1008);
    assert.ok(pongs().length <= 3, `${pongs().length} pongs`);
    raw.close();
  },
);

scenario("pongs and line ends by the hundred end their connection as pings do", one, async (stage) => {
  const { lb } = stage;
  await starts(stage);
  const signs = [frame(Op.pong, ""), frame(Op.text, ""), frame(Op.binary, "\r\n"), frame(Op.text, "\r\n\r\n")];
  for (const [i, sign] of signs.entries()) {
    const raw = await RawWebSocket.open(lb.address, SIP);
    raw.write(Buffer.concat(Array.from({ length: 64 }, () => sign)));
    raw.write(frame(Op.text, options(`there-${i}`)));
    await raw.hears("an answer", () => raw.messages.some((text) => text.startsWith("SIP/2.0 200 ")));
    raw.write(Buffer.concat(Array.from({ length: 1_000 }, () => sign)));
    await raw.hears("the close frame", () => raw.closeCode === 1008);
    await raw.closed();
  }
});

scenario("two SIP messages in one are refused, neither is served, and the connection goes on", one, async (stage) => {
  const { lb } = stage;
  await starts(stage);
  const raw = await RawWebSocket.open(lb.address, SIP);
  raw.write(frame(Op.text, options("first", "Content-Length: 0\r\n") + options("second", "Content-Length: 0\r\n")));
  await raw.hears("the refusal", () => raw.messages.length === 1);
  assert.match(raw.messages[0]!, /^SIP\/2.0 400 [\s\S]*Call-ID: first/);
  raw.write(frame(Op.text, options("third")));
  await raw.hears("an answer", () => raw.messages.length === 2);
  assert.match(raw.messages[1]!, /^SIP\/2.0 200 [\s\S]*Call-ID: third/);
  await lb.untilMetric("stream_refused_messages_total", 1);
  raw.close();
});

scenario("whoever breaks the rules of WebSocket is told and closed, and holds no memory", one, async (stage) => {
  const { lb } = stage;
  await starts(stage);
  const huge = header(Op.text, 2 ** 17, 0x80);
  huge.writeBigUInt64BE(1n << 62n, 2);
  const tiny = Buffer.concat([frame(0x01, "O"), ...Array.from({ length: 10_000 }, () => frame(Op.more, "x"))]);
  const empty = Buffer.concat([frame(0x01, ""), ...Array.from({ length: 10_000 }, () => frame(Op.more, ""))]);
  const large = Buffer.concat([header(Op.text, 65_508, 0x80), Buffer.alloc(4)]);
  const attempts: readonly [string, Buffer, number][] = [
    ["a frame of 2^62 bytes", huge, 1009],
    ["a message one byte too long", large, 1009],
    ["10,000 tiny fragments", tiny, 1008],
    ["10,000 empty fragments", empty, 1008],
    ["a frame without a mask", Buffer.concat([header(Op.text, 3, 0), Buffer.from("abc")]), 1002],
    ["a reserved bit, as of compression", frame(Op.text | 0x40, "abc"), 1002],
    ["other reserved bits", frame(Op.text | 0x30, "abc"), 1002],
    ["an opcode that is none", frame(0x83, "abc"), 1002],
    ["a continuation of nothing", frame(Op.last, "abc"), 1002],
    ["a message within a message", Buffer.concat([frame(0x01, "a"), frame(0x01, "b")]), 1002],
    ["a ping in fragments", frame(0x09, "abc"), 1002],
    ["a ping of 126 bytes", frame(Op.ping, "x".repeat(126)), 1002],
    ["a close code that is none", frame(Op.close, "\x03\xec"), 1002],
    ["text that is not UTF-8", frame(Op.text, "\xff\xfe"), 1007],
  ];
  const rounds = 12;
  let before = 0;
  let told = 0;
  for (let round = 0; round < rounds; round++) {
    // What the first rounds need is needed once.
    if (round === rounds / 2) {
      await lb.isComplete();
      before = memoryOf(pidOf(lb));
    }
    for (const [what, bytes, code] of attempts) {
      const raw = await RawWebSocket.open(lb.address, SIP);
      raw.write(bytes);
      await raw.closed().catch(() => assert.fail(`${what}: not closed`));
      assert.equal(raw.closeCode, code, what);
      told++;
    }
  }
  const grown = memoryOf(pidOf(lb)) - before;
  console.log(
    `broken WebSocket frames: ${told} of ${rounds * attempts.length} told and closed, RSS ${grown >> 20} MiB more`,
  );
  assert.ok(grown < 32 << 20, `RSS grew by ${grown} bytes`);
  await lb.untilMetric("stream_closed_total", told, { reason: "unframed" });
  await lb.untilMetric("stream_connections", 0);
  const raw = await RawWebSocket.open(lb.address, SIP);
  raw.write(frame(Op.text, options("afterwards")));
  await raw.hears("an answer", () => raw.messages.length === 1);
  raw.close();
});

scenario(
  "whoever says nothing, or does not read, is asked, closed and counted; others are served meanwhile",
  one,
  async (stage) => {
    const { lb } = stage;
    await starts(stage, {}, { streams: { ping: "2s", message_timeout: "1s", handshake_timeout: "4s" } });
    const honest = await RawWebSocket.open(lb.address, SIP);
    honest.answersPings = true;
    const mute = await RawWebSocket.open(lb.address, SIP);
    const halfway = await RawWebSocket.open(lb.address, SIP);
    halfway.write(frame(Op.text, options("halfway")).subarray(0, 40));
    const between = await RawWebSocket.open(lb.address, SIP);
    between.write(frame(0x01, options("between")));
    const slow = await RawWebSocket.connect(lb.address);
    slow.write(SIP.slice(0, 60));
    const flooding = await RawWebSocket.open(lb.address, SIP);
    flooding.stopReading();
    const pings = Buffer.concat(Array.from({ length: 10_000 }, () => frame(Op.ping, "x".repeat(125))));
    for (let i = 0; i < 10; i++) flooding.write(pings);
    await Promise.all([halfway.closed(), between.closed(), mute.closed()]);
    await lb.untilMetric("stream_closed_total", 2, { reason: "unfinished" });
    assert.ok(honest.frames.some(({ op }) => op === Op.ping));
    honest.write(frame(Op.text, options("honest")));
    await honest.hears("an answer", () => honest.messages.length === 1);
    await slow.closed();
    await lb.untilMetric("stream_closed_total", 1, { reason: "upgrade_failed" });
    await lb.untilMetric("stream_closed_total", 1, { reason: "unframed" });
    honest.close();
    await lb.untilMetric("stream_connections", 0);
    await lb.untilMetric("stream_closed_total", 1, { reason: "silent" });
    flooding.close();
  },
);

function pidOf({ process: running }: LoadBalancer): number {
  return Number(running?.log.find(({ record }) => record.msg === "ready")?.record.pid);
}

/** Resident memory of a process, in bytes. */
function memoryOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
}

scenario(
  "whoever asks for what is refused and resets the connection takes down nothing but that",
  one,
  async (stage) => {
    const { lb } = stage;
    await starts(stage);
    const witness = await RawWebSocket.open(lb.address, SIP);
    const refused = upgradeRequest("/nowhere", ["Sec-WebSocket-Protocol: msrp"]);
    for (let i = 0; i < 300; i++) {
      const socket = connect(lb.address.port, lb.address.address).on("error", () => undefined);
      await once(socket, "connect");
      socket.write(refused);
      await new Promise((resolve) => setTimeout(resolve, i % 2));
      socket.resetAndDestroy();
    }
    witness.write(frame(Op.text, options("still-there")));
    await witness.hears("an answer", () => witness.messages.length === 1);
    assert.equal(await lb.metric("stream_worker_restarts_total"), 0);
    witness.close();
  },
);
