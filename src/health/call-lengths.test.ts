// When a draining destination will be empty.
import assert from "node:assert/strict";
import { test } from "node:test";
import { COUNTER_PLACE } from "../bridge/destination-counters.ts";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { CallLengths } from "./call-lengths.ts";

test("the time until empty follows from the last calls' lengths and from how many are left", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  const lengths = new CallLengths(live);
  lengths.adopt([0]);
  live.reserve(0, 0, 0);
  lengths.poll();
  assert.deepEqual([lengths.mean(0), lengths.untilEmpty(0)], [null, null]);
  const end = (calls: number, seconds: number) => {
    live.add(0, 0, COUNTER_PLACE.calls_ended, calls);
    live.add(0, 0, COUNTER_PLACE.call_seconds, calls * seconds);
    lengths.poll();
  };
  end(10, 60);
  assert.deepEqual([lengths.mean(0), lengths.untilEmpty(0)], [60, 60]);
  live.reserve(0, 0, 0);
  assert.equal(lengths.untilEmpty(0), 90);
  end(1000, 120);
  assert.equal(lengths.mean(0), 120, "what was long ago counts no more");
  for (let calls = 0; calls < 2; calls++) live.release(0, 0);
  assert.equal(lengths.untilEmpty(0), 0);
});
