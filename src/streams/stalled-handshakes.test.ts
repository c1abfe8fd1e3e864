// Handshakes of TLS that do not begin or do not go on: what they cost, and for how long, over real sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { Authority } from "../../test/kit/certificates.ts";
import { until } from "../../test/kit/wait.ts";
import type { TlsState } from "../bridge/tls-state.ts";
import { HANDSHAKE_TIMEOUT, profileWith, SecureBench, stateOf, tries } from "./testing/secure-bench.ts";

let authority: Authority;
let state: TlsState;
before(async () => {
  authority = await Authority.make();
  state = stateOf(profileWith(authority.ca, await authority.issue()));
});
after(() => authority.close());

/** Connections that send the first bytes of a TLS record, or nothing, and no more. */
function stalls(port: number, count: number, bytes = "\x16\x03\x01\x01\x00"): Socket[] {
  return Array.from({ length: count }, () => {
    const socket = connectPlain(port, "127.0.0.1").on("error", () => undefined);
    if (bytes !== "") socket.write(bytes, "latin1");
    return socket.resume();
  });
}

test("handshakes that stall end in time, and are no more at a time than allowed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state, { handshakes: 10 });
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const sockets = stalls(port, 15);
  await until("five to be refused", () => bench.count("handshake_refused") === 5);
  assert.equal(bench.secure.count, 10);
  t.mock.timers.tick(HANDSHAKE_TIMEOUT);
  await until("ten to be closed", () => bench.count("handshake_timeout") === 10);
  await Promise.all(sockets.map((socket) => socket.closed || once(socket, "close")));
  const socket = await tries(port);
  assert.ok(typeof socket !== "string", `there is room again: ${String(socket)} ${bench.faults.slice(-2).join()}`);
  await until("it to be let in", () => bench.count("accepted") === 1);
  await until("all places to be free", () => bench.secure.count === 0);
  // Those that time ended are told of once, and as that.
  assert.equal(bench.faults.length, 15);
  socket.destroy();
});

test("who connects and says nothing takes no handshake from others, and is closed in time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state, { handshakes: 2 });
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const silent = stalls(port, 10, "");
  await until("all to be there", () => bench.secure.count === 10);
  const socket = await tries(port);
  assert.ok(typeof socket !== "string", String(socket));
  t.mock.timers.tick(HANDSHAKE_TIMEOUT);
  await until("ten to be closed", () => bench.count("handshake_timeout") === 10);
  await Promise.all(silent.map((one) => one.closed || once(one, "close")));
  await until("their places to be free", () => bench.secure.count === 0);
  assert.equal(bench.count("handshake_refused"), 0);
  socket.destroy();
});

test("whoever begins late has no more time than the rest", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state);
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const [socket] = stalls(port, 1, "");
  await until("it to be there", () => bench.secure.count === 1);
  t.mock.timers.tick(HANDSHAKE_TIMEOUT - 1);
  socket!.write("\x16\x03\x01\x01\x00", "latin1");
  await until("it to begin", () => bench.handshakes.count === 1);
  // Its turn comes in a later round.
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(bench.secure.count, 1);
  t.mock.timers.tick(1);
  await until("it to be closed", () => bench.count("handshake_timeout") === 1);
  assert.deepEqual(bench.faults, ["handshake_timeout: it did not end"]);
});

test("what is no TLS ends at once, and gives its place back", async (t) => {
  const bench = new SecureBench(state);
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  stalls(port, 3, "OPTIONS sip:a@b SIP/2.0\r\n\r\n");
  await until("three to be closed", () => bench.count("handshake_failed") === 3 && bench.secure.count === 0);
  assert.equal(bench.count("handshake_timeout"), 0);
});

test("whoever was held before has as much less time", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state);
  const { server, port } = await bench.listens(HANDSHAKE_TIMEOUT - 100);
  t.after(() => server.close());
  stalls(port, 1, "");
  await until("it to be there", () => bench.secure.count === 1);
  t.mock.timers.tick(99);
  for (let round = 0; round < 3; round++) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(bench.secure.count, 1);
  t.mock.timers.tick(1);
  await until("it to be closed", () => bench.count("handshake_timeout") === 1);
});

test("whoever was held for all of its time is closed at once", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const bench = new SecureBench(state);
  const { server, port } = await bench.listens(2 * HANDSHAKE_TIMEOUT);
  t.after(() => server.close());
  stalls(port, 1);
  await until("it to be there", () => bench.secure.count === 1);
  t.mock.timers.tick(1);
  await until("it to be closed", () => bench.count("handshake_timeout") === 1);
});
