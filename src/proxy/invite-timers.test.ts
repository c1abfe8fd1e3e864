// The timers of INVITE transactions, to the tick: RFC 3261 17.1.1, 17.2.1 and 16.8, RFC 6026.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

/** All exact tests run once more over the wrap of the 32-bit clock. */
function exactly(title: string, flow: (rig: (options?: RigOptions) => Rig) => void): void {
  test(title, () => {
    for (const epoch of [1000, 2 ** 31 - 1500, 2 ** 32 - 100]) flow((options) => new Rig({ ...options, epoch }));
  });
}

function times(left: readonly Left[], what: string, to: string, since = 0): number[] {
  return left.filter((one) => kind(one.text) === what && one.to === to).map(({ at }) => at - since);
}

/** The same times, each at most a tick and a half late. */
function near(actual: readonly number[], wanted: readonly number[]): void {
  const isNear = actual.length === wanted.length && wanted.every((at, i) => actual[i]! >= at && actual[i]! <= at + 40);
  assert.ok(isNear, `at ${actual.join(" ")}, wanted ${wanted.join(" ")}`);
}

exactly("100 within 200 ms, Timer A doubles, Timer B gives 408 after 64 T1", (rig) => {
  const one = rig();
  one.receive(request("INVITE"));
  one.pass(40_000);
  const [trying] = times(one.left, "100", CALLER);
  assert.ok(trying! > 0 && trying! <= 200, `100 after ${trying} ms`);
  near(times(one.left, "INVITE", destinationAt(0)), [0, 500, 1500, 3500, 7500, 15_500, 31_500]);
  near(times(one.left, "408", CALLER).slice(0, 1), [32_000]);
});

exactly("no 100 when the destination answers at once", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  one.receive(response(invite!.text, 180), destinationAt(0));
  one.pass(1000);
  assert.deepEqual(
    one.left.map(({ text }) => kind(text)),
    ["INVITE", "180"],
  );
});

exactly("Timers G and H: a refusal is repeated until its ACK, at most for 64 T1", (rig) => {
  for (const acknowledged of [false, true]) {
    const one = rig();
    const [invite] = one.receive(request("INVITE"));
    const [ack, refusal] = one.receive(response(invite!.text, 486), destinationAt(0));
    assert.deepEqual([kind(ack!.text), kind(refusal!.text)], ["ACK", "486"]);
    assert.equal(header(ack!.text, "Via"), header(invite!.text, "Via"), "the ACK is of the INVITE's transaction");
    if (acknowledged) one.receive(request("ACK", { branch: "1-1-INVITE", toTag: "t" }));
    one.pass(40_000);
    const repeats = [500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];
    near(times(one.left, "486", CALLER), acknowledged ? [0] : [0, ...repeats]);
    assert.equal(one.counter("forwarded_responses"), 1);
  }
});

exactly("a repeated refusal of the destination is acknowledged, not passed on", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  one.receive(response(invite!.text, 486), destinationAt(0));
  one.receive(request("ACK", { branch: "1-1-INVITE", toTag: "t" }));
  for (let i = 0; i < 3; i++) {
    one.pass(4000);
    assert.deepEqual(
      one.receive(response(invite!.text, 486), destinationAt(0)).map(({ text }) => kind(text)),
      ["ACK"],
    );
  }
});

exactly("Timer C: what only rings is cancelled after it, and every 18x starts it again", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  one.receive(response(invite!.text, 180), destinationAt(0));
  one.pass(100_000, 100);
  one.receive(response(invite!.text, 180), destinationAt(0));
  const since = one.at;
  const left = one.pass(182_000);
  near(times(left, "CANCEL", destinationAt(0), since), [181_000, 181_500]);
  const cancel = left.find(({ text }) => kind(text) === "CANCEL")!;
  assert.equal(header(cancel.text, "Via"), header(invite!.text, "Via"));
  assert.equal(header(cancel.text, "CSeq"), "1 CANCEL");
  one.receive(response(cancel.text, 200), destinationAt(0));
  const ended = one.receive(response(invite!.text, 487), destinationAt(0));
  assert.deepEqual(
    ended.map(({ text, to }) => `${kind(text)} ${to}`),
    [`ACK ${destinationAt(0)}`, `487 ${CALLER}`],
  );
  one.pass(100_000);
  assert.equal(times(one.left, "CANCEL", destinationAt(0)).length, 2);
});

