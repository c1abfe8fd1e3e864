import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMilliseconds, Latencies } from "./latencies.ts";

test("percentiles are those of the last thousand durations", () => {
  const latencies = new Latencies();
  assert.equal(latencies.percentile(0.5), 0);
  for (let i = 1; i <= 100; i++) latencies.add(i);
  assert.equal(latencies.percentile(0.5), 51);
  assert.equal(latencies.percentile(0.99), 100);
  for (let i = 0; i < 1000; i++) latencies.add(7);
  assert.equal(latencies.percentile(1), 7);
});

test("durations are printed as people read them", () => {
  assert.deepEqual([0, 0.84, 9.96, 120.4].map(formatMilliseconds), ["-", "0.8 ms", "10.0 ms", "120 ms"]);
});
