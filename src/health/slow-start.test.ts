// A destination that comes back has a tenth of its share at first, and all of it when its time is over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { SlowStart } from "./slow-start.ts";

test("the share rises from a tenth to the whole, evenly, and a reload without slow start ends it", () => {
  const live = new LiveTables(createLiveTablesMemory(1));
  let now = 0;
  const slow = new SlowStart(live, () => now);
  slow.adopt([{ slot: 3, time: 10_000 }]);
  assert.equal(live.heldBack(3), 0);
  slow.begin(3);
  const held = [0, 5000, 9000, 10_000].map((at) => {
    now = at;
    slow.poll();
    return live.heldBack(3);
  });
  assert.deepEqual(held, [230, 128, 26, 0]);
  slow.begin(3);
  assert.equal(live.heldBack(3), 230);
  slow.adopt([{ slot: 3, time: 0 }]);
  assert.equal(live.heldBack(3), 0);
});
