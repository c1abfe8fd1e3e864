// What is different over streams: no timer that repeats, answers that stay on their connection, headers that name the
// transport, and the way back when a connection is gone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { connectionWord, secondPortWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { LostConnections } from "./lost-connections.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

/** The caller's end of its connection: a port of its system's choosing. */
const FROM = "192.0.2.3:43210";
const OVER = { word: connectionWord(7, 3) };
const FAR_TCP: RigOptions = { farTcp: true };

function overTcp(text: string): string {
  return text.replace("SIP/2.0/UDP", "SIP/2.0/TCP").replace(";rport", "");
}

function kinds(left: readonly Left[]): string[] {
  return left.map(({ text }) => kind(text));
}

test("an INVITE to a stream is sent once, and given up when Timer B says so (RFC 3261 17.1.1.2)", () => {
  const rig = new Rig(FAR_TCP);
  rig.receive(request("INVITE"));
  rig.pass(80_000);
  assert.deepEqual(kinds(rig.left).slice(0, 3), ["INVITE", "100", "408"]);
  assert.equal(rig.left.filter(({ listener }) => listener === 1).length, 1);
  assert.equal(rig.held(), "");
});

test("a request other than INVITE to a stream is sent once (17.1.2.2), also after a 100", () => {
  for (const isAnswered of [false, true]) {
    const rig = new Rig(FAR_TCP);
    const [options] = rig.receive(request("OPTIONS"));
    if (isAnswered) rig.receive(response(options!.text, 100), destinationAt(0), { word: 0 });
    rig.pass(80_000);
    assert.equal(kinds(rig.left).filter((what) => what === "OPTIONS").length, 1);
    assert.equal(rig.held(), "");
  }
});

test("a failure over a stream is answered once, and waits for its ACK until Timer H (17.2.1)", () => {
  const rig = new Rig(FAR_TCP);
  const [invite] = rig.receive(overTcp(request("INVITE")), FROM, OVER);
  const [ack, passed] = rig.receive(response(invite!.text, 486), destinationAt(0), { word: 0 });
  assert.deepEqual(kinds([ack!, passed!]), ["ACK", "486"]);
  assert.deepEqual(rig.pass(31_000), []);
  assert.notEqual(rig.held(), "");
  rig.pass(2000);
  assert.equal(rig.held(), "");
});

test("over streams an acknowledged failure and an answered request are forgotten at once (Timers I, J, K)", () => {
  const rig = new Rig(FAR_TCP);
  const [invite] = rig.receive(overTcp(request("INVITE")), FROM, OVER);
  rig.receive(response(invite!.text, 486), destinationAt(0), { word: 0 });
  rig.receive(overTcp(request("ACK", { branch: "1-1-INVITE", toTag: "t" })), FROM, OVER);
  const [options] = rig.receive(overTcp(request("OPTIONS", { call: 2 })), FROM, OVER);
  rig.receive(response(options!.text, 200), destinationAt(0), { word: 0 });
  rig.pass(50);
  assert.equal(rig.held(), "");
});

test("towards a destination of UDP an acknowledged failure is kept for Timer D", () => {
  const rig = new Rig();
  const [invite] = rig.receive(overTcp(request("INVITE")), FROM, OVER);
  rig.receive(response(invite!.text, 486), destinationAt(0));
  rig.receive(overTcp(request("ACK", { branch: "1-1-INVITE", toTag: "t" })), FROM, OVER);
  rig.pass(1000);
  assert.deepEqual(kinds(rig.receive(response(invite!.text, 486), destinationAt(0))), ["ACK"]);
});

