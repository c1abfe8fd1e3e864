// Connections that somebody made to us and that carry what we send there (RFC 5923): for whom, and for nobody else.
import assert from "node:assert/strict";
import { connect as connectPlain, createServer } from "node:net";
import { after, before, type TestContext, test } from "node:test";
import type { TLSSocket } from "node:tls";
import { Authority, type Certificate } from "../../test/kit/certificates.ts";
import { reservePort } from "../../test/kit/port.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import type { TlsProfile } from "../bridge/tls-state.ts";
import { flowWord } from "../bridge/way-back.ts";
import { Bench } from "./testing/bench.ts";
import { portOf, profileWith, SecureBench, stateOf, tries } from "./testing/secure-bench.ts";

const NAMES = ["sbc.example.com", "other.example.com"];
const [SBC, OTHER] = [1, 2];
const ANSWER = "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS a;branch=z9hG4bK2\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";

let authority: Authority;
let own: Certificate;
let sbc: Certificate;
let neighbour: Certificate;
before(async () => {
  authority = await Authority.make();
  [own, sbc, neighbour] = await Promise.all([
    authority.issue({ names: ["DNS:lb.example.com"] }),
    authority.issue({ names: ["DNS:sbc.example.com"] }),
    authority.issue({ names: ["DNS:sbc.example.com"] }),
  ]);
});
after(() => authority.close());

function profileOf(more: Partial<TlsProfile> = {}): TlsProfile {
  return profileWith(authority.ca, own, { clientCertificate: "require", connectionReuse: true, ...more });
}

