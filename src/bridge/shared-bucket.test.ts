import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { intervalOf, keepUp, take, takeAnyway, UNITS, unitsOf } from "./shared-bucket.ts";

/** How many of `tries` takings per millisecond succeed from `from` on, for `milliseconds`. */
function taken(
  words: Int32Array,
  rate: number,
  burst: number,
  from: number,
  milliseconds: number,
  tries: number,
): number {
  let count = 0;
  for (let now = from; now < from + milliseconds; now++)
    for (let i = 0; i < tries; i++) if (take(words, 0, unitsOf(now), intervalOf(rate), burst)) count++;
  return count;
}

test("a budget gives its rate, and no more than its burst at once", () => {
  for (const rate of [1, 7, 100, 3_333, 70_000, 1_000_000]) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const burst = 10 * intervalOf(rate);
    assert.equal(taken(words, rate, burst, 0, 1, 20), 10, `${rate}/s at once`);
    const seconds = rate < 100 ? 100 : 2;
    const tries = Math.ceil(rate / 1000) + 2;
    const count = taken(words, rate, Math.max(burst, 5 * UNITS), 10_000, seconds * 1000, tries);
    const wanted = rate * seconds;
    assert.ok(Math.abs(count - wanted) <= wanted * 0.005 + 12 + rate / 100, `${rate}/s: ${count} of ${wanted}`);
  }
});

test("a budget that nobody asked for any length of time is full, also when the clock has gone round", () => {
  const interval = intervalOf(10);
  const burst = 10 * interval;
  for (const pause of [1_000, 60_000, 134_000, 135_000, 200_000, 268_435, 270_000, 1_000_000, 86_400_000]) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    assert.equal(taken(words, 10, burst, 5_000, 1, 20), 10);
    const after = taken(words, 10, burst, 5_000 + pause, 1, 20);
    // Just when the clock shows the same again, what was spent a moment before it looks as if it still were.
    assert.ok(pause === 268_435 || after === 10, `after ${pause} ms: ${after}`);
  }
});

test("a bucket that was never asked is full, whatever the clock shows", () => {
  const [interval, burst] = [intervalOf(1), 10 * intervalOf(1)];
  for (let at = 0; at < 300_000; at += 997) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    keepUp(words, 0, unitsOf(at));
    let count = 0;
    while (take(words, 0, unitsOf(at), interval, burst)) count++;
    assert.equal(count, 10, `at ${at} ms`);
    // And it is again after any idle time in which it was looked after.
    for (let now = at; now < at + 280_000; now += 1000) keepUp(words, 0, unitsOf(now));
    assert.equal(take(words, 0, unitsOf(at + 280_000), interval, 2 * interval), true, `after ${at} ms`);
  }
});

test("who asks with the smaller burst leaves a reserve to those who ask with the larger one", () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const interval = intervalOf(100);
  const [whole, part] = [20 * interval, 15 * interval];
  let strangers = 0;
  while (take(words, 0, 0, interval, part, whole)) strangers++;
  let trusted = 0;
  while (take(words, 0, 0, interval, whole)) trusted++;
  assert.deepEqual([strangers, trusted], [15, 5]);
});

test("what is taken without asking empties the bucket, and not more than that", () => {
  const words = new Int32Array(new SharedArrayBuffer(4));
  const interval = intervalOf(100);
  const burst = 10 * interval;
  for (let i = 0; i < 1000; i++) takeAnyway(words, 0, 0, interval, burst);
  assert.equal(take(words, 0, 0, interval, burst), false);
  assert.equal(take(words, 0, unitsOf(11), interval, burst), true);
});

test("two threads that take from one bucket get no more than its rate together", async () => {
  const memory = new SharedArrayBuffer(8);
  const url = new URL("./shared-bucket.ts", import.meta.url).href;
  const source = `
    import { workerData, parentPort } from "node:worker_threads";
    import { intervalOf, take, unitsOf } from ${JSON.stringify(url)};
    const words = new Int32Array(workerData);
    let count = 0;
    for (let now = 0; now < 400; now++)
      for (let i = 0; i < 50; i++) if (take(words, 0, unitsOf(now), intervalOf(5_000), 10 * intervalOf(5_000))) count++;
    parentPort.postMessage(count);`;
  const run = () =>
    new Promise<number>((resolve, reject) => {
      const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(source)}`), { workerData: memory });
      worker.once("message", resolve).once("error", reject);
    });
  const [a, b] = await Promise.all([run(), run()]);
  // 5,000/s for 400 ms, and the burst; the threads' made-up clocks may be apart by all of it.
  console.log(`${a + b} of ${2_010} tokens by two threads`);
  assert.ok(a + b <= 2_012 && a + b >= 1_990, `${a} + ${b}`);
});
