// What a plane counts becomes what its worker has counted, and what nobody would look for is said.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Counters, createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { noCounts, type Plane } from "../net/plane.ts";
import { type Context, Count } from "./context.ts";
import { DatagramCount } from "./datagram-count.ts";

test("a socket that does without trains is counted, and said once", () => {
  const memory = createRingMemory();
  const toMain = new Ring(memory);
  const counters = new Counters(createCountersMemory(1), 0);
  const counts = noCounts();
  const datagrams = new DatagramCount(
    { counters, toMain } as unknown as Context,
    { counts, outbox: { flushed: 0 } } as Plane,
  );
  datagrams.update();
  assert.ok(toMain.isEmpty);
  counts.withoutTrains = 1;
  for (let turn = 0; turn < 3; turn++) datagrams.update();
  assert.equal(counters.column[Count.sockets_without_trains], 1);
  const main = new Ring(memory);
  assert.ok(main.next());
  assert.equal(main.kind, RecordKind.log);
  const told = JSON.parse(main.bytes.toString("utf8", main.start, main.end)) as { level: string; message: string };
  assert.equal(told.level, "warn");
  assert.match(told.message, /UDP_SEGMENT/);
  main.take();
  assert.ok(!main.next());
});

test("a plane's waits for more are added once each", () => {
  const counters = new Counters(createCountersMemory(1), 0);
  const counts = noCounts();
  const datagrams = new DatagramCount({ counters } as unknown as Context, { counts, outbox: { flushed: 0 } } as Plane);
  for (const waits of [3, 3, 5]) {
    counts.coalescingWaits = waits;
    datagrams.update();
  }
  assert.equal(counters.column[Count.coalescing_waits], 5);
});
