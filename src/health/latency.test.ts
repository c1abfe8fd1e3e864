// The estimate of a destination's round trip, sample by sample, with the figures worked out by hand.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Latency } from "./latency.ts";

/** What it is lately and usually, in microseconds, after these round trips in milliseconds. */
function after(latency: Latency, samples: readonly number[], newestShare = 0.1): [number, number] {
  for (const sample of samples) latency.add(sample, newestShare);
  return [latency.micros, latency.usualMicros];
}

const TEN = [6, 8, 4, 10, 2, 6, 8, 4, 10, 2];

test("the first nine round trips count alike; from the tenth on the newest one has its share", () => {
  assert.deepEqual(after(new Latency(), [7]), [7000, 7000]);
  assert.deepEqual(after(new Latency(), [10, 20]), [15_000, 15_000]);
  // 58 over 9 is 6.4444; then a tenth of 2 and nine tenths of that.
  assert.deepEqual(after(new Latency(), TEN.slice(0, 9)), [6444, 6444]);
  assert.deepEqual(after(new Latency(), TEN), [6000, 6000]);
  assert.deepEqual(after(new Latency(), TEN, 0.5), [4222, 6000]);
});

test("one that grows slow is above its average, and one that is quick again soon is not", () => {
  const latency = new Latency();
  assert.deepEqual(after(latency, TEN), [6000, 6000]);
  // Eleventh: 10.6 + 5.4 and 60 + 106 over 11; twelfth: 10.6 + 14.4 and 272 over 12.
  assert.deepEqual(after(latency, [106]), [16_000, 15_091]);
  assert.deepEqual(after(latency, [106]), [25_000, 22_667]);
  const [lately, usually] = after(latency, new Array<number>(40).fill(6));
  assert.ok(lately < usually, `${lately} of ${usually}`);
});

test("who is steady for more than ten round trips is known as if for ten thousand: its average hardly moves", () => {
  const steady = new Latency();
  after(steady, new Array<number>(11).fill(5));
  // 5 + 100/10,001.
  assert.deepEqual(after(steady, [105]), [15_000, 5010]);
  const unsteady = new Latency();
  after(unsteady, TEN);
  assert.equal(after(unsteady, [6])[1], 6000);
  assert.equal(after(unsteady, [126])[1], 16_000);
});

test("what is preset is known as if for ten thousand round trips, what another process has found out as if for ten", () => {
  assert.deepEqual(after(new Latency(5000, 5000, true), [105]), [15_000, 5010]);
  assert.deepEqual(after(new Latency(16_000, 5000), []), [16_000, 5000]);
  // 5 + 11/11, and 1.6 + 14.4.
  assert.deepEqual(after(new Latency(16_000, 5000), [16]), [16_000, 6000]);
  assert.deepEqual(after(new Latency(0, 0), [8]), [8000, 8000]);
});

test("how far round trips are from their average, the longest of them, and how many had no answer", () => {
  const latency = new Latency();
  const figures = () => [latency.deviation.toFixed(4), latency.most, latency.timeouts];
  assert.deepEqual(figures(), ["0.0000", 0, 0]);
  after(latency, [6]);
  assert.deepEqual(figures(), ["0.0000", 6, 0]);
  // Squares of 0, 2, 2, 4, 4 and again are 80, over 9.
  after(latency, TEN.slice(1));
  assert.deepEqual(figures(), ["2.9814", 10, 0]);
  latency.addTimeout();
  latency.addTimeout();
  assert.deepEqual([figures(), latency.micros], [["2.9814", 10, 2], 6000]);
  // What is preset is the longest, and has always been so.
  const preset = new Latency(5000, 5000, true);
  assert.deepEqual([preset.deviation, preset.most], [0, 5]);
  // 100 above 5, times what is left above 5 + 100/10,001, are 9,999 over 10,000; of that the root.
  after(preset, [105]);
  assert.deepEqual([preset.deviation.toFixed(5), preset.most], ["0.99995", 105]);
});

test("one that goes on from what was written down is the same as one that never stopped", () => {
  const latency = new Latency();
  after(latency, [...TEN, 40, 3]);
  latency.addTimeout();
  latency.measuredAt = 77;
  const copy = Latency.of(JSON.parse(JSON.stringify(latency.figures)));
  assert.deepEqual(copy.figures, latency.figures);
  assert.deepEqual([copy.measuredAt, copy.timeouts, copy.most], [77, 1, 40]);
  assert.deepEqual(after(copy, TEN), after(latency, TEN));
  assert.equal(copy.deviation, latency.deviation);
});

test("an answer without delay is known to be one", () => {
  assert.deepEqual(after(new Latency(), [0, 0]), [1, 0]);
});

test("after two million round trips new ones still count", () => {
  const latency = new Latency();
  for (let i = 0; i < 2 ** 21 + 10; i++) latency.add(i % 2 === 0 ? 4 : 6, 0.1);
  assert.ok(Math.abs(latency.usualMicros - 5000) < 2, `${latency.usualMicros}`);
  for (let i = 0; i < 2 ** 21; i++) latency.add(15, 0.1);
  // 15 - 10/e.
  assert.ok(Math.abs(latency.usualMicros - 11_321) < 10, `${latency.usualMicros}`);
});