function options(port: number, parameters = ";alias", transport = "TLS", host = "sbc.example.com"): string {
  return (
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/${transport} ${host}:${port};branch=z9hG4bK1${parameters}\r\n` +
    "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n"
  );
}

/** A port where nobody listens, until the test is over. */
async function closedPort(t: TestContext): Promise<number> {
  const { port, release } = await reservePort();
  t.after(release);
  return port;
}

/** A client whose request with this Via has come, what it hears, and the word that names its connection. */
async function client(t: TestContext, bench: SecureBench, request: string, certificate = sbc) {
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const socket = await tries(port, certificate);
  assert.ok(typeof socket !== "string", String(socket));
  t.after(() => socket.destroy());
  let heard = "";
  socket.on("data", (data) => {
    heard += data.toString("latin1");
  });
  socket.write(request);
  const { kind, word } = await bench.next();
  assert.equal(kind, RecordKind.framed);
  return { socket: socket as TLSSocket, heard: () => heard, word };
}

test("what goes to the address, port and name of a client that offers its connection goes over that", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const { socket, heard } = await client(t, bench, options(port));
  bench.send(options(9), port, SBC);
  await until("the client to hear it", () => heard() === options(9));
  assert.deepEqual([bench.count("aliases"), bench.count("opened"), bench.count("connect_failed")], [1, 0, 0]);
  // Its answer is one of the destination, its own requests are still its own.
  socket.write(ANSWER);
  const answer = await bench.next();
  assert.deepEqual([answer.kind, answer.port], [RecordKind.framed, port]);
  socket.write(options(port));
  assert.equal((await bench.next()).port, socket.localPort);
});

test("nothing goes over it for another name, to another port, or by address alone", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const { heard } = await client(t, bench, options(port));
  for (const [to, identity] of [
    [port, OTHER],
    [port, 0],
    [await closedPort(t), SBC],
  ] as const) {
    bench.send(options(9), to, identity);
    assert.equal((await bench.next()).kind, RecordKind.unreachable);
  }
  assert.equal(heard(), "");
});

test("who does not ask for it in a Via of TLS keeps its connection to itself", async (t) => {
  for (const [parameters, transport] of [
    ["", "TLS"],
    [';x=";alias"', "TLS"],
    [";aliases", "TLS"],
    [";alias", "TCP"],
    [";alias", "UDP"],
  ] as const) {
    const bench = new SecureBench(stateOf(profileOf(), NAMES));
    const port = await closedPort(t);
    const { heard } = await client(t, bench, options(port, parameters, transport));
    bench.send(options(9), port, SBC);
    assert.equal((await bench.next()).kind, RecordKind.unreachable, `${transport} ${parameters}`);
    assert.deepEqual([heard(), bench.count("aliases")], ["", 0]);
  }
});

test("without the switch, or where certificates are not required, nobody is believed who asks", async (t) => {
  for (const more of [
    { connectionReuse: false },
    { clientCertificate: "request" },
    { clientCertificate: "none" },
    { verify: false },
  ] as const) {
    const bench = new SecureBench(stateOf(profileOf(more), NAMES));
    const port = await closedPort(t);
    const { heard } = await client(t, bench, options(port));
    bench.send(options(9), port, SBC);
    assert.equal((await bench.next()).kind, RecordKind.unreachable, JSON.stringify(more));
    assert.deepEqual([heard(), bench.count("aliases")], ["", 0]);
  }
});

test("over TCP nobody is believed who asks", async (t) => {
  const bench = new Bench();
  const server = createServer((socket) => bench.connections.accept(1, socket));
  const socket = connectPlain(await portOf(server), "127.0.0.1");
  t.after(() => server.close());
  t.after(() => socket.destroy());
  const port = await closedPort(t);
  socket.write(options(port, ";alias", "TLS"));
  assert.equal((await bench.next()).kind, RecordKind.framed);
  bench.send(options(9), port);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
});

test("who was let in under other authorities than are believed now has proved nothing", async (t) => {
  const other = await Authority.make("Somebody else");
  t.after(() => other.close());
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const { socket } = await client(t, bench, options(port, ""));
  bench.secure.adopt(stateOf(profileOf({ ca: other.ca }), NAMES));
  socket.write(options(port));
  assert.equal((await bench.next()).kind, RecordKind.framed);
  bench.send(options(9), port, SBC);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
});

test("when the connection goes, what was sent over it is told, and nothing more is sent there", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const { socket, heard } = await client(t, bench, options(port));
  bench.send(options(9), port, SBC);
  await until("the client to hear it", () => heard() === options(9));
  const from = socket.localPort;
  socket.destroy();
  const told = [await bench.next(), await bench.next()];
  assert.deepEqual(
    told.map(({ kind, port: of }) => [kind, of]),
    [
      [RecordKind.lost, from],
      [RecordKind.lost, port],
    ],
  );
  bench.send(options(10), port, SBC);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
});

test("who says in its Via that it is elsewhere keeps its connection to itself: behind a NAT many have one address", async (t) => {
  for (const [host, isTaken] of [
    ["10.0.0.7", false],
    ["[::1]", false],
    ["sbc-2.example.com", false],
    ["other.example.com", false],
    ["127.0.0.1", true],
    ["SBC.example.com.", true],
  ] as const) {
    const bench = new SecureBench(stateOf(profileOf(), NAMES));
    const port = await closedPort(t);
    const { heard } = await client(t, bench, options(port, ";alias", "TLS", host));
    bench.send(options(9), port, SBC);
    if (isTaken) await until("the client to hear it", () => heard() === options(9));
    else assert.equal((await bench.next()).kind, RecordKind.unreachable, host);
    assert.deepEqual([heard() !== "", bench.count("aliases")], [isTaken, isTaken ? 1 : 0], host);
  }
});

test("a neighbour of the same domain with a certificate of its own gets no calls of who was first, until that is gone", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const first = await client(t, bench, options(port));
  const second = await client(t, bench, options(port), neighbour);
  bench.send(options(9), port, SBC);
  await until("the first to hear it", () => first.heard() === options(9));
  first.socket.destroy();
  assert.deepEqual([(await bench.next()).kind, (await bench.next()).kind], [RecordKind.lost, RecordKind.lost]);
  bench.send(options(10), port, SBC);
  await until("the second to hear it", () => second.heard() === options(10));
  second.socket.write(ANSWER);
  assert.equal((await bench.next()).port, port);
});

test("who offers its connection and gets nothing sent answers for itself, and takes nobody's calls with it when it ends", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const first = await client(t, bench, options(port));
  for (const [request, certificate] of [
    [options(port), neighbour],
    [options(port, ";alias", "TLS", "other.example.com"), sbc],
  ] as const) {
    const other = await client(t, bench, request, certificate);
    const from = other.socket.localPort!;
    const before = first.heard();
    bench.send(options(9), port, SBC);
    await until("the first to hear it", () => first.heard() === before + options(9));
    other.socket.write(ANSWER);
    assert.equal((await bench.next()).port, from);
    // A call of its own, by which its end is worth telling.
    bench.sendBy(options(10), from, flowWord(other.word));
    await until("the other to hear it", () => other.heard() === options(10));
    other.socket.destroy();
    const lost = await bench.next();
    assert.deepEqual([lost.kind, lost.port], [RecordKind.lost, from]);
    first.socket.write(ANSWER);
    const answer = await bench.next();
    assert.deepEqual([answer.kind, answer.port], [RecordKind.framed, port]);
  }
});

test("a reload leaves calls with the server that has them, by whatever number it is known afterwards", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const first = await client(t, bench, options(port));
  const second = await client(t, bench, options(port), neighbour);
  const third = await client(t, bench, options(port), await authority.issue({ names: ["DNS:sbc.example.com"] }));
  for (const [names, who] of [
    [NAMES, SBC],
    [NAMES, SBC],
    [NAMES.toReversed(), OTHER],
  ] as const) {
    bench.adopt(stateOf(profileOf(), names));
    bench.send(options(9), port, who);
  }
  const all = () => first.heard() + second.heard() + third.heard();
  await until("somebody to hear all", () => all() === options(9).repeat(3));
  assert.deepEqual([second.heard(), third.heard()], ["", ""]);
  first.socket.destroy();
  assert.deepEqual([(await bench.next()).kind, (await bench.next()).kind], [RecordKind.lost, RecordKind.lost]);
  // The last one has it now, and keeps it also when for a while nobody has any.
  for (const connectionReuse of [true, false, true]) bench.adopt(stateOf(profileOf({ connectionReuse }), NAMES));
  bench.send(options(10), port, SBC);
  await until("somebody to hear it", () => second.heard() + third.heard() === options(10));
  assert.equal(second.heard(), "");
});

test("a server that has connected again is reached by its new connection", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const before = await client(t, bench, options(port));
  const now = await client(t, bench, options(port));
  bench.send(options(9), port, SBC);
  await until("it to be heard", () => now.heard() + before.heard() === options(9));
  bench.adopt(stateOf(profileOf(), NAMES));
  bench.send(options(9), port, SBC);
  await until("it to be heard again", () => now.heard() + before.heard() === options(9).repeat(2));
  assert.equal(before.heard(), "");
  // What had been sent over the one before is still answered there.
  before.socket.write(ANSWER);
  assert.equal((await bench.next()).port, port);
});

test("an offered connection is used by the rules that are in force: not when the switch goes off, and again when it goes on", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), NAMES));
  const port = await closedPort(t);
  const { socket, heard } = await client(t, bench, options(port));
  bench.adopt(stateOf(profileOf({ connectionReuse: false }), NAMES));
  bench.send(options(9), port, SBC);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  // Its own requests are taken as ever, and ask for nothing now.
  socket.write(options(port));
  assert.equal((await bench.next()).kind, RecordKind.framed);
  bench.send(options(10), port, SBC);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  bench.adopt(stateOf(profileOf(), NAMES));
  bench.send(options(11), port, SBC);
  await until("the client to hear it", () => heard() === options(11));
});
