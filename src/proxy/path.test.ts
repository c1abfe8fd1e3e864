// Path (RFC 3327) and flow tokens (RFC 5626): a registered phone is reached over the flow that it registered by, and over no
// other; whoever has a token without the right to it reaches nobody.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { PathPolicy, RouteAction } from "../bridge/route-entry.ts";
import { connectionWord, flowWord, THEIRS_ONLY } from "../bridge/way-back.ts";
import { destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const KEY = Buffer.alloc(16, 1);
const OTHER_KEY = Buffer.alloc(16, 2);
const REGISTRAR = destinationAt(0);
/** Where the phone's packets come from, which is not where it believes to be. */
const PHONE = "198.51.100.9:40000";
const OVER = { word: connectionWord(7, 3) };
const SERIAL = 1234;

function policy(path: PathPolicy, stateful = true): RouteAction {
  const plain = { others: [], treatment: null, noDestination: null, resources: 0 };
  return { kind: "dispatch", set: 0, key: -1, ...plain, stateful, path };
}

function register(more = "Supported: path, gruu\r\n", method = "REGISTER"): string {
  return request(method, { uri: "sip:example.com", caller: "192.168.1.5:5060", more });
}

/** The REGISTER of another phone. */
function again(call: number): string {
  return register().replace("Call-ID: 1", `Call-ID: ${call}`);
}

/** The Path that the registrar gets. */
function pathOf(rig: Rig, stream: typeof OVER | null = null, text = register()): string {
  const [left] = rig.receive(stream === null ? text : text.replace("/UDP", "/TCP"), PHONE, stream);
  return header(left!.text, "Path");
}

function invite(route: string, fields: { call?: number; method?: string; more?: string } = {}): string {
  const { call = 9, method = "INVITE", more = "" } = fields;
  const uri = "sip:alice@192.168.1.5:5060";
  return request(method, { call, uri, more: `${route === "" ? "" : `Route: ${route}\r\n`}${more}`, caller: REGISTRAR });
}

function summary(left: readonly Left[]): string[] {
  return left.map(({ text, to, listener }) => `${kind(text)} ${to} ${listener}`);
}

test("a REGISTER that supports path gets ours on top, and others stay below it", () => {
  const rig = new Rig({ keys: [KEY] });
  const more = "Supported: gruu\r\nk: outbound , Path\r\nPath: <sip:edge.example.com;lr>\r\n";
  const [left] = rig.receive(register(more), PHONE);
  const paths = [...left!.text.matchAll(/\r\nPath: (.*)/g)].map(([, value]) => value);
  assert.match(paths[0]!, /^<sip:fl\.[\w-]+@192\.0\.2\.1:5060;lr;ob>$/);
  assert.deepEqual(paths.slice(1), ["<sip:edge.example.com;lr>"]);
  assert.equal(header(left!.text, "Record-Route"), "");
  assert.equal(rig.counter("paths_added"), 1);
});

test("a Path above the first Via stays below ours", () => {
  const text = register().replace("Via:", "Path: <sip:edge.example.com;lr>\r\nVia:");
  const [left] = new Rig({ keys: [KEY] }).receive(text, PHONE);
  const paths = [...left!.text.matchAll(/\r\nPath: <sip:(fl|edge)/g)].map(([, first]) => first);
  assert.deepEqual(paths, ["fl", "edge"]);
});

test("ob is claimed by the first hop only (RFC 5626 5.1)", () => {
  const behind = register("Via: SIP/2.0/UDP 192.168.1.4;branch=z9hG4bKp\r\nSupported: path\r\n");
  assert.match(pathOf(new Rig({ keys: [KEY] }), null, behind), /;lr>$/);
});

const CASES: readonly [PathPolicy, string, boolean][] = [
  ["supported", "Supported: path\r\n", true],
  ["supported", "", false],
  ["supported", "Supported: pathology, xpath\r\n", false],
  ["supported", "Require: path\r\n", false],
  ["always", "", true],
  ["never", "Supported: path\r\n", false],
];

test("a route says which registrations get a Path: those that announce it, all, or none", () => {
  for (const [path, more, isAdded] of CASES) {
    for (const stateful of [true, false]) {
      const rig = new Rig({ keys: [KEY], stateful, action: policy(path, stateful) });
      const [left] = rig.receive(register(more), PHONE);
      assert.equal(header(left!.text, "Path") !== "", isAdded, `${path} ${more}`);
      const [other] = rig.receive(request("OPTIONS", { call: 5, more }), PHONE);
      assert.equal(header(other!.text, "Path"), "");
    }
  }
});

test("a repetition and the next destination get a Path, too", () => {
  const rig = new Rig({ keys: [KEY], destinations: 2, failover: { onTimeout: true, answerWithin: 700, tries: 2 } });
  rig.receive(register(), PHONE);
  rig.pass(1000);
  const registers = rig.left.filter(({ text }) => kind(text) === "REGISTER");
  assert.equal(registers.length, 3);
  assert.equal(new Set(registers.map(({ text }) => header(text, "Path"))).size, 1);
});

test("what the registrar sends with our Path goes to where the phone's packets came from, also after a restart", () => {
  for (const stateful of [true, false]) {
    const path = pathOf(new Rig({ keys: [KEY] }));
    const rig = new Rig({ keys: [OTHER_KEY, KEY], stateful });
    const [left] = rig.receive(invite(path), REGISTRAR);
    assert.deepEqual(summary([left!]), [`INVITE ${PHONE} 0`]);
    assert.equal(header(left!.text, "Route"), "");
    assert.match(left!.text, /^INVITE sip:alice@192\.168\.1\.5:5060 /);
    assert.match(header(left!.text, "Record-Route"), /^<sip:192\.0\.2\.1:5060;lr;fl=/);
    assert.equal(rig.counter("flows_followed"), 1);
  }
});

test("Route values behind ours are those of the proxies between us and the phone, and stay", () => {
  const rig = new Rig({ keys: [KEY] });
  const path = pathOf(rig);
  const [left] = rig.receive(invite(`${path}, <sip:edge.example.com;lr>`), REGISTRAR);
  assert.equal(left!.to, PHONE);
  assert.equal(header(left!.text, "Route"), "<sip:edge.example.com;lr>");
});

test("behind a flow of ours a second one is left to those at the other end of the first", () => {
  const rig = new Rig({ keys: [KEY] });
  const path = pathOf(rig);
  const [left] = rig.receive(invite(`${path}\r\nRoute: ${path}`), REGISTRAR);
  assert.equal(left!.to, PHONE);
  assert.equal(header(left!.text, "Route"), path);
});

test("over a stream the very connection is used; when it is gone, or another one has its place, it is 430", () => {
  for (const stateful of [true, false]) {
    const rig = new Rig({ keys: [KEY], stateful });
    rig.opens(OVER, SERIAL);
    const path = pathOf(rig, OVER);
    const [left] = rig.receive(invite(path, { call: 20 }), REGISTRAR);
    assert.deepEqual(summary([left!]), [`INVITE ${PHONE} 1`]);
    assert.equal(left!.word, flowWord(OVER.word));
    assert.equal([...left!.text.matchAll(/Record-Route/g)].length, 2);
    for (const serial of [0, SERIAL + 1]) {
      rig.opens(OVER, serial);
      const answered = rig.receive(invite(path, { call: 21 + serial }), REGISTRAR);
      assert.deepEqual(summary(answered), [`430 ${REGISTRAR} 0`]);
    }
    assert.equal(rig.counter("rejected_flow_failed"), 2);
  }
});

test("after a restart the flows of streams have failed, and those of UDP have not", () => {
  const before = new Rig({ keys: [KEY] });
  before.opens(OVER, SERIAL);
  const datagrams = pathOf(before);
  const stream = pathOf(before, OVER, again(2));
  const after = new Rig({ keys: [KEY] });
  after.opens(OVER, SERIAL + 77);
  assert.deepEqual(summary(after.receive(invite(stream), REGISTRAR)), [`430 ${REGISTRAR} 0`]);
  assert.deepEqual(summary(after.receive(invite(datagrams, { call: 10 }), REGISTRAR)), [`INVITE ${PHONE} 0`]);
});

test("a connection that breaks before the phone has answered, and a port that nobody listens on any more, are 430", () => {
  const rig = new Rig({ keys: [KEY] });
  rig.opens(OVER, SERIAL);
  const stream = pathOf(rig, OVER);
  rig.receive(invite(stream), REGISTRAR);
  assert.deepEqual(summary(rig.lose(PHONE)), [`430 ${REGISTRAR} 0`]);
  const [left] = rig.receive(invite(pathOf(rig, null, again(2)), { call: 10 }), REGISTRAR);
  assert.deepEqual(summary(rig.refuse(left!)), [`430 ${REGISTRAR} 0`]);
});

test("no bit of a token may change, and nothing is sent to where a changed one points", () => {
  const rig = new Rig({ keys: [KEY] });
  rig.opens(OVER, SERIAL);
  for (const path of [pathOf(rig), pathOf(rig, OVER, again(2))]) {
    const token = /fl\.([\w-]+)@/.exec(path)![1]!;
    const bytes = Buffer.from(token, "base64url");
    let call = 100;
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Buffer.from(bytes);
      changed[bit >> 3]! ^= 1 << (bit & 7);
      const left = rig.receive(invite(path.replace(token, changed.toString("base64url")), { call: call++ }), REGISTRAR);
      assert.deepEqual(summary(left), [`403 ${REGISTRAR} 0`], `bit ${bit}`);
    }
    for (const other of [
      "",
      token.slice(1),
      token.slice(0, -1),
      `${token}A`,
      token.repeat(2),
      token.repeat(500),
      "%41",
    ]) {
      const left = rig.receive(invite(path.replace(token, other), { call: call++ }), REGISTRAR);
      assert.deepEqual(summary(left), [`403 ${REGISTRAR} 0`], other.slice(0, 80));
    }
  }
});

