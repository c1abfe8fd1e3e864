// TLS of the stream worker over real sockets: who is let in, who is believed, and what is never shared.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectPlain, createServer, type Socket } from "node:net";
import { after, before, test } from "node:test";
import { createServer as createTlsServer } from "node:tls";
import { Authority, type Certificate } from "../../test/kit/certificates.ts";
import { until } from "../../test/kit/wait.ts";
import { RecordKind } from "../bridge/handoff.ts";
import type { TlsProfile } from "../bridge/tls-state.ts";
import { portOf, profileWith, SecureBench, stateOf, tries } from "./testing/secure-bench.ts";

let authority: Authority;
let stranger: Authority;
let own: Certificate;
let client: Certificate;
before(async () => {
  [authority, stranger] = await Promise.all([Authority.make(), Authority.make("Somebody else")]);
  [own, client] = await Promise.all([authority.issue({ names: ["DNS:lb.example.com"] }), authority.issue()]);
});
after(() => Promise.all([authority.close(), stranger.close()]));

function profileOf(more: Partial<TlsProfile> = {}): TlsProfile {
  return profileWith(authority.ca, own, more);
}

function options(number: number): string {
  return (
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TLS 127.0.0.1;branch=z9hG4bK${number}\r\nFrom: <sip:a@b>;tag=1\r\n` +
    `To: <sip:a@b>\r\nCall-ID: ${number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

test("a client gets the certificate with the name that it asks for, and the first one otherwise", async (t) => {
  const [other, wild] = await Promise.all([
    authority.issue({ names: ["DNS:other.example.com"] }),
    authority.issue({ names: ["DNS:*.wild.example.com"] }),
  ]);
  const certificates = [
    { ...own, passphrase: "", names: ["lb.example.com"] },
    { ...other, passphrase: "", names: ["other.example.com"] },
    { ...wild, passphrase: "", names: ["*.wild.example.com"] },
  ];
  const bench = new SecureBench(stateOf(profileOf({ certificates })));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const asked = [
    ["other.example.com", "DNS:other.example.com"],
    ["OTHER.example.com", "DNS:other.example.com"],
    ["a.wild.example.com", "DNS:*.wild.example.com"],
    ["a.b.wild.example.com", "DNS:lb.example.com"],
    ["nobody.example.net", "DNS:lb.example.com"],
    ["", "DNS:lb.example.com"],
  ] as const;
  for (const [servername, expected] of asked) {
    const socket = await tries(port, { servername });
    assert.ok(typeof socket !== "string", String(socket));
    assert.equal(socket.getPeerCertificate().subjectaltname, expected, servername);
    socket.destroy();
  }
});

test("TLS 1.1 is refused, and 1.2 where 1.3 is wanted", async (t) => {
  const bench = new SecureBench(stateOf(profileOf()));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
  assert.equal(typeof (await tries(port, old)), "string");
  const two = await tries(port, { maxVersion: "TLSv1.2" });
  assert.ok(typeof two !== "string");
  two.destroy();
  bench.secure.adopt(stateOf(profileOf({ minimumVersion: "TLSv1.3" })));
  assert.equal(typeof (await tries(port, { maxVersion: "TLSv1.2" })), "string");
  await until("both to be counted", () => bench.count("handshake_failed") === 2);
});

test("where clients must show a certificate, only one that the authority has signed opens a connection", async (t) => {
  const bench = new SecureBench(stateOf(profileOf({ clientCertificate: "require" })));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const forged = await stranger.issue();
  const expired = await authority.issue({ days: -1 });
  for (const shown of [{}, forged, expired]) {
    const socket = await tries(port, shown);
    if (typeof socket !== "string") await once(socket, "close");
  }
  assert.equal(bench.count("unverified_client"), 3);
  assert.equal(bench.count("accepted"), 0);
  const good = await tries(port, client);
  assert.ok(typeof good !== "string");
  await until("it to be let in", () => bench.count("accepted") === 1);
  good.destroy();
  bench.secure.adopt(stateOf(profileOf({ clientCertificate: "request" })));
  const without = await tries(port);
  assert.ok(typeof without !== "string");
  await until("one without a certificate to be let in where it is only asked for", () => bench.count("accepted") === 2);
  without.destroy();
  const wrong = await tries(port, forged);
  if (typeof wrong !== "string") await once(wrong, "close");
  assert.equal(bench.count("unverified_client"), 4);
});

test("a session begun without a certificate opens nothing where one is required", async (t) => {
  const bench = new SecureBench(stateOf(profileOf({ clientCertificate: "request" })));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const first = await tries(port, { maxVersion: "TLSv1.2" });
  assert.ok(typeof first !== "string");
  const session = first.getSession();
  first.destroy();
  bench.secure.adopt(stateOf(profileOf({ clientCertificate: "require" })));
  const again = await tries(port, { maxVersion: "TLSv1.2", ...(session === undefined ? {} : { session }) });
  if (typeof again !== "string") await once(again, "close");
  assert.equal(bench.count("unverified_client"), 1);
});

test("a destination has to prove its name: of four that do not, each is a failure that says why", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), ["media.example.com"]));
  const name = ["DNS:media.example.com"];
  const servers = [
    [await authority.issue({ names: ["DNS:other.example.com"] }), /not for media\.example\.com/],
    [await authority.issue({ names: ["DNS:*.example.com"] }), /not for media\.example\.com/],
    [await authority.issue({ names: name, days: -1 }), /EXPIRED/],
    [await stranger.issue({ names: name }), /verify|issuer|self/i],
  ] as const;
  for (const [certificate, why] of servers) {
    const server = createTlsServer(certificate).on("tlsClientError", () => undefined);
    const port = await portOf(server);
    t.after(() => server.close());
    bench.send(options(port), port, 1);
    const { kind, text } = await bench.next();
    assert.equal(kind, RecordKind.unreachable);
    assert.equal(text, options(port), "the request comes back, so that the next candidate gets it");
    assert.match(bench.faults.at(-1) ?? "", why);
  }
  assert.equal(bench.count("unverified"), 4);
  assert.equal(bench.count("opened"), 0);
});

