// Connections between real sockets and rings: nothing is lost when a ring is full, and what cannot be sent comes back.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { DeafListener } from "../../test/kit/deaf-listener.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import { connectionWord, generationOf, placeOf, secondPortWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Message } from "../sip/message.ts";
import { accepted, listening, manyOptions, options } from "./testing/accepted.ts";
import { Bench, WRITE_TIMEOUT } from "./testing/bench.ts";
import { Clock } from "./testing/clock.ts";
import { carryWeb } from "./websocket-client.ts";

test("a worker that takes nothing for a while gets everything, in order", async (t) => {
  const bench = new Bench({}, 4096);
  const { server, socket } = await accepted(bench);
  const count = 2000;
  socket.write(manyOptions(count));
  await new Promise((resolve) => setTimeout(resolve, 100));
  for (let i = 0; i < count; i++) assert.equal((await bench.next()).text, options(i));
  t.diagnostic(`${count} of ${count} messages through a ring of 4 KiB`);
  socket.destroy();
  server.close();
});

test("an answer goes over the connection that its request named, and over no other of that address", async () => {
  const bench = new Bench();
  const { server, socket } = await accepted(bench);
  socket.write(options(1));
  const { word, kind } = await bench.next();
  assert.equal(kind, RecordKind.framed);
  bench.send("SIP/2.0 200 OK\r\n\r\n", 9, word);
  assert.equal(String((await once(socket, "data"))[0]), "SIP/2.0 200 OK\r\n\r\n");
  // Of an earlier connection in the same place: it is gone, and so the port of the endpoint is where to go.
  const { server: phone, port } = await listening((one) => one.on("data", (chunk) => heard.push(String(chunk))));
  const heard: string[] = [];
  bench.send("to the Via's port", port, connectionWord(placeOf(word), generationOf(word) - 1));
  await until("the first", () => heard.length > 0);
  assert.deepEqual(heard, ["to the Via's port"]);
  bench.send(" and again", 9, secondPortWord(port));
  await until("the second", () => heard.length > 1);
  assert.deepEqual(heard, ["to the Via's port", " and again"]);
  socket.destroy();
  server.close();
  phone.close();
});

test("keep-alives are answered one by one, and of thousands in one piece a few, with one write", async () => {
  const bench = new Bench();
  const { server, socket } = await accepted(bench);
  let pongs = "";
  socket.on("data", (chunk) => (pongs += String(chunk)));
  for (let i = 1; i <= 3; i++) {
    socket.write("\r\n\r\n");
    await until("a pong", () => pongs.length === 2 * i);
  }
  socket.write(`${"\r\n\r\n".repeat(16_384)}${options(1)}`);
  assert.equal((await bench.next()).text, options(1));
  await until("some more", () => pongs.length > 6);
  await new Promise((resolve) => setTimeout(resolve, 20));
  // Pieces are 64 KiB at most, and may be smaller.
  assert.match(pongs, /^(?:\r\n)+$/);
  assert.ok(pongs.length < 4_096, `${pongs.length / 2} pongs`);
  socket.destroy();
  server.close();
});

test("what cannot be framed is answered also by a worker that is late, and its connection ends in time without an answer", async (t) => {
  for (const isAnswered of [true, false]) {
    const bench = new Bench();
    const { server, socket } = await accepted(bench);
    t.after(() => socket.destroy());
    t.after(() => server.close());
    let received = "";
    let isClosed = false;
    socket.on("data", (chunk) => (received += String(chunk))).on("close", () => (isClosed = true));
    t.mock.timers.enable({ apis: ["setTimeout"] });
    socket.write(options(1).replace("Content-Length: 0", "Content-Length: 2000000000"));
    const { kind, word } = await bench.next();
    assert.equal(kind, RecordKind.unframed);
    t.mock.timers.tick(1_999);
    assert.equal(bench.open, 1);
    if (isAnswered) bench.send("SIP/2.0 513 Too Large\r\n\r\n", 9, word);
    else t.mock.timers.tick(1);
    t.mock.timers.reset();
    await until("the end of the connection", () => isClosed);
    assert.equal(received, isAnswered ? "SIP/2.0 513 Too Large\r\n\r\n" : "");
  }
});

test("a refused connection gives back everything that waited for it", async () => {
  const bench = new Bench();
  const { server, port } = await listening(() => undefined);
  server.close();
  await once(server, "close");
  for (let i = 0; i < 3; i++) bench.send(options(i), port);
  for (let i = 0; i < 3; i++) {
    const { kind, text } = await bench.next();
    assert.deepEqual([kind, text], [RecordKind.unreachable, options(i)]);
  }
});

test("a connection that is not made in time gives back what waited for it", async (t) => {
  const deaf = await DeafListener.open();
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new Bench({ connectTimeout: 5_000 });
  bench.send(options(1), deaf.port);
  t.mock.timers.tick(4_999);
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([bench.open, bench.count("connect_failed")], [1, 0]);
  t.mock.timers.tick(1);
  const { kind } = await bench.next();
  assert.deepEqual([kind, bench.count("connect_failed")], [RecordKind.unreachable, 1]);
  await deaf.close();
});

