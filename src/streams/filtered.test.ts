// Sockets that listen for an accept filter, and what a stream worker leaves open behind it.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { openBell } from "../net/bell.ts";
import { Memory } from "../net/layout.ts";
import { type Libc, loadLibc, SocketOption } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import { TcpPatience } from "../net/tcp-patience.ts";
import { listenForFilter } from "./filtered.ts";
import { isOpen, queued } from "./testing/queued.ts";
import { portOf } from "./testing/secure-bench.ts";

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;

function optionOf(libc: Libc, fd: number, [level, name]: readonly [number, number]): number {
  const [value, length] = [new Memory(libc, 8), new Memory(libc, 8)];
  length.words[0] = 4;
  assert.equal(libc.getsockopt(fd, level, name, value.address, length.address), 0);
  return value.words[0]!;
}

test("whoever connects finds the port open before anybody accepts, and is kept alive as others are", {
  skip,
}, async (t) => {
  assert.ok(loaded.ok);
  const { libc } = loaded;
  const patience = new TcpPatience(libc, 55_600);
  const { accepts } = await queued(t, libc, 45_600, (server) => patience.set(server));
  const fd = await accepts();
  t.after(() => libc.close(fd));
  const { noDelay, keepAlive, keepAliveIdle, keepAliveInterval, keepAliveCount, userTimeout } = SocketOption;
  const asked = [noDelay, keepAlive, keepAliveIdle, keepAliveInterval, keepAliveCount, userTimeout];
  assert.deepEqual(
    asked.map((option) => optionOf(libc, fd, option)),
    [1, 1, 46, 1, 10, 55_600],
  );
});

test("a port that somebody else has is told of in one sentence", { skip }, async (t) => {
  assert.ok(loaded.ok);
  const taken = createServer();
  t.after(() => taken.close());
  const port = await portOf(taken);
  const problem = await listenForFilter(loaded.libc, { host: "127.0.0.1", port }, 1_000, () => assert.fail());
  assert.match(String(problem), new RegExp(`^cannot listen on tcp 127\\.0\\.0\\.1:${port}: .*EADDRINUSE`));
});

test("what was left open is closed once, and nothing else is", { skip }, () => {
  assert.ok(loaded.ok);
  const { libc } = loaded;
  const [one, other, kept] = [openBell(libc), openBell(libc), openBell(libc)];
  const left = Int32Array.of(0, one, 0, other);
  const isInput = isOpen(libc, 0);
  closeLeft(libc, left);
  assert.deepEqual(
    [one, other, kept].map((fd) => isOpen(libc, fd)),
    [false, false, true],
  );
  assert.deepEqual([...left], [0, 0, 0, 0]);
  assert.equal(isOpen(libc, 0), isInput, "no descriptor is none, not the first one");
  libc.close(kept);
});