test("headers name the transport of their side; two Record-Routes where they differ (RFC 5658)", () => {
  const [up] = new Rig(FAR_TCP).receive(request("INVITE"));
  assert.match(up!.text, /\r\nVia: SIP\/2\.0\/TCP 192\.0\.2\.1:5060;branch=z9hG4bKs/);
  const routes = [...up!.text.matchAll(/Record-Route: <sip:192\.0\.2\.1:5060(;transport=tcp)?;lr;fl=/g)];
  assert.deepEqual(
    routes.map(([, transport]) => transport ?? ""),
    [";transport=tcp", ""],
  );
  const [down] = new Rig().receive(overTcp(request("INVITE")), FROM, OVER);
  assert.match(down!.text, /\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bKs/);
  assert.equal([...down!.text.matchAll(/Record-Route:/g)].length, 2);
  const [same] = new Rig(FAR_TCP).receive(overTcp(request("INVITE")), FROM, OVER);
  assert.equal([...same!.text.matchAll(/Record-Route:/g)].length, 1);
});

test("an answer names the connection that its request came by, and the port of its Via for when that is gone", () => {
  for (const stateful of [true, false]) {
    const rig = new Rig({ stateful });
    const [options] = rig.receive(overTcp(request("OPTIONS")), FROM, OVER);
    assert.match(options!.text, /SIP\/2\.0\/TCP 192\.0\.2\.3:5060;branch=[^;]+;received=192\.0\.2\.3;rport=43210/);
    const [passed] = rig.receive(response(options!.text, 200), destinationAt(0));
    assert.equal(passed!.listener, 1);
    if (stateful) assert.deepEqual([passed!.to, passed!.word], [CALLER, OVER.word]);
    else assert.deepEqual([passed!.to, passed!.word], [FROM, secondPortWord(5060)]);
  }
});

test("what comes for a caller on a stream goes over its connection; after a restart, to its ports by the token", () => {
  const rig = new Rig();
  const [invite] = rig.receive(overTcp(request("INVITE")), FROM, OVER);
  rig.receive(response(invite!.text, 200), destinationAt(0));
  const route = [...invite!.text.matchAll(/Record-Route: (.*)\r\n/g)]
    .map(([, value]) => `Route: ${value}\r\n`)
    .join("");
  const bye = (more: string): string =>
    request("BYE", { cseq: 2, fromTag: "t", toTag: "f", more, caller: destinationAt(0) });
  const [remembered] = rig.receive(bye(""), destinationAt(0));
  assert.deepEqual([remembered!.to, remembered!.word, remembered!.listener], [CALLER, OVER.word, 1]);
  const [restored] = new Rig().receive(bye(route), destinationAt(0));
  assert.deepEqual([restored!.to, restored!.word, restored!.listener], [FROM, secondPortWord(5060), 1]);
});

test("a caller that comes by a new connection is reached over that one; nobody else takes the dialog over", () => {
  const rig = new Rig();
  const [invite] = rig.receive(overTcp(request("INVITE")), FROM, OVER);
  rig.receive(response(invite!.text, 200), destinationAt(0));
  const info = (cseq: number): string => overTcp(request("INFO", { cseq, toTag: "t" }));
  const back = (cseq: number): string =>
    request("INFO", { cseq, branch: `back${cseq}`, fromTag: "t", toTag: "f", caller: destinationAt(0) });
  const anew = { word: connectionWord(8, 1) };
  rig.receive(info(2), "203.0.113.66:1000", { word: connectionWord(9, 1) });
  assert.equal(rig.receive(back(1), destinationAt(0))[0]!.word, OVER.word);
  rig.receive(info(3), "192.0.2.3:51000", anew);
  assert.equal(rig.receive(back(2), destinationAt(0))[0]!.word, anew.word);
});

test("over a stream Content-Length is spelled as every receiver reads it, so that no body is taken for another request", () => {
  const rig = new Rig(FAR_TCP);
  const smuggled = "INVITE sip:eve@example.com SIP/2.0\r\n\r\n";
  const spelled = ["Content-Length:\r\n N", "Content-Length : N", "l\t: N", "l:N", "Content-Length:\tN"];
  for (const [i, line] of spelled.entries()) {
    const text = request("MESSAGE", { call: `framed-${i}` }).replace("Content-Length: 0\r\n\r\n", "");
    const [out] = rig.receive(`${text}${line.replace("N", `${smuggled.length}`)}\r\n\r\n${smuggled}`);
    assert.match(out!.text, new RegExp(`\\r\\n(?:Content-Length|l):[ \\t]?${smuggled.length}\\r\\n`), line);
    assert.equal(out!.text.match(/\r\n(?:Content-Length|l)\s*:/g)!.length, 1, line);
    assert.ok(out!.text.endsWith(`\r\n\r\n${smuggled}`), line);
  }
});

