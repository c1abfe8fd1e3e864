// Which descriptors are told of, and how often, with real ones.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { openBell, Ringer } from "./bell.ts";
import { Memory } from "./layout.ts";
import { type Libc, loadLibc } from "./libc.ts";
import { Readiness } from "./readiness.ts";

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;

type Told = [data: number, isOver: boolean];

/** A set, something that can be rung, and what is told. */
function watched(t: TestContext) {
  assert.ok(loaded.ok);
  const libc: Libc = loaded.libc;
  const readiness = new Readiness(libc);
  const [bell, ringer] = [openBell(libc), new Ringer(libc)];
  t.after(() => {
    libc.close(bell);
    libc.close(readiness.fd);
  });
  const told: Told[] = [];
  const ready = (data: number, isOver: boolean): void => void told.push([data, isOver]);
  return {
    libc,
    readiness,
    bell,
    ring: () => ringer.ring(bell),
    look: (): Told[] => {
      readiness.look(ready);
      return told.splice(0);
    },
    waits: (milliseconds: number) =>
      new Promise<Told[]>((resolve) => readiness.wait(milliseconds, ready, () => resolve(told.splice(0)))),
  };
}

test("what comes is told once, with what was said of where it came, until that is watched no longer", { skip }, (t) => {
  const { readiness, bell, ring, look } = watched(t);
  assert.equal(readiness.add(bell, 7), true);
  assert.deepEqual(look(), []);
  ring();
  assert.deepEqual(look(), [[7, false]]);
  assert.deepEqual(look(), [], "nothing more has come");
  ring();
  assert.deepEqual(look(), [[7, false]]);
  readiness.remove(bell);
  ring();
  assert.deepEqual(look(), []);
});

test("those who wait to be accepted are told of as long as they wait", { skip }, (t) => {
  const { libc, readiness, bell, ring, look } = watched(t);
  readiness.addListener(bell, -3);
  ring();
  for (let i = 0; i < 3; i++) assert.deepEqual(look(), [[-3, false]]);
  libc.read(bell, new Memory(libc, 8).address, 8);
  assert.deepEqual(look(), []);
});

test("what nobody can watch is said to be that", { skip }, (t) => {
  const { readiness } = watched(t);
  assert.equal(readiness.add(-1, 1), false);
  // A port that is open and where nobody is accepted would be worse than none.
  assert.throws(() => readiness.addListener(-1, 1), /a listener cannot be watched: errno 9/);
});

test("the end of a connection is told of, also behind something that has come", { skip }, async (t) => {
  const { readiness, look } = watched(t);
  const ours: Socket[] = [];
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true }, (socket) => void ours.push(socket));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  const theirs = connect(address.port, "127.0.0.1");
  t.after(() => {
    for (const socket of [theirs, ...ours]) socket.destroy();
    server.close();
  });
  await until("the connection", () => ours.length === 1);
  const { _handle: handle } = ours[0] as unknown as { _handle: { readonly fd: number } };
  readiness.add(handle.fd, 5);
  theirs.write("O");
  assert.deepEqual(await until("what came", () => look().at(-1)), [5, false]);
  theirs.end();
  assert.deepEqual(await until("the end", () => look().at(-1)), [5, true]);
});

test("who waits hears at once of what comes, and of nothing after a while", { skip }, async (t) => {
  const { readiness, bell, ring, waits } = watched(t);
  readiness.add(bell, 7);
  assert.deepEqual(await waits(20), []);
  const began = performance.now();
  const waiting = waits(60_000);
  ring();
  assert.deepEqual(await waiting, [[7, false]]);
  assert.ok(performance.now() - began < 30_000);
});