test("a stranger who has a token gets what a forger gets; a trusted source does not", () => {
  const path = pathOf(new Rig({ keys: [KEY] }));
  const stranger = "203.0.113.66:5060";
  const stolen = new Rig({ keys: [KEY] }).receive(invite(path), stranger);
  const forged = new Rig({ keys: [KEY] }).receive(invite(path.replace("fl.", "fl.A")), stranger);
  const plain = (left: readonly Left[]): string => left[0]!.text.replace(/tag=\w+/, "");
  assert.equal(kind(stolen[0]!.text), "403");
  assert.equal(plain(stolen), plain(forged));
  const [own] = new Rig({ keys: [KEY] }).receive(invite(path), PHONE);
  assert.equal(kind(own!.text), "403");
  const [left] = new Rig({ keys: [KEY], trusted: ["203.0.113.66"] }).receive(invite(path), stranger);
  assert.equal(left!.to, PHONE);
});

test("a token of somebody else's key leads nowhere, least of all to where no packet should go", () => {
  const forger = new Rig({ keys: [OTHER_KEY] });
  for (const [i, victim] of ["169.254.169.254:80", "127.0.0.1:5080", "[fd00:ec2::254]:80"].entries()) {
    const [made] = forger.receive(again(50 + i), victim);
    const rig = new Rig({ keys: [KEY] });
    const left = rig.receive(invite(header(made!.text, "Path"), { call: 60 + i }), REGISTRAR);
    assert.deepEqual(summary(left), [`403 ${REGISTRAR} 0`]);
    assert.deepEqual(rig.pass(40_000), []);
  }
});

