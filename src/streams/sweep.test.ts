// Every connection is looked at often enough, nobody is judged by a standstill of ours, and looking leaves no garbage behind.
import assert from "node:assert/strict";
import { connect, createServer } from "node:net";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { allocatedBy } from "../dispatch/allocation.ts";
import { STEP, Sweep } from "./sweep.ts";
import { Bench } from "./testing/bench.ts";
import { Clock } from "./testing/clock.ts";
import { portOf } from "./testing/secure-bench.ts";

const COUNT = 200;

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

test("looking over connections that are quiet, or slow, leaves next to nothing behind, also after some were overdue", async (t) => {
  const clock = new Clock(t);
  const bench = new Bench({ connections: COUNT, connectionsPerSource: COUNT, idle: 60_000 });
  const server = createServer((socket) => bench.connections.accept(1, socket));
  t.after(() => server.close());
  const port = await portOf(server);
  const come = async (): Promise<void> => {
    for (let i = 0; i < COUNT; i++) {
      const socket = connect(port, "127.0.0.1");
      t.after(() => socket.destroy());
      if (i % 2 === 0) socket.write("OPTIONS ");
    }
    await until("all to be there", () => bench.open === COUNT);
  };
  await come();
  clock.jump(61_000);
  await until("all to be closed", () => bench.open === 0);
  await come();
  const now = performance.now();
  const heapUsed = (): number => process.memoryUsage().heapUsed;
  const looks = (1_000 * COUNT) / 25;
  const allocated = allocatedBy(() => bench.connections.sweep.step(now), heapUsed) / looks;
  assert.equal(bench.open, COUNT);
  t.diagnostic(`${allocated.toFixed(1)} bytes a look`);
  assert.ok(allocated < 8, `${allocated} bytes for each look`);
});