test("a connection that is reset long after its handshake is nobody's failure to prove a name", async (t) => {
  // With `verify: false` the certificate is not believed, and that does not matter.
  const bench = new SecureBench(stateOf(profileOf({ verify: false }), ["media.example.com"]));
  const server = createTlsServer(await stranger.issue(), (socket) => void socket.on("error", () => undefined));
  const behind = await portOf(server);
  // Node cannot reset a connection below TLS; whoever stands between can.
  const between: Socket[] = [];
  const front = createServer((socket) => {
    between.push(socket);
    const onward = connectPlain(behind, "127.0.0.1").on("error", () => undefined);
    socket.pipe(onward).pipe(socket);
    socket.once("close", () => onward.destroy());
  });
  const port = await portOf(front);
  t.after(() => [server.close(), front.close()]);
  bench.send(options(1), port, 1);
  await until("a connection", () => bench.count("opened") === 1);
  between[0]?.resetAndDestroy();
  assert.equal((await bench.next()).kind, RecordKind.lost);
  assert.deepEqual([bench.faults, bench.count("unverified")], [[], 0]);
});

test("two names at one address never share a connection", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), ["a.example.com", "b.example.com"]));
  const certificate = await authority.issue({ names: ["DNS:a.example.com", "DNS:b.example.com"] });
  const asked: string[] = [];
  const server = createTlsServer(certificate, (socket) => {
    asked.push(String(socket.servername));
    socket.on("error", () => undefined).resume();
  });
  const port = await portOf(server);
  t.after(() => server.close());
  for (const identity of [1, 2, 1, 2, 2]) bench.send(options(identity), port, identity);
  await until("both connections", () => asked.length === 2 && bench.count("opened") === 2);
  assert.deepEqual(asked.sort(), ["a.example.com", "b.example.com"]);
  // A third name, which the certificate does not have, does not get there over either of them.
  bench.secure.adopt(stateOf(profileOf(), ["a.example.com", "b.example.com", "c.example.com"]));
  bench.send(options(3), port, 3);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  // Nor does what is sent to nobody's name in particular.
  bench.send(options(4), port, 0);
  assert.equal((await bench.next()).kind, RecordKind.unreachable);
  bench.connections.leave();
});

