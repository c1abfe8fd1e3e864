// Connections to destinations that are told for whom they are.
import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import { DESTINATION_WORDS, DestinationColumn } from "../bridge/snapshot.ts";
import { copyEndpoint, ENDPOINT_WORDS, formatEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { addressOf } from "./guests.ts";
import { NOBODY, Proxied } from "./proxied.ts";
import { readProxyHeader } from "./proxy-header.ts";
import { Bench } from "./testing/bench.ts";
import { portOf } from "./testing/secure-bench.ts";

function endpoint(address: string, port: number): Int32Array {
  const words = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint(address, port, words, 0);
  return words;
}

const NOBODY_LEFT = new Int32Array(0);

/** One destination there, which wants to be told, or does not. */
function tableOf(peer: Int32Array, proxied: 0 | 1 = 1, transport: Transport = Transport.tcp): Int32Array {
  const row = new Int32Array(DESTINATION_WORDS);
  copyEndpoint(peer, 0, row, 0);
  row[DestinationColumn.used] = 1;
  row[DestinationColumn.transport] = transport;
  row[DestinationColumn.proxied] = proxied;
  return row;
}

/** Whom the header at the beginning of what came speaks of, and what follows it. */
function readHead(bytes: Buffer): string {
  const peer = new Int32Array(ENDPOINT_WORDS);
  const length = readProxyHeader(bytes, peer);
  const who = length <= 0 ? "no header" : peer[4] === 0 ? "nobody" : formatEndpoint(peer, 0);
  return `${who}: ${bytes.toString("latin1", Math.max(0, length))}`;
}

test("each caller has one connection there, nobody's is another, and for strangers there are only so many", async (t) => {
  const came: Buffer[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    const place = sockets.push(socket) - 1;
    came[place] = Buffer.alloc(0);
    socket
      .on("error", () => undefined)
      .on("data", (bytes: Buffer) => {
        came[place] = Buffer.concat([came[place]!, bytes]);
      });
  });
  const port = await portOf(server);
  const bench = new Bench({ connections: 2 });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  bench.proxied.adopt({ destinations: tableOf(endpoint("127.0.0.1", port)), departed: NOBODY_LEFT });
  const [one, two, three] = [5061, 5062, 5063].map((from) => endpoint("192.0.2.7", from));
  for (const [text, caller] of [
    ["a", one],
    ["b", two],
    ["c", one],
    ["d", NOBODY],
    ["e", two],
  ] as const)
    bench.send(text, port, 0, caller);
  const heard = () => came.map(readHead).toSorted();
  const wanted = ["192.0.2.7:5061: ac", "192.0.2.7:5062: be", "nobody: d"];
  await until("all of it", () => heard().join() === wanted.join()).catch(() => assert.deepEqual(heard(), wanted));
  bench.send("f", port, 0, three);
  assert.deepEqual(await bench.next().then(({ kind, text }) => [kind, text]), [RecordKind.noRoom, "f"]);
  assert.equal(bench.count("refused"), 1);
  assert.equal(bench.connections.fullness(0, false), null, "they take no place of those who connect");
  // Whose connection is lost is told with it, and leaves room for another.
  sockets[came.findIndex((bytes) => readHead(bytes).startsWith("192.0.2.7:5062"))]?.resetAndDestroy();
  const ring = bench.fromStreams;
  await until("news of it", () => ring.next());
  assert.deepEqual([ring.kind, ring.time, ring.local[3]], [RecordKind.lost, 5062, two![3]]);
  ring.take();
  bench.send("g", port, 0, three);
  await until("the third", () => heard().includes("192.0.2.7:5063: g"));
  // What the configuration no longer asks for is no longer said.
  bench.proxied.adopt({ destinations: new Int32Array(0), departed: NOBODY_LEFT });
  bench.send("h", port, 0, one);
  await until("a plain one", () => heard().includes("no header: h"));
  const closed = once(server, "close");
  bench.connections.leave();
  server.close();
  for (const socket of sockets) socket.destroy();
  await closed;
});

test("one source does not have all the connections made that there may be for callers", async (t) => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => void sockets.push(socket.on("error", () => undefined).resume()));
  const port = await portOf(server);
  const bench = new Bench({ connections: 10, connectionsPerSource: 2, reserve: 50 });
  t.after(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  bench.proxied.adopt({ destinations: tableOf(endpoint("127.0.0.1", port)), departed: NOBODY_LEFT });
  for (const from of [5061, 5062, 5063]) bench.send("a", port, 0, endpoint("192.0.2.7", from));
  assert.deepEqual(await bench.next().then(({ kind }) => kind), RecordKind.noRoom);
  assert.equal(bench.count("source_full"), 1);
  for (const host of [8, 9, 10]) bench.send("a", port, 0, endpoint(`192.0.2.${host}`, 5061));
  await until("the others'", () => sockets.length === 5);
  bench.send("a", port, 0, endpoint("192.0.2.11", 5061));
  assert.deepEqual(await bench.next().then(({ kind }) => kind), RecordKind.noRoom);
  assert.equal(bench.count("reserved"), 1);
  bench.send("probe", port);
  await until("nobody's", () => sockets.length === 6);
});

test("a connection from port 0, which is the word for nobody, is nobody's we let in", () => {
  const peer = new Int32Array(ENDPOINT_WORDS);
  assert.equal(addressOf({ remoteAddress: "192.0.2.7", remotePort: 0 }, peer), false);
  assert.equal(addressOf({ remoteAddress: "192.0.2.7", remotePort: 5071 }, peer), true);
});

test("a caller of the other family is told in IPv6's words", () => {
  const proxied = new Proxied();
  for (const [caller, place] of [
    ["2001:db8::7", "127.0.0.1"],
    ["192.0.2.7", "::1"],
  ] as const) {
    const peer = endpoint(place, 5060);
    proxied.adopt({ destinations: tableOf(peer), departed: NOBODY_LEFT });
    const header = proxied.headerFor(peer, endpoint(caller, 5071));
    assert.equal(header?.[13], 0x21);
    const read = new Int32Array(ENDPOINT_WORDS);
    assert.equal(readProxyHeader(header!, read), header!.length);
    assert.equal(formatEndpoint(read, 0), formatEndpoint(endpoint(caller, 5071), 0));
    assert.equal(proxied.headerFor(endpoint(place, 5061), read), null);
  }
});

test("who has left is told still, unless who is at its place now does not want that", () => {
  const proxied = new Proxied();
  const peer = endpoint("127.0.0.1", 5060);
  const departed = tableOf(peer);
  for (const [destinations, isTold] of [
    [new Int32Array(0), true],
    [tableOf(endpoint("127.0.0.1", 5061), 0), true],
    [tableOf(peer, 0), false],
    [tableOf(peer, 0, Transport.udp), true],
    [tableOf(peer), true],
    [Int32Array.from([...tableOf(peer), ...tableOf(peer, 0)]), true],
  ] as const) {
    proxied.adopt({ destinations, departed });
    assert.equal(proxied.isAt(peer, 5060), isTold);
  }
  proxied.adopt({ destinations: tableOf(peer, 0), departed: NOBODY_LEFT });
  assert.equal(proxied.isAt(peer, 5060), false);
});