test("an ACK with a token that does not verify vanishes", () => {
  const rig = new Rig({ keys: [KEY] });
  const path = pathOf(rig).replace("fl.", "fl.A");
  assert.deepEqual(rig.receive(invite(path, { method: "ACK" }), REGISTRAR), []);
});

test("a token of a dialog is no flow, and a flow is no token of a dialog", () => {
  const rig = new Rig({ keys: [KEY] });
  const [left] = rig.receive(request("INVITE"));
  const dialog = /fl=([\w-]+)/.exec(header(left!.text, "Record-Route"))![1]!;
  const flow = /fl\.([\w-]+)/.exec(pathOf(rig, null, again(3)))![1]!;
  const [first] = rig.receive(invite(`<sip:fl.${dialog}@192.0.2.1:5060;lr>`), REGISTRAR);
  assert.equal(kind(first!.text), "403");
  const [second] = rig.receive(invite(`<sip:192.0.2.1:5060;lr;fl=${flow}>`, { call: 11 }), REGISTRAR);
  assert.equal(kind(second!.text), "481");
});

test("a token is good for the listener that it was made at, by its name", () => {
  const path = pathOf(new Rig({ keys: [KEY] }));
  const [left] = new Rig({ keys: [KEY], sentBy: "192.0.2.1:5070" }).receive(
    invite(path.replace(":5060;lr", ":5070;lr")),
    REGISTRAR,
  );
  assert.equal(kind(left!.text), "403");
});

