import assert from "node:assert/strict";
import { test } from "node:test";
import { StreamWord } from "../bridge/stream-start.ts";
import { connectionWord } from "../bridge/way-back.ts";
import { isTooMuch } from "./distress.ts";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const STRANGER = "192.0.2.77:5060";
const COUNT = 400;
/** Milliseconds after which a full queue is no burst any more. */
const LONG = 110;
const URN = { urn: Buffer.from("urn:service:sos"), uri: null };

/** Of `COUNT` requests with the receive queue this full: shares that were taken, refused with 503, and left unread. */
function shares(
  fill: number,
  method: string,
  from: string,
  overload = {},
  milliseconds = LONG,
): readonly [number, number, number] {
  const rig = new Rig({ trusted: ["192.0.2.3"], overload });
  rig.fillQueue(fill, milliseconds);
  const counts = { taken: 0, refused: 0 };
  for (let i = 0; i < COUNT; i++) {
    const left = rig.receive(request(method, { call: `${method}${i}`, caller: from }), from);
    if (left.some(({ text }) => kind(text) === method)) counts.taken++;
    else if (left.some(({ text }) => kind(text) === "503")) counts.refused++;
  }
  assert.equal(rig.counter("rejected_overload"), counts.refused);
  assert.equal(counts.taken + counts.refused + rig.counter("dropped_unread"), COUNT);
  return [counts.taken / COUNT, counts.refused / COUNT, rig.counter("dropped_unread") / COUNT];
}

test("queues that are less than a third full refuse nobody", () => {
  for (const fill of [0, 40, 80])
    for (const method of ["INVITE", "REGISTER", "OPTIONS"]) assert.deepEqual(shares(fill, method, STRANGER), [1, 0, 0]);
});

test("the fuller the queues, the more is refused: REGISTER first, then strangers' calls, then those whom we trust", () => {
  const [calls] = shares(100, "INVITE", STRANGER);
  const [registers, refused] = shares(100, "REGISTER", STRANGER);
  assert.ok(calls === 1 && registers < 0.8 && refused > 0.2, `${calls} ${registers} ${refused}`);
  const [half] = shares(136, "INVITE", STRANGER);
  assert.ok(half > 0.3 && half < 0.7, `${half}`);
  assert.deepEqual(shares(160, "REGISTER", STRANGER).slice(0, 1), [0]);
  assert.deepEqual(shares(192, "INVITE", CALLER), [1, 0, 0]);
  const [taken, , unread] = shares(232, "INVITE", STRANGER);
  assert.ok(taken === 0 && unread > 0.9, `${taken} ${unread}`);
  const [trusted, answered, silent] = shares(250, "INVITE", CALLER);
  assert.ok(trusted < 0.6 && answered > 0.4 && silent === 0, `${trusted} ${answered} ${silent}`);
});

test("what may have been answered is not repeated while answers wait unread, but not for long", () => {
  const rig = new Rig();
  rig.receive(request("INVITE", { call: "late", caller: STRANGER }), STRANGER);
  const invites = () => rig.left.filter(({ text }) => kind(text) === "INVITE").map(({ at }) => at);
  rig.pass(300);
  rig.fillQueue(40, 500);
  assert.deepEqual(invites(), [0], "not at 500 ms");
  rig.pass(500);
  const [, again] = invites();
  assert.ok(again !== undefined && again >= 800 && again <= 1_000, `repeated at ${again} ms`);
  rig.fillQueue(0, 0);
  rig.pass(1_100);
  assert.equal(invites().length, 3, "as ever when the queue is empty");
});

test("a burst of what is not new refuses nobody either, where queues are apart", () => {
  const rig = new Rig();
  rig.fillQueue(0, 0, 80);
  for (let i = 0; i < COUNT; i++) rig.receive(request("INVITE", { call: `b${i}`, caller: STRANGER }), STRANGER);
  assert.equal(rig.counter("transactions_created"), COUNT);
});

test("a burst refuses nobody, unless the queue is about to overflow", () => {
  for (const fill of [100, 160, 176])
    for (const method of ["INVITE", "REGISTER"]) assert.deepEqual(shares(fill, method, STRANGER, {}, 0), [1, 0, 0]);
  const [registers] = shares(250, "REGISTER", STRANGER, {}, 0);
  const [calls] = shares(250, "INVITE", STRANGER, {}, 0);
  assert.ok(registers < 0.2 && calls > registers && calls < 0.5, `${registers} ${calls}`);
  assert.deepEqual(shares(250, "INVITE", CALLER, {}, 0), [1, 0, 0]);
});

test("a stranger's emergency call is taken while the queue overflows", () => {
  const rig = new Rig({ overload: { emergency: [URN] } });
  rig.fillQueue(255, LONG);
  for (let i = 0; i < 50; i++) {
    const [sent] = rig.receive(
      request("INVITE", { call: `e${i}`, uri: "urn:service:sos.fire", caller: STRANGER }),
      STRANGER,
    );
    assert.equal(kind(sent!.text), "INVITE");
  }
});