test("a message without Content-Length gets one for a stream (RFC 3261 20.14), and only there", () => {
  const bare = (text: string): string => text.replace("Content-Length: 0\r\n", "");
  const [up] = new Rig(FAR_TCP).receive(`${bare(request("MESSAGE"))}seven b`);
  assert.equal(header(up!.text, "Content-Length"), "7");
  assert.match(up!.text, /\r\n\r\nseven b$/);
  const rig = new Rig();
  const [down] = rig.receive(overTcp(request("OPTIONS")), FROM, OVER);
  const [passed] = rig.receive(bare(response(down!.text, 200)), destinationAt(0));
  assert.equal(header(passed!.text, "Content-Length"), "0");
  const [plain] = new Rig().receive(bare(request("MESSAGE")));
  assert.equal(header(plain!.text, "Content-Length"), "");
});

test("a connection that cannot be made moves the request that waited for it", () => {
  const rig = new Rig({ ...FAR_TCP, destinations: 2, failover: { onTransportError: true, tries: 2 } });
  const [first] = rig.receive(request("INVITE"));
  const [second] = rig.refuse(first!);
  assert.deepEqual([kind(second!.text), second!.to === first!.to], ["INVITE", false]);
});

test("a lost connection moves what it has not answered, and leaves what it has", () => {
  const rig = new Rig({ ...FAR_TCP, destinations: 2, failover: { onTransportError: true, tries: 2 } });
  const [first] = rig.receive(request("INVITE", { call: 1 }));
  const [second] = rig.receive(request("INVITE", { call: 2 }));
  assert.notEqual(first!.to, second!.to);
  assert.deepEqual(rig.lose("192.0.2.99:5060"), []);
  const moved = rig.lose(first!.to);
  assert.deepEqual([kinds(moved), moved[0]!.to], [["INVITE"], second!.to]);
  rig.receive(response(second!.text, 180), second!.to, { word: 0 });
  assert.deepEqual(rig.lose("192.0.2.99:1"), []);
  assert.deepEqual(
    rig.lose("0.0.0.0:0").map(({ text }) => header(text, "Call-ID")),
    ["1"],
  );
});

test("a destination is known by its address and the port of its Via, whatever port it connects from", () => {
  const rig = new Rig(FAR_TCP);
  const from = destinationAt(0).replace(":5060", ":50123");
  const text = request("OPTIONS", { caller: destinationAt(0), uri: "sip:phone@192.0.2.77:5060;transport=tcp" });
  const [left] = rig.receive(overTcp(text), from, OVER);
  assert.equal(left!.to, "192.0.2.77:5060");
  assert.equal(left!.listener, 1);
  const stranger = rig.receive(
    overTcp(text.replace(/z9hG4bK/, "z9hG4bKx").replace(":5060;branch", ":5070;branch")),
    from,
    OVER,
  );
  assert.notEqual(stranger[0]!.to, "192.0.2.77:5060");
});

test("when all connections are lost, what waits for them is called back before anything is sent instead", () => {
  for (const isNew of [true, false]) {
    const rig = new Rig({ ...FAR_TCP, destinations: 2 });
    rig.receive(request("INVITE"));
    const { outbox } = rig.context;
    const calledBack: number[] = [];
    outbox.passAnew = (number) => {
      calledBack.push(number, outbox.count);
      return isNew;
    };
    const lost = new LostConnections();
    lost.note(new Int32Array(ENDPOINT_WORDS), 7);
    lost.sweep(rig.context);
    assert.deepEqual(calledBack, [7, 0]);
    assert.equal(outbox.count, isNew ? 1 : 0, "what was sent after that word is not lost");
  }
});