test("a user part of somebody's own choosing in a Route to us is no flow", () => {
  const rig = new Rig({ keys: [KEY] });
  const [left] = rig.receive(request("OPTIONS", { more: "Route: <sip:flat@192.0.2.1:5060;lr>\r\n" }));
  assert.deepEqual(summary([left!]), [`OPTIONS ${REGISTRAR} 0`]);
});

const CALLS: readonly [string, RigOptions, typeof OVER | null][] = [
  ["UDP", {}, null],
  ["a stream", {}, OVER],
];

for (const [name, options, stream] of CALLS) {
  test(`a call to a registered phone over ${name} finds it in both directions, and ends`, () => {
    const rig = new Rig({ keys: [KEY], ...options });
    if (stream !== null) rig.opens(stream, SERIAL);
    const path = pathOf(rig, stream);
    rig.receive(response(rig.left[0]!.text, 200), REGISTRAR);
    const [left] = rig.receive(invite(path), REGISTRAR);
    const answers = rig.receive(response(left!.text, 200), PHONE, stream);
    assert.deepEqual(summary(answers), [`200 ${REGISTRAR} 0`]);
    const recorded = [...left!.text.matchAll(/\r\nRecord-Route: (.*)/g)].map(([, value]) => value!);
    const route = recorded
      .toReversed()
      .map((value) => `Route: ${value}\r\n`)
      .join("");
    const fields = { call: 9, toTag: "t", uri: "sip:alice@192.168.1.5:5060", caller: REGISTRAR };
    const [ack] = rig.receive(request("ACK", { ...fields, branch: "ack", more: route }), REGISTRAR);
    assert.deepEqual(summary([ack!]), [`ACK ${PHONE} ${stream === null ? 0 : 1}`]);
    const [info] = rig.receive(request("INFO", { ...fields, cseq: 2, more: route }), REGISTRAR);
    assert.deepEqual(summary([info!]), [`INFO ${PHONE} ${stream === null ? 0 : 1}`]);
    // Nobody can connect to a phone on a stream: it is its own connection, or none.
    assert.equal(info!.word, stream === null ? 0 : THEIRS_ONLY);
    rig.receive(response(info!.text, 200), PHONE, stream);
    const back = recorded.map((value) => `Route: ${value}\r\n`).join("");
    const bye = request("BYE", {
      call: 9,
      branch: "bye",
      fromTag: "t",
      toTag: "f",
      uri: `sip:bob@${REGISTRAR}`,
      caller: "192.168.1.5:5060",
      more: back,
    });
    const [ended] = rig.receive(stream === null ? bye : bye.replace("/UDP", "/TCP"), PHONE, stream);
    assert.deepEqual(summary([ended!]), [`BYE ${REGISTRAR} 0`]);
    if (stream === null) return;
    const [last] = rig.receive(request("INFO", { ...fields, cseq: 3, more: route }), REGISTRAR);
    assert.deepEqual(summary(rig.refuse(last!)), [`430 ${REGISTRAR} 0`]);
  });
}
