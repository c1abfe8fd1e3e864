// What epoll tells of descriptors, and that it says when it can tell nothing.
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Memory } from "./layout.ts";
import { EFD_NONBLOCK, type Libc, loadLibc } from "./libc.ts";
import { Readiness } from "./readiness.ts";

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;

/** A set, and something to be watched that is ready when `ring` was called. */
function opened(t: TestContext): { libc: Libc; ready: Readiness; fd: number; ring: () => void } {
  assert.ok(loaded.ok);
  const { libc } = loaded;
  const ready = new Readiness(libc);
  const fd = libc.eventfd(0, EFD_NONBLOCK);
  const one = new Memory(libc, 8);
  one.words[0] = 1;
  t.after(() => {
    libc.close(ready.fd);
    libc.close(fd);
  });
  return { libc, ready, fd, ring: () => void libc.write(fd, one.address, 8) };
}

test("what is ready is told, once for what has come, and no longer when it is not watched", { skip }, async (t) => {
  const { ready, fd, ring } = opened(t);
  const told: [number, boolean][] = [];
  const tell = (data: number, isOver: boolean): void => void told.push([data, isOver]);
  assert.ok(ready.add(fd, 7));
  assert.ok(!ready.add(fd, 8), "it is watched already");
  ready.look(tell);
  assert.deepEqual(told, []);
  setImmediate(ring);
  await new Promise((resolve) => ready.wait(10_000, tell, resolve));
  ready.look(tell);
  assert.deepEqual(told, [[7, false]]);
  ready.remove(fd);
  ring();
  ready.look(tell);
  assert.equal(told.length, 1);
});

test("a listener that cannot be watched is no listener, and that is said", { skip }, (t) => {
  const { ready, fd } = opened(t);
  ready.addListener(fd, -1);
  assert.throws(() => ready.addListener(fd, -2), /cannot be watched: errno 17/);
});
