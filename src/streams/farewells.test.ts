// Connections that end at once, in hundreds, whoever ends them: one of them in each round of the event loop, so that whatever comes over
// the others is read between.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { Authority } from "../../test/kit/certificates.ts";
import { until } from "../../test/kit/wait.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { Bench } from "./testing/bench.ts";
import { Clock } from "./testing/clock.ts";
import { HANDSHAKE_TIMEOUT, portOf, profileWith, SecureBench, stateOf } from "./testing/secure-bench.ts";

const MANY = 200;
const IDLE = 20_000;

let authority: Authority;
let state: TlsState;
before(async () => {
  authority = await Authority.make();
  state = stateOf(profileWith(authority.ca, await authority.issue()));
});
after(() => authority.close());

/** So many connections to a port, all there. */
async function clients(port: number): Promise<Socket[]> {
  const sockets = Array.from({ length: MANY }, () => connect(port, "127.0.0.1").on("error", () => undefined));
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  return sockets;
}

/** By how much `read` changes within one round of the event loop at most, until `isOver`. */
async function mostInOneRound(read: () => number, isOver: () => boolean): Promise<number> {
  let most = 0;
  let last = read();
  const deadline = performance.now() + 10_000;
  while (!isOver() && performance.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = read();
    most = Math.max(most, Math.abs(now - last));
    last = now;
  }
  assert.ok(isOver(), "it is over in time");
  return most;
}

test("of hundreds that hang up at once, one is seen off in each round", async (t) => {
  const bench = new Bench({ connections: MANY, connectionsPerSource: MANY });
  const server = createServer((socket) => bench.connections.accept(1, socket));
  t.after(() => server.close());
  const sockets = await clients(await portOf(server));
  await until("all to be there", () => bench.open === MANY);
  for (const socket of sockets) socket.end();
  const most = await mostInOneRound(
    () => bench.open,
    () => bench.open === 0,
  );
  assert.ok(most <= 2, `${most} at once`);
});

test("of hundreds that are overdue at once, one is closed in each round, and who speaks in time stays", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench({ connections: MANY, connectionsPerSource: MANY, idle: IDLE });
  const server = createServer((socket) => bench.connections.accept(1, socket));
  t.after(() => server.close());
  const sockets = await clients(await portOf(server));
  await until("all to be there", () => bench.open === MANY);
  clock.jump(IDLE * 0.6);
  sockets[0]!.write("\r\n\r\n");
  await once(sockets[0]!, "data");
  clock.jump(IDLE * 0.6);
  const most = await mostInOneRound(
    () => bench.count("idle"),
    () => bench.count("idle") === MANY - 1,
  );
  assert.equal(most, 1);
  assert.equal(bench.open, 1);
  assert.ok(!sockets[0]!.destroyed);
  sockets[0]!.destroy();
});

test("who hangs up after hundreds were overdue waits for none of them twice, however slow the rounds are", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench({ connections: MANY + 1, connectionsPerSource: MANY + 1, idle: IDLE });
  const server = createServer((socket) => bench.connections.accept(1, socket));
  t.after(() => server.close());
  const port = await portOf(server);
  const sockets = await clients(port);
  await until("all to be there", () => bench.open === MANY);
  // Each is found overdue several times before its turn comes.
  let rounds = 0;
  let isOver = false;
  const round = (): void => {
    const end = performance.now() + 8;
    while (performance.now() < end);
    rounds++;
    if (!isOver) setImmediate(round);
  };
  clock.jump(IDLE + 1);
  await until("the first to be overdue", () => bench.count("idle") > 0);
  round();
  await until("all to be closed", () => bench.count("idle") === MANY);
  const last = connect(port, "127.0.0.1");
  await until("the last to be there", () => bench.open === 1);
  last.end();
  const before = rounds;
  await until("it to be closed", () => bench.open === 0);
  isOver = true;
  assert.ok(rounds - before < 20, `${rounds - before} rounds`);
  for (const socket of sockets) socket.destroy();
});

test("of hundreds of handshakes whose time is up at once, one is closed in each round", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state);
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  await clients(port);
  await until("all to be there", () => bench.secure.count === MANY);
  t.mock.timers.tick(HANDSHAKE_TIMEOUT);
  const most = await mostInOneRound(
    () => bench.count("handshake_timeout"),
    () => bench.count("handshake_timeout") === MANY,
  );
  assert.equal(most, 1);
});
