// Who may begin a handshake, on real connections from several addresses.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { STRANGERS } from "./guests.ts";
import { Handshakes } from "./handshakes.ts";
import { portOf } from "./testing/secure-bench.ts";

test("no source has all handshakes, and the last ones are kept for whom we trust", async (t) => {
  const trusted = Buffer.from([127, 0, 0, 9]).readInt32BE();
  const guests = { ...STRANGERS, isTrusted: (peer: Int32Array) => peer[3] === trusted };
  const limits = { handshakeTimeout: 60_000, handshakes: 10, handshakesPerSource: 3, reserve: 20 };
  const handshakes = new Handshakes(limits, guests);
  const ours: Socket[] = [];
  const server = createServer((socket) => void ours.push(socket.resume()));
  const port = await portOf(server);
  const theirs: Socket[] = [];
  t.after(() => {
    for (const socket of [...theirs, ...ours]) socket.destroy();
    server.close();
  });
  const begins = async (localAddress: string): Promise<string | null> => {
    const count = ours.length;
    const socket = connect({ host: "127.0.0.1", port, localAddress });
    theirs.push(socket);
    await once(socket, "connect");
    await until("the connection", () => ours.length > count);
    return handshakes.begin(ours.at(-1)!);
  };
  for (let i = 0; i < 3; i++) assert.equal(await begins("127.0.0.2"), null);
  assert.equal(await begins("127.0.0.2"), "handshake_source_full");
  for (let i = 0; i < 5; i++) assert.equal(await begins(`127.0.1.${i + 1}`), null);
  assert.equal(await begins("127.0.0.3"), "handshake_reserved");
  for (let i = 0; i < 2; i++) assert.equal(await begins("127.0.0.9"), null);
  assert.equal(await begins("127.0.0.9"), "handshake_refused");
  assert.equal(handshakes.count, 10);
  // One is done, one is broken off: both places are free again, once.
  handshakes.end(ours[0]!);
  theirs[1]!.destroy();
  await until("the second place", () => handshakes.count === 8);
  theirs[0]!.destroy();
  await once(ours[0]!, "close");
  assert.equal(handshakes.count, 8);
  for (let i = 0; i < 2; i++) assert.equal(await begins("127.0.0.9"), null);
});

test("one that is held is under way, among all and among those of its source, until it is released", () => {
  const [one, trusted] = [peerAt("192.0.2.1"), peerAt("192.0.2.9")];
  const guests = { ...STRANGERS, isTrusted: (peer: Int32Array) => peer[3] === trusted[3] };
  const limits = { handshakeTimeout: 60_000, handshakes: 10, handshakesPerSource: 3, reserve: 20 };
  const handshakes = new Handshakes(limits, guests);
  const holds = (peer: Int32Array): string | null => {
    const refusal = handshakes.refusal(peer);
    if (refusal === null) handshakes.hold(peer);
    return refusal;
  };
  for (let i = 0; i < 3; i++) assert.equal(holds(one), null);
  assert.equal(holds(one), "handshake_source_full");
  for (let i = 0; i < 5; i++) assert.equal(holds(peerAt(`198.51.100.${i + 1}`)), null);
  assert.equal(holds(peerAt("198.51.100.9")), "handshake_reserved");
  for (let i = 0; i < 2; i++) assert.equal(holds(trusted), null);
  assert.equal(holds(trusted), "handshake_refused");
  assert.equal(handshakes.count, 10);
  for (let i = 0; i < 3; i++) handshakes.release(one);
  assert.equal(handshakes.count, 7);
  assert.equal(holds(one), null);
  assert.equal(holds(one), "handshake_reserved");
});

function peerAt(host: string): Int32Array {
  const peer = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, 5060, peer, 0));
  return peer;
}
