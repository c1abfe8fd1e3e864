// Where the stream worker listens, over real sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Server } from "node:net";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { descriptorsOf, descriptorWords, type StreamListener } from "../bridge/stream-start.ts";
import { loadLibc } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import { reserveTcp } from "../net/tcp-listen.ts";
import { FirstWords } from "./first-words.ts";
import { listenFiltered, listenPlainly } from "./listeners.ts";
import { isOpen } from "./testing/queued.ts";
import { portOf } from "./testing/secure-bench.ts";

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;
const KEEPALIVE = 60_000;

function listener(index: number, port: number, more: Partial<StreamListener> = {}): StreamListener {
  return { index, transport: "tcp", host: "127.0.0.1", port, ...more };
}

test("whoever listens after another does so on the same sockets, and hears what each is for", { skip }, async (t) => {
  assert.ok(loaded.ok);
  const { libc } = loaded;
  const web = { path: "", origins: [] };
  const listeners = [
    listener(1, 0),
    listener(4, 0, { transport: "tls" }),
    listener(5, 0, { connectOnly: true }),
    listener(6, 0, { transport: "ws", web }),
    listener(7, 0, { transport: "wss", web }),
  ];
  const descriptors = new SharedArrayBuffer(descriptorWords(10, listeners.length) * 4);
  const { held, listening } = descriptorsOf({ descriptors, listeners });
  // A place for each that may be held, and two for what a filter waits by.
  assert.deepEqual([held.length, listening.length], [12, 5]);
  t.after(() => closeLeft(libc, listening));
  const first = await listenFiltered(libc, listeners, KEEPALIVE, listening, undefined);
  assert.deepEqual(first, [
    { index: 1, fd: listening[0], words: FirstWords.sip },
    { index: 4, fd: listening[1], words: FirstWords.tls },
    { index: 6, fd: listening[3], words: FirstWords.http },
    { index: 7, fd: listening[4], words: FirstWords.tls },
  ]);
  assert.ok([0, 1, 3, 4].every((place) => isOpen(libc, listening[place]!)));
  assert.equal(listening[2], 0, "from there connections are only made");
  const next = descriptorsOf({ descriptors, listeners }).listening;
  assert.deepEqual(await listenFiltered(libc, listeners, KEEPALIVE, next, undefined), first);
});

test("where one port is somebody else's, none stays open", { skip }, async (t) => {
  assert.ok(loaded.ok);
  const taken = createServer();
  t.after(() => taken.close());
  const port = await portOf(taken);
  const found = await reserveTcp({ host: "127.0.0.1", port: 0 });
  assert.ok(found.ok);
  const listening = new Int32Array(2);
  const listeners = [listener(1, found.port), listener(2, port)];
  assert.match(String(await listenFiltered(loaded.libc, listeners, KEEPALIVE, listening, undefined)), /EADDRINUSE/);
  assert.deepEqual([...listening], [0, 0]);
  const [error] = (await once(connect(found.port, "127.0.0.1"), "error")) as [NodeJS.ErrnoException];
  assert.equal(error.code, "ECONNREFUSED");
});

test("servers of Node's give who connects to whom it is for, or say what is wrong", async (t) => {
  const found = await reserveTcp({ host: "127.0.0.1", port: 0 });
  assert.ok(found.ok);
  const knocks: number[] = [];
  const listeners = [listener(3, found.port), listener(4, found.port, { connectOnly: true })];
  const problem = await listenPlainly(listeners, KEEPALIVE, (index, socket) => {
    const { server } = socket as unknown as { server: Server };
    knocks.push(index);
    server.close();
    socket.destroy();
  });
  assert.equal(problem, "");
  const taken = listener(5, found.port);
  assert.match(await listenPlainly([taken], KEEPALIVE, () => assert.fail()), /EADDRINUSE/);
  const theirs = connect(found.port, "127.0.0.1").on("error", () => undefined);
  t.after(() => theirs.destroy());
  await until("it to be told of", () => knocks.length > 0);
  assert.deepEqual(knocks, [3]);
});
