import assert from "node:assert/strict";
import { test } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { earlier, isDue, TICK, Wheel } from "./wheel.ts";

const ROWS = 12;
/** The words of the wheel, and one more. */
const STRIDE = 4;
/** The longest timers: a round of the wheel is 82 s. */
const delay = fc.oneof(fc.nat(100), fc.nat(5000), fc.integer({ min: 81_000, max: 84_000 }), fc.nat(500_000));
const action = fc.oneof(
  fc.record({ kind: fc.constant("arm" as const), row: fc.integer({ min: 1, max: ROWS }), by: delay }),
  fc.record({ kind: fc.constant("disarm" as const), row: fc.integer({ min: 1, max: ROWS }) }),
  fc.record({ kind: fc.constant("postpone" as const), row: fc.integer({ min: 1, max: ROWS }), by: delay }),
  fc.record({ kind: fc.constant("pass" as const), by: delay }),
);
const epoch = fc.oneof(
  fc.constant(0),
  fc.integer({ min: 2 ** 31 - 200_000, max: 2 ** 31 }),
  fc.integer({ min: -(2 ** 31), max: -(2 ** 31) + 200_000 }),
  fc.integer({ min: -200_000, max: 0 }),
);

test("a wheel fires each timer once, at its time, over every wrap of the clock", () => {
  fc.assert(
    fc.property(epoch, fc.array(action, { maxLength: 60 }), (begin, actions) => {
      const wheel = new Wheel(new Int32Array((ROWS + 1) * STRIDE), STRIDE, 1, begin | 0);
      /** Due times in unwrapped milliseconds. */
      const model = new Map<number, number>();
      let at = 0;
      const clock = (time: number): number => (begin + time) | 0;
      for (const one of [...actions, { kind: "pass" as const, by: 2_000_000 }]) {
        if (one.kind === "arm") {
          wheel.arm(one.row, clock(at + one.by));
          model.set(one.row, at + one.by);
        } else if (one.kind === "disarm") {
          wheel.disarm(one.row);
          model.delete(one.row);
        } else if (one.kind === "postpone") {
          // Only later, and only what is armed.
          const due = model.get(one.row);
          if (due === undefined || at + one.by < due) continue;
          wheel.postpone(one.row, clock(at + one.by));
          model.set(one.row, at + one.by);
        } else {
          at += one.by;
          assert.ok(
            wheel.advance(clock(at), (row) => {
              const due = model.get(row);
              assert.ok(due !== undefined, `row ${row} fired without being armed`);
              assert.ok(due <= at, `row ${row} fired ${due - at} ms early`);
              model.delete(row);
            }),
          );
          for (const [row, due] of model) assert.ok(due > at - 2 * TICK, `row ${row} is ${at - due} ms late`);
        }
        assert.equal(wheel.armed, model.size);
      }
      assert.equal(wheel.armed, 0);
    }),
    { numRuns: runs(500) },
  );
});

test("a burst is fired in portions, and what is armed meanwhile is not lost", () => {
  const rows = 3000;
  const wheel = new Wheel(new Int32Array((rows + 1) * STRIDE), STRIDE, 1, 0);
  for (let row = 1; row <= rows; row++) wheel.arm(row, 100);
  const fired = new Map<number, number>();
  let portions = 0;
  const fire = (row: number): void => {
    fired.set(row, (fired.get(row) ?? 0) + 1);
    if (fired.get(row) === 1 && row % 3 === 0) wheel.arm(row, 150);
    // Somebody else's timer, perhaps one that still waits in the same burst.
    if (row % 7 === 0) wheel.disarm((row % rows) + 1);
  };
  for (let now = 110; wheel.armed > 0; now += 10) {
    while (!wheel.advance(now, fire)) portions++;
    assert.ok(now < 1000);
  }
  assert.ok(portions >= 5, `${portions} portions`);
  for (const [row, times] of fired) assert.ok(times <= (row % 3 === 0 ? 2 : 1), `row ${row} fired ${times} times`);
});

test("a timer that is armed while it fires for a time gone by fires a tick later", () => {
  const wheel = new Wheel(new Int32Array(2 * STRIDE), STRIDE, 1, 0);
  wheel.arm(1, 50);
  let fired = 0;
  wheel.advance(50, () => {
    fired++;
    wheel.arm(1, 10);
  });
  assert.equal(fired, 1);
  wheel.advance(60, () => fired++);
  assert.equal(fired, 2);
});

test("times are compared by their difference", () => {
  const top = 2 ** 31 - 1;
  assert.ok(isDue(-(2 ** 31), top) && !isDue(top, -(2 ** 31)) && isDue(5, 5));
  assert.equal(earlier(top, -(2 ** 31)), top);
});
