// How much strangers may send, to the request.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Rates } from "../bridge/rates.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";
import { ratesOf } from "./rig-rates.ts";

/** Ten requests per second, three at once. */
const TEN = ratesOf({ requests: { interval: 100, depth: 300.1 }, datagrams: { interval: 20, depth: 300.1 } });

function rigOf(rates: Partial<Rates> = {}, options: RigOptions = {}): Rig {
  return new Rig({ rates: { ...TEN, ...rates }, ...options });
}

let calls = 0;
const newCall = (method = "INVITE"): string => request(method, { call: `rate-${calls++}` });
const kinds = (left: readonly Left[]): string => left.map(({ text }) => kind(text)).join(" ");

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";

  test(`a stranger beyond its rate is told to come back later, and is served at its rate [${mode}]`, () => {
    const rig = rigOf({}, { stateful });
    const answers = Array.from({ length: 6 }, () => rig.receive(newCall()));
    assert.deepEqual(answers.map(kinds), ["INVITE", "INVITE", "INVITE", "503", "503", "503"]);
    const pauses = answers.slice(3).map(([left]) => Number(header(left!.text, "Retry-After")));
    for (const pause of pauses) assert.ok(pause >= 5 && pause <= 15, String(pause));
    assert.equal(rig.counter("rejected_rate_source"), 3);
    rig.pass(100);
    assert.equal(kinds(rig.receive(newCall())), "INVITE");
    assert.equal(kinds(rig.receive(newCall())), "503");
    assert.equal(kinds(rig.receive(newCall(), "192.0.2.4:5060")), "INVITE", "another source");
  });

  test(`with action drop it hears nothing [${mode}]`, () => {
    const rig = rigOf({ rejects: false }, { stateful });
    const answers = Array.from({ length: 5 }, () => rig.receive(newCall("OPTIONS")));
    assert.deepEqual(answers.map(kinds), ["OPTIONS", "OPTIONS", "OPTIONS", "", ""]);
    assert.equal(rig.counter("dropped_rate_source"), 2);
  });

  test(`destinations and exempted sources are not limited [${mode}]`, () => {
    const own = Int32Array.of(0, 0, 0xffff, 0xc0000203 | 0, 0, 0, 0xffff, 0xc0000203 | 0);
    const rig = rigOf({ exempt: [own, own] }, { stateful });
    for (let i = 0; i < 40; i++) assert.equal(kinds(rig.receive(newCall())), "INVITE");
    const pool = destinationAt(0);
    for (let i = 0; i < 40; i++) {
      const text = request("INVITE", { uri: "sip:bob@203.0.113.66", caller: pool, call: `pool-${i}` });
      assert.equal(kinds(rig.receive(text, pool)), "INVITE");
    }
  });

  test(`calls that were taken go on whatever their caller sends besides [${mode}]`, () => {
    const rig = rigOf({}, { stateful });
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    for (let i = 0; i < 5; i++) rig.receive(newCall());
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
    assert.equal(kinds(rig.receive(request("ACK", { toTag: "t", more }))), "ACK");
    assert.equal(kinds(rig.receive(request("INVITE", { cseq: 2, branch: "re", toTag: "t", more }))), "INVITE");
    assert.equal(kinds(rig.receive(request("BYE", { cseq: 3, branch: "bye", toTag: "t", more }))), "BYE");
    assert.equal(kinds(rig.receive(newCall())), "503", "it still is over its rate");
  });

  test(`a To tag or a forged Record-Route is no way round the limit [${mode}]`, () => {
    const rig = rigOf({}, { stateful });
    const [invite] = rig.receive(request("INVITE"));
    const route = header(invite!.text, "Record-Route").replace(/fl=..../, "fl=AAAA");
    for (let i = 0; i < 2; i++) rig.receive(newCall());
    for (const [i, more] of ["", `Route: ${route}\r\n`].entries()) {
      assert.equal(kinds(rig.receive(request("BYE", { call: `fake-${i}`, toTag: "t", more }))), "503");
      assert.equal(kinds(rig.receive(request("ACK", { call: `fake-${i}`, branch: "a", toTag: "t", more }))), "");
    }
  });

  test(`what is malformed counts, and is no longer answered beyond the rate [${mode}]`, () => {
    const rig = rigOf({}, { stateful });
    const bad = (i: number): string => request("OPTIONS", { call: `bad-${i}` }).replace("CSeq:", "CSeq: x");
    const answers = Array.from({ length: 5 }, (_, i) => rig.receive(bad(i)));
    assert.deepEqual(answers.map(kinds), ["400", "400", "400", "", ""]);
    assert.equal(rig.counter("dropped_rate_source"), 2);
    assert.equal(kinds(rig.receive(newCall())), "503");
  });

  test(`all strangers together have what their listener has for them [${mode}]`, () => {
    const rig = rigOf(
      {
        perSource: null,
        perListener: { requests: { interval: 10, depth: 50.1 }, datagrams: { interval: 2, depth: 50.1 } },
      },
      { stateful },
    );
    const answers = Array.from({ length: 7 }, (_, i) => rig.receive(newCall(), `198.51.100.${i}:5060`));
    assert.deepEqual(answers.map(kinds).join(" "), "INVITE INVITE INVITE INVITE INVITE 503 503");
    assert.equal(rig.counter("rejected_rate_listener"), 2);
    const stream = { word: 0 };
    assert.equal(kinds(rig.receive(newCall(), "198.51.100.9:5060", stream)), "INVITE", "another listener");
  });
}

