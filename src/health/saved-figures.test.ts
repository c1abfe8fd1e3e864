// How old what was measured and told may be.
import assert from "node:assert/strict";
import { test } from "node:test";
import { recentFigures } from "./saved-figures.ts";

test("what is as old as the limit, or of a time that is as far to come, is not taken over; with 0 nothing is", () => {
  const subject = { set: "a", uri: "sip:x", name: "x" };
  const latency = { ...subject, samples: 1, average: 1, estimate: 1, squares: 0, most: 1, timeouts: 0 };
  const times = [1_000, 4_000, 4_001, 10_000, 15_999, 16_000];
  const all = {
    latencies: times.map((at) => ({ ...latency, at })),
    scores: times.map((at) => ({ ...subject, at, score: 1, configured: 0 })),
  };
  const { latencies, scores } = recentFigures(all, 10_000, 6_000);
  for (const kept of [latencies, scores])
    assert.deepEqual(
      kept.map(({ at }) => at),
      [4_001, 10_000, 15_999],
    );
  assert.deepEqual(recentFigures(all, 10_000, 0), { latencies: [], scores: [] });
});