exactly("ring_limit counts from the first 100 and not anew: 408, and whoever rang is cancelled", (rig) => {
  const one = rig({ failover: { ringLimit: 20_000, codes: [487] } });
  const [invite] = one.receive(request("INVITE"));
  one.receive(response(invite!.text, 100), destinationAt(0));
  one.pass(15_000, 100);
  one.receive(response(invite!.text, 180), destinationAt(0));
  const left = one.pass(5_100);
  near(times(left, "CANCEL", destinationAt(0)), [20_000]);
  near(times(left, "408", CALLER), [20_000]);
  const cancel = left.find(({ text }) => kind(text) === "CANCEL")!;
  one.receive(response(cancel.text, 200), destinationAt(0));
  const ended = one.receive(response(invite!.text, 487), destinationAt(0));
  assert.deepEqual(
    ended.map(({ text, to }) => `${kind(text)} ${to}`),
    [`ACK ${destinationAt(0)}`],
  );
});

exactly("Timer C against a destination that is gone: the caller gets a final answer 64 T1 later", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  one.receive(response(invite!.text, 180), destinationAt(0));
  const left = one.pass(250_000, 20);
  near(times(left, "408", CALLER).slice(0, 1), [213_000]);
});

exactly("a CANCEL waits for the first provisional response", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  assert.deepEqual(
    one.receive(request("CANCEL")).map(({ text, to }) => `${kind(text)} ${to}`),
    [`200 ${CALLER}`],
  );
  one.pass(1000);
  assert.equal(times(one.left, "CANCEL", destinationAt(0)).length, 0);
  const [cancel] = one.receive(response(invite!.text, 100), destinationAt(0));
  assert.equal(kind(cancel!.text), "CANCEL");
  one.receive(response(cancel!.text, 200), destinationAt(0));
  assert.deepEqual(
    one.receive(response(invite!.text, 487), destinationAt(0)).map(({ text }) => kind(text)),
    ["ACK", "487"],
  );
});

exactly("a cancelled call that is never answered ends with 487", (rig) => {
  const one = rig();
  one.receive(request("INVITE"));
  one.receive(request("CANCEL"));
  one.pass(40_000);
  near(times(one.left, "487", CALLER).slice(0, 1), [32_000]);
});

exactly("a repeated 2xx and a forked one are passed on while the call is remembered, and none later", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  for (const tag of ["t", "t", "fork", "t"]) {
    const [passed] = one.receive(response(invite!.text, 200, tag), destinationAt(0));
    assert.equal(passed!.to, CALLER);
    assert.equal(kind(passed!.text), "200");
    one.pass(5000);
  }
  one.pass(32_000);
  assert.deepEqual(one.receive(response(invite!.text, 200), destinationAt(0)), []);
  assert.equal(one.counter("dropped_unmatched_response"), 1);
});

exactly("a repeated INVITE is absorbed: 100 before any answer, the answer afterwards", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  const kinds = (left: readonly Left[]): string[] => left.map(({ text }) => kind(text));
  assert.deepEqual(kinds(one.receive(request("INVITE"))), ["100"]);
  one.receive(response(invite!.text, 183), destinationAt(0));
  assert.deepEqual(kinds(one.receive(request("INVITE"))), ["183"]);
  one.receive(response(invite!.text, 404), destinationAt(0));
  assert.deepEqual(kinds(one.receive(request("INVITE"))), ["404"]);
  assert.equal(one.counter("retransmissions_absorbed"), 3);
});

exactly("a response that has only our Via counts as none", (rig) => {
  const one = rig();
  const [invite] = one.receive(request("INVITE"));
  const below = /Via: [^\r]*branch=z9hG4bK1-1[^\r]*\r\n/;
  for (const status of [180, 200, 486]) {
    const orphan = response(invite!.text, status).replace(below, "");
    assert.deepEqual(one.receive(orphan, destinationAt(0)), [], String(status));
  }
  near(times(one.pass(40_000), "408", CALLER).slice(0, 1), [32_000]);
  one.pass(100_000);
  assert.equal(one.held(), "");
});