test("line ends in front, an odd method or NOTIFY outside of a dialog save nobody's flood from being left unread, but an emergency call", () => {
  const rig = new Rig({ overload: { emergency: [URN] } });
  rig.fillQueue(255, LONG);
  const invite = request("INVITE", { call: "front", caller: STRANGER });
  const flood = ["\r\n", "\n", "\r", "\r\n\r\n\r\n"].map((front) => front + invite);
  for (const method of ["invite", "FOO", "NOTIFY", "REFER", "INFO"])
    flood.push(request(method, { call: method, caller: STRANGER }));
  for (let i = 0; i < 50; i++) for (const text of flood) rig.receive(text, STRANGER);
  assert.equal(rig.counter("dropped_unread"), flood.length * 50);
  const emergency = request("INVITE", { call: "sos", uri: "urn:service:sos", caller: STRANGER });
  assert.equal(kind(rig.receive(`\r\n${emergency}`, STRANGER)[0]!.text), "INVITE");
});

test("what belongs to a call is handled while the queue overflows", () => {
  const rig = new Rig();
  const [sent] = rig.receive(request("INVITE", { call: "kept", caller: STRANGER }), STRANGER);
  rig.fillQueue(255, LONG);
  const [ok] = rig.receive(response(sent!.text, 200), destinationAt(0));
  assert.equal(kind(ok!.text), "200");
  const inside = { call: "kept", toTag: "t", more: `Route: ${header(ok!.text, "Record-Route")}\r\n`, caller: STRANGER };
  for (const [i, method] of ["ACK", "INVITE", "UPDATE", "OPTIONS", "MESSAGE", "BYE"].entries()) {
    const [left] = rig.receive(request(method, { ...inside, cseq: 1 + i }), STRANGER);
    assert.equal(kind(left!.text), method);
  }
});

test("with a budget, strangers' calls that would get no answer are not even read once the queue fills", () => {
  const rig = new Rig({ overload: { newCalls: 1, answers: 1 } });
  for (let i = 0; i < 40; i++) rig.receive(request("INVITE", { call: `c${i}`, caller: STRANGER }), STRANGER);
  assert.equal(rig.counter("dropped_unread"), 0);
  rig.fillQueue(100, LONG);
  for (let i = 0; i < 40; i++) rig.receive(request("INVITE", { call: `d${i}`, caller: STRANGER }), STRANGER);
  assert.equal(rig.counter("dropped_unread"), 40);
  // Other requests are still read.
  rig.receive(request("OPTIONS", { call: "o", caller: STRANGER }), STRANGER);
  assert.equal(rig.counter("dropped_unread"), 40);
});

test("a call that has a place in the budget is taken from a queue that more copies fill than anybody can read, unless other queues fill", () => {
  const taken = (ofOthers: number): number => {
    const rig = new Rig({ overload: { newCalls: 10_000, answers: 10_000 } });
    rig.fillQueue(255, LONG, ofOthers);
    for (let i = 0; i < COUNT; i++) rig.receive(request("INVITE", { call: `p${i}`, caller: STRANGER }), STRANGER);
    return rig.counter("transactions_created");
  };
  const [few, none] = [taken(0), taken(64)];
  assert.ok(few > 0.15 * COUNT && few < 0.35 * COUNT && none === 0, `${few} ${none}`);
});

test("overload: {queues: false} refuses nobody because of queues", () => {
  assert.deepEqual(shares(255, "INVITE", STRANGER, { queues: false }), [1, 0, 0]);
});

test("a flooded listener takes nothing from those whom we trust and who come by another", () => {
  const { context } = new Rig();
  context.fill = 255;
  context.fills[0] = 255;
  const refusals = (listener: number, isTrusted: boolean): number => {
    context.listener = listener;
    return Array.from({ length: 200 }, () => isTooMuch(context, isTrusted)).filter(Boolean).length;
  };
  assert.equal(refusals(1, true), 0);
  assert.ok(refusals(0, true) > 100);
  assert.equal(refusals(1, false), 200);
  context.ringFill = 255;
  assert.ok(refusals(1, true) > 100);
});

test("a stream worker that is late keeps those away who come over streams, strangers first, and nobody else", () => {
  const rig = new Rig({ trusted: ["192.0.2.3"], overload: { streamDelay: 500 } });
  const delayed = (milliseconds: number): void => {
    rig.context.streamWords[StreamWord.delay] = milliseconds;
    rig.pass(10);
  };
  let call = 0;
  const asks = (from: string, over: { word: number } | null = null, method = "INVITE"): string => {
    const text = request(method, { call: `late${call++}`, caller: from });
    const sent = over === null ? text : text.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    return kind(rig.receive(sent, from, over)[0]!.text);
  };
  const over = { word: connectionWord(7, 3) };
  delayed(120);
  assert.deepEqual([asks(STRANGER, over), asks(STRANGER, over, "REGISTER")], ["INVITE", "REGISTER"]);
  delayed(340);
  assert.deepEqual([asks(STRANGER, over), asks(STRANGER, over, "REGISTER")], ["503", "503"]);
  assert.deepEqual([asks(STRANGER), asks(CALLER, over)], ["INVITE", "INVITE"]);
  delayed(600);
  assert.deepEqual([asks(CALLER), asks(STRANGER)], ["INVITE", "INVITE"]);
  const refused = Array.from({ length: 100 }, () => asks(CALLER, over)).filter((answer) => answer === "503").length;
  // 63 of 64.
  assert.ok(refused >= 90, `${refused} of 100`);
  delayed(0);
  assert.equal(asks(STRANGER, over), "INVITE");
});
