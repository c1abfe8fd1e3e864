import assert from "node:assert/strict";
import { test } from "node:test";
import { RecordKind } from "../bridge/handoff.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { Exchange } from "./exchange.ts";
import { Rig } from "./rig-fake.ts";

const nobody = new Int32Array(6);
const nothing = Buffer.alloc(0);

test("a main that rests is rung once for what waits in its ring; one that looks by itself is not, but for probes", () => {
  const { context } = new Rig();
  const control = new Int32Array(2 * CONTROL_WORDS);
  const woken: number[] = [];
  const around = { incoming: [], streams: null, outgoing: [null], control, now: () => 0, adopt() {} };
  const exchange = new Exchange(context, { ...around, wake: (thread) => void woken.push(thread) });
  const mark = () =>
    assert.ok(context.toMain.push(RecordKind.marked, 0, 503, nobody, 0, nobody, 0, nothing, 0, 0), "the ring is full");
  const rung = () => {
    exchange.ring();
    return woken.splice(0);
  };
  const main = context.workers;
  mark();
  assert.deepEqual(rung(), []);
  exchange.tellMain(RecordKind.probeAnswer, 0, nobody, 0, nothing, 0, 0);
  assert.deepEqual(rung(), [main]);
  while (context.toMain.next()) context.toMain.take();
  control[ControlWord.mainRests] = 1;
  assert.deepEqual(rung(), [], "there is nothing for it");
  mark();
  assert.deepEqual(rung(), [main]);
  mark();
  assert.deepEqual([rung(), control[ControlWord.mainRests]], [[], 0], "once is enough");
});