test("what is sent by address never takes a connection that somebody made to us", async (t) => {
  const bench = new SecureBench(stateOf(profileOf(), ["127.0.0.1"]), { connectTimeout: 300 });
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const socket = await tries(port);
  assert.ok(typeof socket !== "string");
  await until("it to be let in", () => bench.count("accepted") === 1);
  let heard = "";
  socket.on("data", (text) => {
    heard += String(text);
  });
  for (const identity of [0, 1]) {
    bench.send(options(identity), socket.localPort ?? 0, identity);
    assert.equal((await bench.next()).kind, RecordKind.unreachable);
  }
  assert.equal(heard, "");
  socket.destroy();
});

test("new certificates are shown to those who come, and nobody who is there notices", async (t) => {
  // Whose handshake is done no longer counts as one.
  const bench = new SecureBench(stateOf(profileOf()), { handshakes: 20, handshakesPerSource: 20 });
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const there = await Promise.all(Array.from({ length: 20 }, () => tries(port)));
  const later = await authority.issue({ names: ["DNS:later.example.com"] });
  const certificates = [{ ...later, passphrase: "", names: ["later.example.com"] }];
  bench.secure.adopt(stateOf(profileOf({ certificates })));
  const fresh = await tries(port);
  assert.ok(typeof fresh !== "string");
  assert.equal(fresh.getPeerCertificate().subjectaltname, "DNS:later.example.com");
  for (const [number, socket] of [...there, fresh].entries()) {
    assert.ok(typeof socket !== "string");
    socket.write(options(number));
    assert.equal((await bench.next()).text, options(number));
    socket.destroy();
  }
  t.diagnostic(`open connections that lived through a change of certificates: 20 of ${there.length}`);
});

test("three messages, cut anywhere into TLS records, are three messages", async (t) => {
  const bench = new SecureBench(stateOf(profileOf()));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  const text = options(1) + options(2) + options(3);
  const socket = await tries(port);
  assert.ok(typeof socket !== "string");
  socket.setNoDelay(true);
  let whole = 0;
  const cuts = [[], ...Array.from({ length: text.length - 1 }, (_, i) => [i + 1]), [...text].map((_, i) => i)];
  for (const cut of cuts) {
    let from = 0;
    // Each write is a record of its own.
    for (const at of [...cut, text.length]) {
      if (at > from) socket.write(text.slice(from, at), "latin1");
      from = at;
    }
    const heard = [await bench.next(), await bench.next(), await bench.next()];
    if (heard.every(({ kind, text: message }, i) => kind === RecordKind.framed && message === options(i + 1))) whole++;
  }
  socket.destroy();
  assert.equal(whole, cuts.length);
  t.diagnostic(`three messages in TLS records, cut at every byte: ${whole} of ${cuts.length}`);
});

test("a health check that connects and closes without a byte is no handshake that failed, and who resets one is named", async (t) => {
  const bench = new SecureBench(stateOf(profileOf()));
  const { server, port } = await bench.listens();
  t.after(() => server.close());
  for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
    const check = connectPlain(port, "127.0.0.1");
    await once(check, "connect");
    // Not before it was accepted: of a connection that was reset by then, nobody knows whose it was.
    await until("it to be accepted", () => bench.secure.count === 1);
    check[leave]();
    await until("it to be gone", () => bench.secure.count === 0);
  }
  assert.equal(bench.count("handshake_not_begun"), 3);
  assert.equal(bench.count("handshake_failed"), 0);
  const socket = connectPlain(port, "127.0.0.1");
  await once(socket, "connect");
  // The beginning of a ClientHello.
  socket.write(Buffer.from("160301020001000", "hex"));
  await until("it to begin", () => bench.handshakes.count === 1);
  socket.resetAndDestroy();
  await until("the reset", () => bench.count("handshake_failed") === 1);
  assert.deepEqual(bench.addresses, new Array(4).fill("127.0.0.1"));
});
