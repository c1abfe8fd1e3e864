import assert from "node:assert/strict";
import { test } from "node:test";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import { DestinationState } from "../dispatch/types.ts";
import { Rests } from "./rests.ts";

function rig() {
  const live = new LiveTables(createLiveTablesMemory(1));
  let now = 1000;
  const rests = new Rests(live, () => now);
  rests.adopt([0, 1, 2]);
  const pass = (milliseconds: number): void => {
    for (const end = now + milliseconds; now < end; ) {
      now += 100;
      rests.poll();
    }
  };
  return { live, rests, pass };
}

test("a destination rests as long as it asked for, says so, and keeps its state", () => {
  const { live, rests, pass } = rig();
  live.rest(1);
  rests.begin(1, 5_000);
  live.setState(1, DestinationState.trying);
  assert.deepEqual([live.isUsable(1), live.isResting(1), live.state(1)], [false, true, DestinationState.trying]);
  assert.match(rests.reason(1), /asked for 5 s .*503 with Retry-After.*5 s left/);
  pass(4_900);
  assert.equal(live.isUsable(1), false);
  pass(100);
  assert.deepEqual([live.isUsable(1), rests.reason(1), live.state(1)], [true, "", DestinationState.trying]);
});

test("a shorter time that is asked for later does not cut a rest short; a longer one makes it longer", () => {
  const { live, rests, pass } = rig();
  rests.begin(0, 5_000);
  rests.begin(0, 1_000);
  pass(4_000);
  assert.equal(live.isUsable(0), false);
  rests.begin(0, 5_000);
  pass(4_000);
  assert.equal(live.isUsable(0), false);
  pass(1_000);
  assert.equal(live.isUsable(0), true);
});

test("an operator ends it, and so does a reload without the destination", () => {
  const { live, rests } = rig();
  rests.begin(0, 60_000);
  rests.begin(1, 60_000);
  rests.end(0);
  rests.adopt([0, 2]);
  assert.deepEqual([live.isUsable(0), live.isUsable(1)], [true, true]);
});

test("a mark that nobody knows about, of a worker that died meanwhile, goes away within two seconds", () => {
  const { live, pass } = rig();
  live.rest(2);
  pass(2_100);
  assert.equal(live.isUsable(2), true);
});