test("what a peer that does not read leaves behind is bounded, and what is more comes back", async () => {
  const sockets: Socket[] = [];
  const { server, port } = await listening((socket) => void sockets.push(socket.pause()));
  const bench = new Bench({ writeBuffer: 65_536 }, 1 << 22);
  const large = "x".repeat(60_000);
  let returned = false;
  for (let i = 0; i < 400 && !returned; i++) {
    bench.send(large, port);
    await new Promise((resolve) => setTimeout(resolve, 2));
    returned = !bench.fromStreams.isEmpty;
  }
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  for (const socket of sockets) socket.destroy();
  server.close();
});

test("the loss of a connection that we made is told", async () => {
  const sockets: Socket[] = [];
  const { server, port } = await listening((socket) => void sockets.push(socket));
  const bench = new Bench();
  bench.send(options(1), port);
  await until("the connection", () => sockets.length > 0);
  sockets[0]?.resetAndDestroy();
  assert.equal((await bench.next()).kind, RecordKind.lost);
  server.close();
});

test("a peer that does not take what waits for it loses its connection", async (t) => {
  const clock = new Clock(t);
  const sockets: Socket[] = [];
  const { server, port } = await listening((socket) => void sockets.push(socket.pause()));
  const bench = new Bench({ writeBuffer: 1 << 20 }, 1 << 22);
  for (let i = 0; i < 1000 && bench.count("unsent") === 0; i++) {
    bench.send("x".repeat(60_000), port);
    if (i % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await clock.pass(WRITE_TIMEOUT / 2);
  assert.equal(bench.count("stalled"), 0);
  await clock.passUntil(() => bench.count("stalled") > 0, WRITE_TIMEOUT + 1);
  assert.equal(bench.count("stalled"), 1);
  server.close();
  for (const socket of sockets) socket.destroy();
});

test("a peer that is always in the middle of a message is not late with the one before", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench({ messageTimeout: 10_000 });
  const { server, socket } = await accepted(bench);
  t.after(() => socket.destroy());
  t.after(() => server.close());
  const half = options(0).length / 2;
  socket.write(options(0).slice(0, half));
  for (let i = 0; i < 5; i++) {
    await clock.pass(6_000);
    socket.write(options(i).slice(half) + options(i + 1).slice(0, half));
    assert.equal((await bench.next()).text, options(i));
  }
  assert.deepEqual([bench.open, bench.count("unfinished")], [1, 0]);
  await clock.passUntil(() => bench.count("unfinished") > 0, 10_001);
  assert.equal(bench.open, 0);
});

test("a message that began before its connection was let in has no more time than others", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench();
  const { server, port } = await listening((socket) => bench.connections.accept(1, socket, 8_000));
  const late = connect(port, "127.0.0.1").on("error", () => undefined);
  const half = options(0).length / 2;
  late.write(options(0).slice(0, half));
  const inTime = connect(port, "127.0.0.1").on("error", () => undefined);
  inTime.write(options(0) + options(1).slice(0, half));
  await until("both to be there", () => bench.open === 2);
  await clock.passUntil(() => bench.open === 1, 1_000);
  assert.equal(bench.count("unfinished"), 1);
  inTime.write(options(1).slice(half));
  assert.deepEqual([(await bench.next()).text, (await bench.next()).text], [options(0), options(1)]);
  for (const socket of [late, inTime]) socket.destroy();
  server.close();
});

test("a peer that has ended its side and does not read keeps its place until it is closed, in time", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench({ writeBuffer: 1 << 24 }, 1 << 22);
  const ours: Socket[] = [];
  const { server, port } = await listening((socket) => {
    ours.push(socket);
    bench.connections.accept(1, socket);
  });
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true }).on("error", () => undefined);
  socket.write(options(1));
  const { word } = await bench.next();
  const peerPort = socket.localPort ?? 0;
  for (let i = 0; i < 200; i++) bench.send("x".repeat(60_000), peerPort, word);
  socket.end();
  await until("its end to be heard", () => ours[0]?.readableEnded === true);
  await clock.pass(WRITE_TIMEOUT / 2);
  assert.deepEqual([ours[0]?.destroyed, bench.open], [false, 1], "its socket is open, so it counts");
  await clock.passUntil(() => bench.open === 0, WRITE_TIMEOUT + 1);
  assert.deepEqual([ours[0]?.destroyed, bench.open, bench.count("stalled")], [true, 0, 1]);
  socket.destroy();
  server.close();
});

test("an outgoing WebSocket for which there is no place is given up without a word", async () => {
  const socket = connect(1, "127.0.0.1").on("error", () => undefined);
  carryWeb(socket, new Int32Array(ENDPOINT_WORDS), "/", new Message());
  socket.destroy();
  // The library would throw out of a later round if it had been asked.
  await once(socket, "close");
  await new Promise((resolve) => setImmediate(resolve));
});
