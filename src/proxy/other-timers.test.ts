// The timers of non-INVITE transactions: RFC 3261 17.1.2 and 17.2.2, RFC 4320.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, type Left, Rig } from "./rig-fake.ts";
import { kind, request, response } from "./rig-message.ts";

function times(left: readonly Left[], what: string, to: string): number[] {
  return left.filter((one) => kind(one.text) === what && one.to === to).map(({ at }) => at);
}

function near(actual: readonly number[], wanted: readonly number[]): void {
  const isNear = actual.length === wanted.length && wanted.every((at, i) => actual[i]! >= at && actual[i]! <= at + 40);
  assert.ok(isNear, `at ${actual.join(" ")}, wanted ${wanted.join(" ")}`);
}

const E_TIMES = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

for (const epoch of [1000, 2 ** 31 - 1500, 2 ** 32 - 100]) {
  test(`Timers E and F, clock from ${epoch}: repeated up to T2 apart, then nothing: no 408 exists`, () => {
    const rig = new Rig({ epoch });
    rig.receive(request("OPTIONS"));
    rig.pass(80_000);
    near(times(rig.left, "OPTIONS", destinationAt(0)), E_TIMES);
    const others = rig.left.filter(({ to }) => to === CALLER).map(({ text }) => kind(text));
    assert.deepEqual(others, ["100"]);
    const [trying] = times(rig.left, "100", CALLER);
    assert.ok(trying! >= 3500 && trying! <= 4500, `100 after ${trying} ms`);
    assert.equal(rig.held(), "");
  });

  test(`after a 100, clock from ${epoch}: repeated every T2 until Timer F`, () => {
    const rig = new Rig({ epoch });
    const [options] = rig.receive(request("OPTIONS"));
    rig.pass(100);
    assert.deepEqual(rig.receive(response(options!.text, 100), destinationAt(0)), []);
    rig.pass(80_000);
    const at = times(rig.left, "OPTIONS", destinationAt(0));
    assert.ok(at.length >= 8 && at.length <= 10, at.join(" "));
    for (let i = 2; i < at.length; i++) near([at[i]! - at[i - 1]!], [4000]);
    assert.ok(at.at(-1)! <= 32_000);
  });

  test(`an answered request, clock from ${epoch}: its repetitions are answered for the linger, then it is new`, () => {
    const rig = new Rig({ epoch });
    const [options] = rig.receive(request("OPTIONS"));
    const [passed] = rig.receive(response(options!.text, 404), destinationAt(0));
    for (let i = 0; i < 3; i++) {
      rig.pass(10_000);
      assert.deepEqual(
        rig.receive(request("OPTIONS")).map(({ text }) => text),
        [passed!.text],
      );
      assert.deepEqual(rig.receive(response(options!.text, 404), destinationAt(0)), []);
    }
    rig.pass(5000);
    assert.deepEqual(
      rig.receive(request("OPTIONS")).map(({ text }) => kind(text)),
      ["OPTIONS"],
    );
  });
}

test("a repeated request without an answer gets none", () => {
  const rig = new Rig();
  rig.receive(request("OPTIONS"));
  assert.deepEqual(rig.receive(request("OPTIONS")), []);
});

test("a 2xx to a non-INVITE of another method is dropped", () => {
  const rig = new Rig();
  const [options] = rig.receive(request("OPTIONS"));
  const forged = response(options!.text, 200).replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE");
  assert.deepEqual(rig.receive(forged, destinationAt(0)), []);
  assert.equal(rig.counter("dropped_unmatched_response"), 1);
});

test("a full table sheds with 503 and Retry-After, and takes requests again when there is room", () => {
  const rig = new Rig({ transactions: 8 });
  for (let call = 0; call < 8; call++) assert.equal(rig.receive(request("INVITE", { call })).length, 1);
  for (const method of ["INVITE", "OPTIONS"]) {
    const [shed] = rig.receive(request(method, { call: 9 }));
    assert.equal(kind(shed!.text), "503");
    assert.match(shed!.text, /\r\nRetry-After: \d+\r\n/);
  }
  assert.deepEqual(rig.receive(request("ACK", { call: 9 })), [], "an ACK that belongs to nothing goes nowhere");
  assert.equal(rig.counter("rejected_table_full"), 2);
  rig.pass(120_000, 20);
  assert.equal(rig.held(), "");
  assert.equal(kind(rig.receive(request("INVITE", { call: 10 }))[0]!.text), "INVITE");
});
