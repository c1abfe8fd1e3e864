import assert from "node:assert/strict";
import { test } from "node:test";
import { WITHOUT_TRANSACTIONS } from "./action-fake.ts";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const STRANGER = "192.0.2.77:5060";
const URN = { urn: Buffer.from("urn:service:sos"), uri: null };

/** Sends `count` INVITEs in one moment; returns what became of each: `taken`, a status, or `silence`. */
function calls(rig: Rig, count: number, first = 1, from = STRANGER, more = ""): string[] {
  return Array.from({ length: count }, (_, i) => {
    const left = rig.receive(request("INVITE", { call: `c${first + i}`, caller: from, more }), from);
    const [answer] = left.filter(({ to }) => to === from);
    if (answer !== undefined) return kind(answer.text);
    return left.some(({ text }) => kind(text) === "INVITE") ? "taken" : "silence";
  });
}

function tally(outcomes: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

test("beyond the budget new calls get 503 with Retry-After, nothing is kept about them, and beyond that silence", () => {
  const rig = new Rig({ overload: { newCalls: 100, burst: 200, answers: 200 } });
  // 20 may come at once, 15 of them from strangers; answers: 40, of which 30.
  assert.deepEqual(tally(calls(rig, 100)), { taken: 15, "503": 30, silence: 55 });
  assert.equal(rig.context.transactions.count, 15);
  assert.deepEqual([rig.counter("rejected_overload"), rig.counter("dropped_overload")], [30, 55]);
  rig.pass(1000);
  let taken = 0;
  for (let i = 0; i < 200; i++) {
    taken += tally(calls(rig, 1, 1000 + i)).taken ?? 0;
    rig.pass(10, 5);
  }
  // The bucket is full again, then 100 a second for two seconds.
  assert.ok(taken >= 198 && taken <= 200, `${taken} of 200`);
});

test("Retry-After is spread over half its time to either side", () => {
  const rig = new Rig({ overload: { newCalls: 1, answers: 1_000_000, retryAfter: 20_000 } });
  const seconds = new Set<number>();
  for (let i = 0; i < 500; i++) {
    const [answer] = rig.receive(request("INVITE", { call: `r${i}`, caller: STRANGER }), STRANGER);
    const value = header(answer?.text ?? "", "Retry-After");
    if (value !== "") seconds.add(Number(value));
  }
  const all = [...seconds].sort((a, b) => a - b);
  assert.deepEqual([all[0], all.at(-1), all.length], [10, 30, 21]);
});

test("a call that was taken goes on whatever the load: its copies, ACK, re-INVITE, UPDATE, BYE and CANCEL", () => {
  const rig = new Rig({ overload: { newCalls: 1, burst: 20_000, answers: 1_000_000 } });
  const invite = request("INVITE", { call: "kept", caller: STRANGER });
  const [sent] = rig.receive(invite, STRANGER);
  const [ok] = rig.receive(response(sent!.text, 200), destinationAt(0));
  const other = request("INVITE", { call: "rings", caller: STRANGER });
  const [rung] = rig.receive(other, STRANGER);
  rig.receive(response(rung!.text, 180), destinationAt(0));
  calls(rig, 50, 1000);
  assert.deepEqual(tally(calls(rig, 20, 2000)), { "503": 20 });
  const route = `Route: ${header(ok!.text, "Record-Route")}\r\n`;
  const inside = { call: "kept", toTag: "t", more: route, caller: STRANGER };
  const kinds = (text: string) => rig.receive(text, STRANGER).map((left) => `${kind(left.text)} ${left.to}`);
  const there = destinationAt(0);
  assert.deepEqual(kinds(request("ACK", inside)), [`ACK ${there}`]);
  assert.deepEqual(kinds(request("INVITE", { ...inside, cseq: 2 })), [`INVITE ${there}`]);
  for (const [i, method] of ["UPDATE", "INFO", "PRACK", "MESSAGE", "BYE"].entries())
    assert.deepEqual(kinds(request(method, { ...inside, cseq: 3 + i })), [`${method} ${there}`]);
  assert.deepEqual(kinds(other), [`180 ${STRANGER}`]);
  assert.deepEqual(kinds(request("CANCEL", { call: "rings", caller: STRANGER })), [
    `CANCEL ${there}`,
    `200 ${STRANGER}`,
  ]);
});

test("who was refused is refused again when its copy comes, and its ACK goes nowhere", () => {
  const rig = new Rig({ overload: { newCalls: 10, burst: 1_000, answers: 1000 } });
  calls(rig, 20);
  const text = request("INVITE", { call: "late", caller: STRANGER });
  const [answer] = rig.receive(text, STRANGER);
  assert.equal(kind(answer!.text), "503");
  const tag = /;tag=([0-9a-f]{16})/.exec(header(answer!.text, "To"))![1]!;
  rig.pass(2000);
  assert.equal(kind(rig.receive(text, STRANGER)[0]!.text), "503");
  const ack = request("ACK", { call: "late", toTag: tag, branch: "late-1-INVITE", caller: STRANGER });
  assert.deepEqual(rig.receive(ack, STRANGER), []);
  assert.deepEqual(tally(calls(rig, 1, 500)), { taken: 1 });
});

test("without transactions, too, the copy of a call that was taken is passed on", () => {
  const rig = new Rig({
    stateful: false,
    action: WITHOUT_TRANSACTIONS,
    overload: { newCalls: 10, burst: 1_000, answers: 1000 },
  });
  const text = request("INVITE", { call: "first", caller: STRANGER });
  assert.equal(kind(rig.receive(text, STRANGER)[0]!.text), "INVITE");
  assert.deepEqual(tally(calls(rig, 20)), { taken: 6, "503": 14 });
  assert.equal(kind(rig.receive(text, STRANGER)[0]!.text), "INVITE");
});

test("whom we trust is refused last: strangers leave a quarter of the burst, and whatever comes in, to them", () => {
  const rig = new Rig({ trusted: ["192.0.2.3"], overload: { newCalls: 100, burst: 400, answers: 1_000_000 } });
  assert.deepEqual(tally(calls(rig, 100)), { taken: 30, "503": 70 });
  assert.deepEqual(tally(calls(rig, 20, 1000, CALLER)), { taken: 10, "503": 10 });
  const outcomes = { trusted: [] as string[], strangers: [] as string[] };
  for (let i = 0; i < 100; i++) {
    rig.pass(20, 10);
    outcomes.strangers.push(...calls(rig, 10, 10_000 + 10 * i));
    outcomes.trusted.push(...calls(rig, 1, 20_000 + i, CALLER));
  }
  assert.equal(tally(outcomes.trusted).taken, 100);
  // 100 a second for two seconds: what the trusted leave goes to the strangers, once the reserve is full again.
  const { taken } = tally(outcomes.strangers);
  assert.ok(taken! >= 88 && taken! <= 101, `${taken} strangers of 100 places`);
});

test("a REGISTER avalanche spends its own budget and none of that of calls", () => {
  const rig = new Rig({ overload: { newCalls: 100, newRequests: 20, burst: 1_000, answers: 1_000_000 } });
  let answered = 0;
  for (let i = 0; i < 500; i++) {
    const left = rig.receive(request("REGISTER", { call: `reg${i}`, caller: STRANGER }), STRANGER);
    if (left.some(({ text }) => kind(text) === "503")) answered++;
  }
  assert.equal(answered, 485);
  assert.deepEqual(tally(calls(rig, 50)), { taken: 50 });
  for (const method of ["SUBSCRIBE", "OPTIONS", "MESSAGE", "PUBLISH", "NOTIFY", "REFER", "FETCH"])
    assert.equal(kind(rig.receive(request(method, { call: method, caller: STRANGER }), STRANGER)[0]!.text), "503");
});

test("emergency calls are taken however many others there are; a stranger's Priority header makes none", () => {
  const rig = new Rig({
    trusted: ["192.0.2.3"],
    overload: { newCalls: 1, burst: 20_000, answers: 1_000_000, emergency: [URN] },
  });
  calls(rig, 100, 1, CALLER);
  assert.deepEqual(tally(calls(rig, 5, 200, CALLER)), { "503": 5 });
  const sos = (uri: string, call: string, from = STRANGER) =>
    kind(rig.receive(request("INVITE", { call, uri, caller: from }), from)[0]!.text);
  assert.equal(sos("urn:service:sos", "e1"), "INVITE");
  assert.equal(sos("URN:service:SOS.police", "e2"), "INVITE");
  assert.equal(sos("urn:service:sosx", "e3"), "503");
  assert.equal(sos("urn:service:so", "e4"), "503");
  assert.deepEqual(calls(rig, 1, 300, STRANGER, "Priority: emergency\r\n"), ["503"]);
  assert.deepEqual(calls(rig, 1, 301, CALLER, "priority:  EMERGENCY \r\n"), ["taken"]);
  assert.deepEqual(calls(rig, 1, 302, CALLER, "Resource-Priority: esnet.1\r\n"), ["taken"]);
  assert.deepEqual(calls(rig, 1, 303, CALLER, "Priority: urgent\r\n"), ["503"]);
  assert.equal(rig.counter("emergency_calls"), 4);
});

test("a To tag of one's own invention is no way past the budget", () => {
  const rig = new Rig({ algorithm: "hash-call-id", overload: { newCalls: 1, burst: 20_000, answers: 1_000_000 } });
  calls(rig, 50);
  const left = rig.receive(request("INVITE", { call: "sly", toTag: "invented", caller: STRANGER }), STRANGER);
  assert.deepEqual(
    left.map(({ text }) => kind(text)),
    ["503"],
  );
});

test("an emergency call is counted once, whichever limits are asked about it", () => {
  const none = {
    perListener: null,
    rejects: true,
    v4Prefix: 32,
    v6Prefix: 64,
    exempt: [0, 0].map(() => new Int32Array(0)),
  };
  const perSource = { requests: { interval: 1_000, depth: 1_000.1 }, datagrams: { interval: 1, depth: 1_000 } };
  for (const newCalls of [0, 1]) {
    const overload = { newCalls, burst: 20_000, answers: 1_000_000, emergency: [URN] };
    const rig = new Rig({ overload, rates: { ...none, perSource } });
    for (let i = 0; i < 4; i++) {
      const text = request("INVITE", { call: `sos${i}`, uri: "urn:service:sos", caller: STRANGER });
      assert.equal(kind(rig.receive(text, STRANGER)[0]!.text), "INVITE");
    }
    // Without a budget only those count that the rate would have kept out.
    assert.equal(rig.counter("emergency_calls"), newCalls === 0 ? 3 : 4);
  }
});

test("on a route without transactions a copy of a call costs no second place, whatever other routes have", () => {
  const rig = new Rig({
    stateful: true,
    action: WITHOUT_TRANSACTIONS,
    overload: { newCalls: 10, burst: 1_000, answers: 1000 },
  });
  const text = request("INVITE", { call: "copied", caller: STRANGER });
  for (let i = 0; i < 20; i++) assert.equal(kind(rig.receive(text, STRANGER)[0]!.text), "INVITE");
  assert.deepEqual(tally(calls(rig, 20)), { taken: 6, "503": 14 });
});
