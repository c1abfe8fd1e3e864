// Keep-alives to registered phones on UDP: to whom, how often, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KeepAliveEntry } from "../bridge/snapshot.ts";
import { connectionWord } from "../bridge/way-back.ts";
import { K, KEPT_WORDS } from "./kept-flows.ts";
import { destinationAt, type Left, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const CRLF: KeepAliveEntry = { interval: 30_000, kind: "crlf", flows: 100 };
const REGISTRAR = destinationAt(0);
const PHONE = "198.51.100.9:40000";
const BOUND = "<sip:alice@192.168.1.5:5060>";

interface Registration {
  readonly call?: number;
  readonly cseq?: number;
  readonly from?: string;
  /** Of the address of record. */
  readonly user?: string;
  readonly more?: string;
  /** Header lines of the 200. */
  readonly answer?: string;
  readonly status?: number;
  readonly stream?: { readonly word: number } | null;
}

/** A REGISTER with Path and its answer pass through. */
function registers(rig: Rig, registration: Registration = {}): void {
  const { call = 1, cseq = 1, from = PHONE, user = "bob", more = "", status = 200, stream = null } = registration;
  const { answer = `Contact: ${BOUND};q=0.5;expires=600\r\n` } = registration;
  const fields = { call, cseq, caller: "192.168.1.5:5060", more: `Supported: path\r\n${more}` };
  const text = request("REGISTER", fields).replace("To: <sip:bob@", `To: <sip:${user}@`);
  const [left] = rig.receive(stream === null ? text : text.replace("/UDP", "/TCP"), from, stream);
  rig.receive(response(left!.text, status).replace("Content-Length", `${answer}Content-Length`), REGISTRAR);
}

function keepAlives(left: readonly Left[]): string[] {
  return left.filter(({ text }) => text === "\r\n\r\n").map(({ to }) => to);
}

test("a registered phone hears from the listener that it registered at, every interval, until its registration ends", () => {
  const rig = new Rig({ keepAlive: CRLF });
  registers(rig);
  assert.equal(rig.counter("flows_kept"), 1);
  assert.deepEqual(keepAlives(rig.pass(90_000)), [PHONE, PHONE, PHONE]);
  assert.equal(keepAlives(rig.pass(510_000)).length, 17);
  assert.deepEqual(keepAlives(rig.pass(120_000)), []);
  assert.equal(rig.counter("flows_ended"), 1);
  assert.equal(rig.counter("flows_kept"), 1);
});

test("a registration that is renewed goes on, and one that is taken back ends", () => {
  for (const gone of ["", "Contact: <sip:alice@192.168.1.77>;expires=900\r\n", `Contact: ${BOUND};expires=0\r\n`]) {
    const rig = new Rig({ keepAlive: CRLF });
    registers(rig);
    rig.pass(500_000);
    registers(rig, { cseq: 2 });
    assert.ok(keepAlives(rig.pass(300_000)).length >= 9);
    registers(rig, { cseq: 3, more: "Expires: 0\r\n", answer: gone });
    assert.deepEqual(keepAlives(rig.pass(120_000)), [], gone);
    assert.equal(rig.context.kept?.count, 0);
  }
});

test("a flow of several registrations is kept as long as one of them lasts", () => {
  const rig = new Rig({ keepAlive: CRLF });
  const second = { call: 2, user: "carol" };
  registers(rig);
  registers(rig, second);
  rig.pass(60_000);
  registers(rig, { cseq: 2, more: "Expires: 0\r\n", answer: "" });
  assert.equal(rig.context.kept?.count, 1);
  assert.equal(keepAlives(rig.pass(300_000)).length, 10);
  registers(rig, { ...second, cseq: 2 });
  assert.equal(keepAlives(rig.pass(570_000)).length, 19);
  registers(rig, { ...second, cseq: 3, more: "Expires: 0\r\n", answer: "" });
  assert.deepEqual(keepAlives(rig.pass(120_000)), []);
  assert.equal(rig.counter("flows_kept"), 1);
});

test("the shorter of two registrations takes nothing from the longer one, whichever comes last", () => {
  const answers = [100, 600].map((seconds) => `Contact: ${BOUND};expires=${seconds}\r\n`) as [string, string];
  for (const [first, last] of [answers, answers.toReversed() as [string, string]]) {
    const rig = new Rig({ keepAlive: CRLF });
    registers(rig, { answer: first });
    registers(rig, { call: 2, user: "carol", answer: last });
    assert.equal(keepAlives(rig.pass(570_000)).length, 19);
    rig.pass(60_000);
    assert.deepEqual(keepAlives(rig.pass(120_000)), []);
  }
});

const LIFETIMES: readonly [string, string, number][] = [
  ["", `Contact: <sip:other@192.168.1.6>;expires=9\r\nm: "x" ${BOUND} ;EXPIRES = 100\r\n`, 100],
  ["Expires: 77\r\n", `Contact: ${BOUND}\r\n`, 77],
  ["Expires: 77\r\n", `Contact: ${BOUND}\r\nExpires: 200\r\n`, 200],
  ["", `Contact: ${BOUND}\r\n`, 3600],
  ["", `Contact: ${BOUND};expires=99999999999\r\n`, 3600],
  ["", `Contact: ${BOUND};expires=2147483647\r\n`, 604_800],
];

test("how long is what the registrar says of this very Contact, else its Expires, else what was asked, at most a week", () => {
  for (const [more, answer, seconds] of LIFETIMES) {
    const rig = new Rig({ keepAlive: { ...CRLF, interval: 1000 } });
    registers(rig, { more, answer });
    const expires = rig.context.kept!.words[KEPT_WORDS + K.expires]!;
    assert.equal(expires - rig.context.now, seconds * 1000, answer);
  }
});

test("no keep-alives for what failed, only asked, came over a stream, or has no Path; and none where they are off", () => {
  const over = { word: connectionWord(1, 1) };
  for (const [keepAlive, registration] of [
    [CRLF, { status: 403 }],
    [CRLF, { stream: over }],
    [{ ...CRLF, interval: 0 }, {}],
  ] as const) {
    const rig = new Rig({ keepAlive });
    registers(rig, registration);
    assert.deepEqual(keepAlives(rig.pass(100_000)), []);
  }
  const rig = new Rig({ keepAlive: CRLF });
  const [left] = rig.receive(request("REGISTER", {}), PHONE);
  rig.receive(response(left!.text, 200), REGISTRAR);
  const asks = request("REGISTER", { call: 2, more: "Supported: path\r\n" }).replace(/Contact:.*\r\n/, "");
  const [query] = rig.receive(asks, PHONE);
  rig.receive(response(query!.text, 200), REGISTRAR);
  assert.deepEqual(keepAlives(rig.pass(100_000)), []);
});

test("many phones are spread over the interval, and no more are remembered than there is room for", () => {
  const rig = new Rig({ keepAlive: { ...CRLF, flows: 50 } });
  for (let call = 1; call <= 60; call++) registers(rig, { call, from: `198.51.100.${call}:40000` });
  assert.deepEqual([rig.counter("flows_kept"), rig.counter("flows_not_kept")], [50, 10]);
  const bursts = Array.from({ length: 10 }, () => keepAlives(rig.pass(3000)).length);
  assert.equal(
    bursts.reduce((sum, burst) => sum + burst, 0),
    50,
  );
  assert.ok(Math.max(...bursts) < 20, bursts.join(" "));
  // Whoever leaves makes room.
  registers(rig, { call: 1, cseq: 2, from: "198.51.100.1:40000", answer: "" });
  registers(rig, { call: 60, cseq: 2, from: "198.51.100.60:40000" });
  assert.equal(rig.counter("flows_kept"), 51);
});

test("one phone with two accounts is one flow", () => {
  const rig = new Rig({ keepAlive: CRLF });
  registers(rig);
  registers(rig, { call: 2 });
  assert.equal(keepAlives(rig.pass(60_000)).length, 2);
});

test("options: a request that a phone can answer, and whose answer goes no further", () => {
  const rig = new Rig({ keepAlive: { ...CRLF, kind: "options" } });
  registers(rig);
  const [left] = rig.pass(30_000).filter(({ text }) => kind(text) === "OPTIONS");
  assert.equal(left!.to, PHONE);
  assert.match(
    left!.text,
    /^OPTIONS sip:198\.51\.100\.9:40000 SIP\/2\.0\r\nVia: SIP\/2\.0\/UDP 192\.0\.2\.1:5060;branch=z9hG4bKk/,
  );
  assert.equal(header(left!.text, "To"), "<sip:198.51.100.9:40000>");
  assert.equal(header(left!.text, "CSeq"), "1 OPTIONS");
  const answer = response(left!.text, 200);
  assert.deepEqual(rig.receive(answer, "198.51.100.9:40001"), []);
  assert.deepEqual(
    rig.receive(
      answer.replace(/z9hG4bKk.{16}/, (text) => `${text.slice(0, -1)}g`),
      PHONE,
    ),
    [],
  );
  assert.equal(rig.counter("dropped_unmatched_response"), 2);
  assert.deepEqual(rig.receive(answer, PHONE), []);
  assert.equal(rig.counter("keepalives_answered"), 1);
  // Once is enough.
  rig.receive(answer, PHONE);
  assert.equal(rig.counter("dropped_unmatched_response"), 3);
});

test("nobody gets more than three times the bytes of a registration, unless he answers", () => {
  for (const kind of ["crlf", "options"] as const) {
    for (const answers of [true, false]) {
      const rig = new Rig({ keepAlive: { interval: 1000, kind, flows: 10 } });
      registers(rig, { answer: `Contact: ${BOUND};expires=3600\r\n` });
      const before = rig.left.length;
      const { length } = rig.left[0]!.text;
      for (let second = 0; second < 1000; second++) {
        const [left] = rig.pass(1000);
        if (left !== undefined && answers && kind === "options") rig.receive(response(left.text, 200), PHONE);
      }
      const sent = rig.left.slice(before).reduce((sum, { text }) => sum + text.length, 0);
      if (answers && kind === "options") assert.ok(rig.counter("keepalives_sent") > 990);
      else assert.ok(sent <= 3 * length && sent > length, `${kind}: ${sent} bytes for ${length}`);
    }
  }
});
