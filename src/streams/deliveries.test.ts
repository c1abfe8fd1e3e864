// What strangers hand in at a time, over real sockets, whoever has made the connection and however it ends.
import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { collectGarbage } from "../../test/kit/own-pauses.ts";
import { frame, Op, RawWebSocket } from "../../test/kit/raw-websocket.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import type { Deliveries } from "./deliveries.ts";
import { STRANGERS } from "./guests.ts";
import { accepted, listening, listeningWeb, manyOptions, options } from "./testing/accepted.ts";
import { Bench } from "./testing/bench.ts";

/** What one source hands in at a time (shares.ts). */
const SHARE = 64;
const MANY = 300;
const ROOMY = 1 << 20;

/** The most messages that were handed in at a stretch since this was asked last, those that are refused included. */
function stretches(t: TestContext, { connections: { intake } }: Bench): () => number {
  let most = 0;
  let now = 0;
  for (const name of ["message", "refused"] as const) {
    const hand: Deliveries["message"] = intake[name].bind(intake);
    t.mock.method(intake, name, (...message: Parameters<Deliveries["message"]>) => {
      if (!hand(...message)) return false;
      if (now++ === 0) queueMicrotask(() => (now = 0));
      most = Math.max(most, now);
      return true;
    });
  }
  return () => {
    const longest = most;
    most = 0;
    return longest;
  };
}

async function takesAll(bench: Bench, count = MANY): Promise<void> {
  for (let i = 0; i < count; i++) assert.equal((await bench.next()).text, options(i));
}

test("a stranger to whom we have connected has the same share as one who has connected to us", async (t) => {
  const bench = new Bench({}, ROOMY);
  const longest = stretches(t, bench);
  const { server, port } = await listening((socket) => {
    t.after(() => socket.destroy());
    socket.on("data", () => socket.write(manyOptions(MANY)));
  });
  t.after(() => server.close());
  bench.send("SIP/2.0 200 OK\r\n\r\n", port);
  await takesAll(bench);
  assert.ok(longest() <= SHARE);
});

test("who is trusted since a reload is held up no more, over connections that were there before as well", async (t) => {
  let isTrusted = false;
  const bench = new Bench({}, ROOMY, { ...STRANGERS, isTrusted: () => isTrusted });
  const longest = stretches(t, bench);
  const { server, socket } = await accepted(bench);
  t.after(() => socket.destroy());
  t.after(() => server.close());
  for (const [trust, isHeldUp] of [
    [false, true],
    [true, false],
    [false, true],
  ] as const) {
    isTrusted = trust;
    bench.connections.intake.shares.renew();
    socket.write(manyOptions(MANY));
    await takesAll(bench);
    assert.equal(longest() <= SHARE, isHeldUp, `trusted: ${trust}`);
  }
});

test("messages that are refused are of the share, too", async (t) => {
  const bench = new Bench({}, ROOMY);
  const longest = stretches(t, bench);
  const { server, port } = await listeningWeb(bench);
  t.after(() => server.close());
  const raw = await RawWebSocket.open({ address: "127.0.0.1", port });
  t.after(() => raw.close());
  raw.write(Buffer.concat(Array.from({ length: MANY }, () => frame(Op.text, manyOptions(2)))));
  for (let i = 0; i < MANY; i++) assert.equal((await bench.next()).kind, RecordKind.unframed);
  assert.equal(bench.count("refused_messages"), MANY);
  assert.ok(longest() <= SHARE);
});

/** Over each of so many connections all of them, and in order. */
async function takesAllOf(bench: Bench, connections: number): Promise<void> {
  const heard = new Map<number, number>();
  for (let left = connections * MANY; left > 0; left--) {
    const { text, word } = await bench.next();
    const number = heard.get(word) ?? 0;
    assert.equal(text, options(number));
    heard.set(word, number + 1);
  }
  assert.equal(heard.size, connections);
}

test("what was sent before the last word of a connection gets through, in its turn", async (t) => {
  const bench = new Bench({}, 1 << 22);
  const { server, port } = await listening((socket) => bench.connections.accept(1, socket));
  t.after(() => server.close());
  for (let i = 0; i < 10; i++) {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    t.after(() => socket.destroy());
    socket.end(manyOptions(MANY));
  }
  await takesAllOf(bench, 10);
  await until("all to be closed", () => bench.open === 0);
});

test("what was sent before a WebSocket was closed gets through, in its turn", async (t) => {
  const bench = new Bench({}, 1 << 22);
  const { server, port } = await listeningWeb(bench);
  t.after(() => server.close());
  const close = frame(Op.close, Buffer.from([1001 >> 8, 1001 & 0xff]));
  const frames = Array.from({ length: MANY }, (_, i) => frame(Op.text, options(i)));
  const all: RawWebSocket[] = [];
  for (let i = 0; i < 10; i++) all.push(await RawWebSocket.open({ address: "127.0.0.1", port }));
  for (const raw of all) raw.write(Buffer.concat([...frames, close]));
  await takesAllOf(bench, 10);
  await until("all to be closed", () => bench.open === 0);
});

test("connections that are gone and not read to their end are no more of one source than it may have", async (t) => {
  const bench = new Bench({ connectionsPerSource: 2 }, 4096);
  const ours: Socket[] = [];
  const { server, port } = await listening((socket) => {
    ours.push(socket);
    bench.connections.accept(1, socket);
  });
  t.after(() => server.close());
  const theirs = Array.from({ length: 5 }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  for (const socket of theirs) socket.write(manyOptions(MANY));
  await until("all to be heard", () => ours.length === 5 && ours.every(({ bytesRead }) => bytesRead > 0));
  for (const socket of theirs) socket.resetAndDestroy();
  await until("all to be gone", () => ours.every(({ closed }) => closed));
  assert.equal(bench.open, 2);
  const ring = bench.fromStreams;
  await until("what is left of them to be read", () => {
    while (ring.next()) ring.take();
    return bench.open === 0;
  });
});

function memoryUsed(): number {
  collectGarbage();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test("the smallest of WebSocket messages that wait take no more memory than others of as many bytes", async (t) => {
  const connections = 20;
  const tiny = frame(Op.text, "A");
  const piece = Buffer.concat(Array.from({ length: Math.floor(65_536 / tiny.length) }, () => tiny));
  // None that is gone is kept.
  const bench = new Bench({ connectionsPerSource: 0 }, 4096);
  const { server, port } = await listeningWeb(bench);
  t.after(() => server.close());
  let heard = 0;
  server.on("connection", (socket: Socket) => {
    t.after(() => socket.destroy());
    socket.on("data", (chunk: Buffer) => (heard += chunk.length));
  });
  const all: RawWebSocket[] = [];
  for (let i = 0; i < connections; i++) all.push(await RawWebSocket.open({ address: "127.0.0.1", port }));
  t.after(() => {
    for (const raw of all) raw.close();
  });
  const before = memoryUsed();
  heard = 0;
  for (const raw of all) raw.write(piece);
  // What comes once a connection is paused is not heard of, and waits as it came.
  await until("enough of it to be heard", () => heard > (connections * piece.length) / 8);
  const taken = (memoryUsed() - before) / connections;
  t.diagnostic(`${piece.length} bytes of messages of 1 byte: ${Math.round(taken / 1_024)} KiB`);
  assert.ok(taken < 500_000, `${taken} bytes a connection`);
});
