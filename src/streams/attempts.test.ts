// Addresses that swallow attempts to connect: what waits for them leaves by another address that is connected first, and only once.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { type TestContext, test } from "node:test";
import { DeafListener } from "../../test/kit/deaf-listener.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import { connectionWord, flowWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { Bench } from "./testing/bench.ts";

/** Far longer than anything takes here, so that it is never why something goes on. */
const LONG = 60_000;
const DELAY = 250;

function options(number: number): string {
  return (
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${number}\r\nFrom: <sip:a@b>;tag=1\r\n` +
    `To: <sip:a@b>\r\nCall-ID: ${number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

async function deafListener(t: TestContext): Promise<DeafListener> {
  const deaf = await DeafListener.open();
  t.after(() => deaf.close());
  return deaf;
}

async function server(t: TestContext): Promise<{ port: number; heard: () => string }> {
  let heard = "";
  const listening = createServer((socket) => {
    t.after(() => socket.destroy());
    socket.on("data", (data) => {
      heard += data.toString("latin1");
    });
  });
  listening.listen(0, "127.0.0.1");
  await once(listening, "listening");
  t.after(() => listening.close());
  const address = listening.address();
  return { port: typeof address === "object" && address !== null ? address.port : 0, heard: () => heard };
}

/** Listens for what the worker is told, and lets `attemptDelay` pass only when the test says so. */
class TimedBench extends Bench {
  readonly #t: TestContext;

  constructor(t: TestContext, connectTimeout: number) {
    t.mock.timers.enable({ apis: ["setInterval"] });
    super({ connectTimeout, attemptDelay: DELAY });
    this.#t = t;
  }

  /** Waits for so long, and returns what the worker is told then. */
  async later(): ReturnType<Bench["next"]> {
    this.#t.mock.timers.tick(DELAY);
    return this.next();
  }
}

/** The worker says that the request of this number may go to that port, where the destination in `slot` is. */
function mayGo(bench: Bench, port: number, number: number, slot: number): void {
  const peer = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint("127.0.0.1", port, peer, 0);
  bench.connections.dial(1, peer, number, slot);
}

test("who is connected first gets the request; the one that it waited for before does not", async (t) => {
  const [slow, quick] = [await deafListener(t), await server(t)];
  const bench = new TimedBench(t, LONG);
  bench.send(options(1), slow.port);
  const asked = await bench.later();
  assert.deepEqual([asked.kind, asked.text, asked.first], [RecordKind.slow, options(1), 0]);
  mayGo(bench, quick.port, asked.time, 7);
  const told = await bench.next();
  assert.deepEqual([told.kind, told.text, told.time], [RecordKind.outrun, options(1), 7]);
  bench.send(options(2), quick.port);
  await until("the other one to hear it", () => quick.heard() === options(2));
  // Its connection is there in the end, and carries what is sent over it from then on.
  bench.send(options(3), slow.port);
  slow.wake();
  await until("the slow one to hear something", () => slow.heard !== "", LONG);
  assert.equal(slow.heard, options(3));
  assert.deepEqual([bench.count("slow_connects"), bench.count("outrun"), bench.count("opened")], [1, 1, 2]);
});

test("the first address keeps the request when it is connected first after all", async (t) => {
  const [slow, slower] = [await deafListener(t), await deafListener(t)];
  const bench = new TimedBench(t, LONG);
  bench.send(options(1), slow.port);
  mayGo(bench, slower.port, (await bench.later()).time, 7);
  slow.wake();
  await until("the first one to hear it", () => slow.heard === options(1), LONG);
  // What the other one hears is only what is sent there from now on.
  bench.send(options(2), slower.port);
  slower.wake();
  await until("the other one to hear something", () => slower.heard !== "", LONG);
  assert.equal(slower.heard, options(2));
  assert.equal(bench.count("outrun"), 0);
});

test("while nobody answers, one address after the other is asked for, and a refusal is not waited for", async (t) => {
  const [slow, slower, closed] = [await deafListener(t), await deafListener(t), await deafListener(t)];
  await closed.close();
  const bench = new TimedBench(t, LONG);
  bench.send(options(1), slow.port);
  const first = await bench.later();
  mayGo(bench, slower.port, first.time, 1);
  const second = await bench.later();
  assert.deepEqual([second.kind, second.first, second.time], [RecordKind.slow, 1, first.time]);
  mayGo(bench, closed.port, second.time, 2);
  assert.deepEqual([(await bench.next()).first, bench.count("connect_failed")], [2, 1]);
});

test("an address that nobody knows another one for is waited for to the end, and asked about once", async (t) => {
  const slow = await deafListener(t);
  const bench = new TimedBench(t, 600);
  bench.send(options(1), slow.port);
  assert.equal((await bench.later()).kind, RecordKind.slow);
  t.mock.timers.tick(4 * DELAY);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  assert.deepEqual([bench.count("connect_failed"), bench.count("unsent")], [1, 1]);
});

test("a worker that has no room for the question is asked again when it has", async (t) => {
  const [slow, quick] = [await deafListener(t), await server(t)];
  const bench = new TimedBench(t, LONG);
  const gone = flowWord(connectionWord(7, 7));
  for (let i = 0; i < 6_000; i++) bench.send(options(9), quick.port, gone);
  bench.send(options(1), slow.port);
  t.mock.timers.tick(DELAY);
  const ring = bench.fromStreams;
  for (let round = 0; round < 60; round++) {
    for (; ring.next(); ring.take()) assert.equal(ring.kind, RecordKind.unreachable);
    bench.send(options(9), quick.port, gone);
  }
  t.mock.timers.tick(DELAY);
  let asked = await bench.next();
  while (asked.kind === RecordKind.unreachable) asked = await bench.next();
  assert.deepEqual([asked.kind, asked.text, asked.first], [RecordKind.slow, options(1), 0]);
});

test("a request of which the worker cannot be told that it may leave elsewhere goes on waiting, and is asked for again", async (t) => {
  const [slow, quick] = [await deafListener(t), await server(t)];
  const bench = new TimedBench(t, LONG);
  bench.send(options(1), slow.port);
  const asked = await bench.later();
  // More than the ring has room for, and than is kept when it has none.
  const gone = flowWord(connectionWord(7, 7));
  for (let i = 0; i < 6_000; i++) bench.send(options(9), quick.port, gone);
  mayGo(bench, quick.port, asked.time, 7);
  await until("the other one to be connected", () => bench.count("opened") === 1);
  const ring = bench.fromStreams;
  for (let round = 0; round < 60; round++) {
    for (; ring.next(); ring.take()) assert.equal(ring.kind, RecordKind.unreachable);
    bench.send(options(9), quick.port, gone);
  }
  assert.equal(bench.count("outrun"), 0);
  t.mock.timers.tick(DELAY);
  let again = await bench.next();
  while (again.kind === RecordKind.unreachable) again = await bench.next();
  assert.deepEqual([again.kind, again.text, again.first], [RecordKind.slow, options(1), 1]);
  mayGo(bench, quick.port, again.time, 7);
  const told = await bench.next();
  assert.deepEqual([told.kind, told.text, bench.count("outrun")], [RecordKind.outrun, options(1), 1]);
});

test("an attempt that fails after its request has left elsewhere is told all the same", async (t) => {
  const [slow, quick] = [await deafListener(t), await server(t)];
  const bench = new TimedBench(t, 2_000);
  bench.send(options(1), slow.port);
  mayGo(bench, quick.port, (await bench.later()).time, 7);
  assert.equal((await bench.next()).kind, RecordKind.outrun);
  const { kind, text } = await bench.next();
  assert.deepEqual([kind, text, bench.count("unsent")], [RecordKind.unreachable, options(1), 0]);
});
