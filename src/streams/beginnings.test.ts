// Who connects and says nothing costs nothing more, and who begins has a turn of the event loop, on real connections.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { Beginnings } from "./beginnings.ts";
import { portOf } from "./testing/secure-bench.ts";

const MANY = 50;

/** So many connections, and what became of our ends of them. */
async function connections(t: TestContext, count: number, mayBegin = true) {
  const beginnings = new Beginnings();
  const begun: { socket: Socket; round: number }[] = [];
  const heard: Socket[] = [];
  const gone: Socket[] = [];
  let round = 0;
  let isOver = false;
  const turn = (): void => {
    round++;
    if (!isOver) setImmediate(turn);
  };
  setImmediate(turn);
  const ours: Socket[] = [];
  const server = createServer((socket) => {
    ours.push(socket);
    beginnings.add(socket, {
      heard: () => heard.push(socket) > 0 && mayBegin,
      begin: () => void begun.push({ socket, round }),
      gone: () => void gone.push(socket),
    });
  });
  const port = await portOf(server);
  const theirs = Array.from({ length: count }, () => connect(port, "127.0.0.1"));
  await Promise.all(theirs.map((socket) => once(socket, "connect")));
  await until("all of them", () => ours.length === count);
  t.after(() => {
    isOver = true;
    for (const socket of [...theirs, ...ours]) socket.destroy();
    server.close();
  });
  return { theirs, ours, begun, heard, gone };
}

test("a handshake begins with the first byte of the other end, which is still there to be read", async (t) => {
  const { theirs, begun, heard, gone } = await connections(t, 2);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual([heard, begun], [[], []]);
  theirs[0]!.write("hello");
  await until("the first one", () => begun.length > 0);
  assert.deepEqual([heard.length, begun.length], [1, 1]);
  assert.equal(String(begun[0]!.socket.read()), "hello");
  theirs[0]!.destroy();
  await once(begun[0]!.socket, "close");
  assert.deepEqual(gone, [], "what becomes of it then is told by who does the handshake");
});

test("handshakes that begin at once have one round of the event loop each", async (t) => {
  const { theirs, begun } = await connections(t, MANY);
  for (const socket of theirs) socket.write("hello");
  await until("all of them", () => begun.length === MANY);
  assert.equal(new Set(begun.map(({ round }) => round)).size, MANY);
});

test("who may not begin has no turn", async (t) => {
  const { theirs, ours, begun, heard, gone } = await connections(t, 1, false);
  theirs[0]!.write("hello");
  await until("its first byte", () => heard.length === 1);
  ours[0]!.destroy();
  await once(ours[0]!, "close");
  assert.deepEqual([begun, gone], [[], []]);
});

test("who leaves before the first byte is not waited for", async (t) => {
  const { theirs, ours, begun, heard, gone } = await connections(t, 2);
  theirs[0]!.resetAndDestroy();
  theirs[1]!.end();
  await until("both", () => gone.length === 2);
  assert.ok(ours.every(({ destroyed }) => destroyed));
  assert.deepEqual([begun, heard], [[], []]);
});
