// Every connection is looked at often enough, and nobody is judged by a standstill of ours.
import assert from "node:assert/strict";
import { test } from "node:test";
import { STEP, Sweep } from "./sweep.ts";

class Place {
  isConnected = true;
  isOverdue = false;
  looks = 0;
}

/** A sweep over so many places, whose clock is the test's. */
function sweepOver(count: number): { places: (Place | undefined)[]; closed: Place[]; step: (after?: number) => void } {
  const places: (Place | undefined)[] = Array.from({ length: count }, () => new Place());
  const closed: Place[] = [];
  let now = 1_000;
  const judge = (place: Place): void => {
    place.looks++;
    if (!place.isOverdue) return;
    closed.push(place);
    places[places.indexOf(place)] = undefined;
  };
  const sweep = new Sweep(places, judge, now);
  const step = (after = STEP): void => {
    now += after;
    sweep.step(now);
  };
  return { places, closed, step };
}

test("every connection is looked at four times a second, however many there are", () => {
  for (const count of [1, 10, 1_000, 60_000]) {
    const { places, step } = sweepOver(count);
    for (let at = 0; at < 1_000; at += STEP) step();
    for (const place of places) assert.ok(place !== undefined && place.looks >= 4, `${place?.looks} of 4 looks`);
  }
});

test("who is not connected yet is not judged", () => {
  const { places, closed, step } = sweepOver(1);
  Object.assign(places[0]!, { isConnected: false, isOverdue: true });
  for (let i = 0; i < 100; i++) step();
  assert.deepEqual(closed, []);
});

test("after a standstill of ours nobody is judged before what was sent meanwhile was read, and only once", () => {
  const { places, closed, step } = sweepOver(1);
  places[0]!.isOverdue = true;
  step(1_000);
  assert.deepEqual(closed, []);
  step(1_000);
  assert.equal(closed.length, 1);
});