test("an emergency call is none too many, until its source floods", () => {
  const rig = rigOf({}, { overload: { emergency: [{ urn: Buffer.from("urn:service:sos"), uri: null }] } });
  for (let i = 0; i < 4; i++) rig.receive(newCall());
  const sos = (): string => request("INVITE", { call: `sos-${calls++}`, uri: "urn:service:sos.fire" });
  for (let i = 0; i < 10; i++) assert.equal(kinds(rig.receive(sos())), "INVITE");
  assert.equal(rig.counter("emergency_calls"), 10);
  assert.equal(kinds(rig.receive(newCall())), "503");
  assert.equal(kinds(rig.receive(sos())), "", "the sixteenth datagram at once");
});

test("a repetition is absorbed and costs nothing", () => {
  const rig = rigOf();
  const text = newCall();
  for (let i = 0; i < 8; i++) rig.receive(text);
  assert.equal(rig.counter("retransmissions_absorbed"), 7);
  assert.equal(kinds(rig.receive(newCall())), "INVITE");
});

test("many times more than the rate is dropped unread, whatever it is; then nothing goes back", () => {
  for (const text of [() => newCall(), () => "\r\n\r\n", () => "SIP/2.0 200 OK\r\n\r\n", () => "x".repeat(400)]) {
    const rig = rigOf();
    let answers = 0;
    // The burst is for 15 datagrams, 50 per second; here come 1,000 per second for a second.
    for (let i = 0; i < 1000; i++) {
      answers += rig.receive(text()).filter((left) => kind(left.text) === "503").length;
      rig.pass(1, 1);
    }
    const unread = rig.counter("dropped_flood_source");
    assert.ok(unread >= 1000 - 15 - 51 && unread <= 1000 - 15 - 48, String(unread));
    assert.ok(answers <= 66 - 12, String(answers));
    assert.equal(rig.counter("received"), 1000);
  }
});

test("over a stream it is the same, and a destination that connects is known by its Via", () => {
  const rig = rigOf({}, { farTcp: true });
  const stream = { word: 0 };
  for (let i = 0; i < 3; i++) assert.equal(kinds(rig.receive(newCall(), CALLER, stream)), "INVITE");
  assert.equal(kinds(rig.receive(newCall(), CALLER, stream)), "503");
  for (let i = 0; i < 10; i++) {
    const text = request("OPTIONS", { uri: "sip:bob@203.0.113.66", caller: destinationAt(0), call: `tcp-${i}` });
    assert.notEqual(kinds(rig.receive(text, destinationAt(0).replace("5060", "49152"), stream)), "503");
  }
});

test("while queues are full a flood is judged as one before any of it is left unread for want of time", () => {
  const rig = rigOf({ perSource: { requests: { interval: 1, depth: 50.1 }, datagrams: { interval: 1, depth: 50.1 } } });
  // Of strangers' calls half are left unread.
  rig.fillQueue(168, 110);
  for (let i = 0; i < 400; i++) rig.receive(newCall(), "192.0.2.66:5060");
  assert.equal(rig.counter("dropped_flood_source"), 350);
  const unread = rig.counter("dropped_unread");
  assert.ok(unread > 5 && unread < 45, `${unread} of the 50 that are no flood`);
});
