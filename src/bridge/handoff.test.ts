import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { fc, runs } from "../../test/kit/property.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { createRingMemory, RecordKind, Ring, type RingMemory } from "./handoff.ts";

const LARGEST = 65_507;
const SOAK_RECORDS = 200_000;
const SOAK_BYTES = 1 << 18;
const NOWHERE = new Int32Array(4);

/** Text to cut records out of: every offset looks different. */
const TEXT = Buffer.from(Array.from({ length: LARGEST + 4_096 }, (_, i) => (i * 131 + (i >> 7) * 17) & 0xff));

interface Soak {
  readonly memory: RingMemory;
  readonly pause: Int32Array;
}

/** What record `i` of the soak is. */
function soakRecord(i: number): { length: number; from: number } {
  return { length: i % 997 === 0 ? LARGEST : (i * 37) % 1_500, from: i % 4_000 };
}

function produce({ memory, pause }: Soak): void {
  const ring = new Ring(memory);
  const peer = new Int32Array(ENDPOINT_WORDS);
  for (let i = 0; i < SOAK_RECORDS; i++) {
    const { length, from } = soakRecord(i);
    peer[0] = i;
    peer[5] = ~i;
    while (!ring.push(RecordKind.send, i & 63, i, peer, 0, peer, 0, TEXT, from, from + length))
      Atomics.wait(pause, 0, 0, 0.05);
  }
}

function tests(): void {
  describe("a hand-off ring", () => {
    const step = (capacity: number) =>
      fc.oneof(
        fc.record({ push: fc.constant(true), length: fc.integer({ min: 0, max: Math.min(LARGEST, capacity + 64) }) }),
        fc.record({ push: fc.constant(true), length: fc.integer({ min: 0, max: Math.min(LARGEST, capacity >> 3) }) }),
        fc.record({ push: fc.constant(false), length: fc.constant(0) }),
      );
    const small = fc.integer({ min: 2, max: 40 }).map((granules) => granules * 64);
    const large = fc.integer({ min: 2_051, max: 4_000 }).map((granules) => granules * 64);

    for (const [name, capacities] of [
      ["of 128 to 2,560 bytes", small],
      ["of 128 to 250 KiB, with datagrams of up to 65,507 bytes", large],
    ] as const) {
      it(`${name} gives back what was put in, in order, and takes all that fits`, () => {
        const walks = capacities.chain((capacity) =>
          fc.record({
            capacity: fc.constant(capacity),
            steps: fc.array(step(capacity), { maxLength: 200, size: "max" }),
          }),
        );
        fc.assert(
          fc.property(walks, ({ capacity, steps }) => new Model(capacity).run(steps)),
          { numRuns: runs(300) },
        );
      });
    }

    it("refuses a record of more than half its size, so that none waits for ever", () => {
      const ring = new Ring(createRingMemory(1_024));
      const push = (length: number) => ring.push(RecordKind.log, 0, 0, NO_PEER, 0, NOWHERE, 0, TEXT, 0, length);
      assert.equal(push(449), false);
      for (let i = 0; i < 100; i++) {
        assert.equal(push(448), true, `round ${i}`);
        assert.equal(ring.next(), true);
        ring.take();
        // Moves the position on, so that the next round starts elsewhere.
        assert.equal(push(i % 120), true);
        assert.equal(ring.next(), true);
        ring.take();
        assert.equal(ring.isEmpty, true);
      }
    });

    it("is never made of a size that its arithmetic does not hold for", () => {
      assert.throws(() => createRingMemory(1_000), RangeError);
      assert.throws(() => createRingMemory(64), RangeError);
    });

    it("lets a replacement go on where a dead producer or consumer stopped", () => {
      const memory = createRingMemory(1_024);
      const push = (time: number) =>
        new Ring(memory).push(RecordKind.datagram, 0, time, NO_PEER, 0, NOWHERE, 0, TEXT, 0, 100);
      for (let i = 0; i < 30; i++) {
        assert.equal(push(i), true);
        const dead = new Ring(memory);
        assert.equal(dead.next(), true);
        const replacement = new Ring(memory);
        assert.equal(replacement.next(), true);
        assert.equal(replacement.time, i);
        replacement.take();
      }
    });

    it("drops the record that killed its consumer, and no other", () => {
      const memory = createRingMemory(1_024);
      const producer = new Ring(memory);
      const push = (time: number) => producer.push(RecordKind.datagram, 0, time, NO_PEER, 0, NOWHERE, 0, TEXT, 0, 10);
      assert.ok(push(1) && push(2) && push(3));
      const dead = new Ring(memory);
      assert.ok(dead.next());
      const second = new Ring(memory);
      second.discardOpened();
      assert.ok(second.next() && second.time === 2);
      second.take();
      const third = new Ring(memory);
      third.discardOpened();
      assert.ok(third.next() && third.time === 3);
    });

    it(`carries ${SOAK_RECORDS} records from one thread to another unharmed`, { timeout: 60_000 }, async () => {
      const memory = createRingMemory(SOAK_BYTES);
      const pause = new Int32Array(new SharedArrayBuffer(4));
      const producer = new Worker(new URL(import.meta.url), { workerData: { memory, pause } satisfies Soak });
      const gone = new Promise((resolve) => producer.once("exit", resolve));
      const ring = new Ring(memory);
      for (let i = 0; i < SOAK_RECORDS; i++) {
        while (!ring.next()) Atomics.wait(pause, 0, 0, 0.05);
        const { length, from } = soakRecord(i);
        const same = TEXT.compare(ring.bytes, ring.start, ring.end, from, from + length) === 0;
        assert.ok(same && ring.end - ring.start === length, `bytes of record ${i}`);
        assert.ok(
          ring.time === i && ring.listener === (i & 63) && ring.peer[0] === i && ring.peer[5] === ~i,
          `header ${i}`,
        );
        ring.take();
      }
      assert.equal(await gone, 0);
      assert.equal(ring.isEmpty, true);
    });
  });
}

const NO_PEER = new Int32Array(ENDPOINT_WORDS);

/** A ring beside a plain queue. Producer and consumer are two views, as in two threads. */
class Model {
  readonly #capacity: number;
  readonly #producer: Ring;
  readonly #consumer: Ring;
  readonly #queue: { readonly length: number; readonly number: number }[] = [];
  #number = 0;
  #largest = 0;

  constructor(capacity: number) {
    const memory = createRingMemory(capacity);
    this.#capacity = capacity;
    this.#producer = new Ring(memory);
    this.#consumer = new Ring(memory);
  }

  run(steps: readonly { readonly push: boolean; readonly length: number }[]): void {
    for (const { push, length } of steps) {
      if (push) this.#push(length);
      else this.#take();
    }
    while (this.#queue.length > 0) this.#take();
    this.#take();
  }

  #push(length: number): void {
    const number = this.#number++;
    const from = number % 4_000;
    const peer = Int32Array.of(-1, number, 2, 3, 4, 5, 6);
    const local = Int32Array.of(-1, 10, 11, 12, 13);
    const pushed = this.#producer.push(RecordKind.send, 7, number, peer, 1, local, 1, TEXT, from, from + length);
    const size = recordBytes(length);
    if (size > this.#capacity / 2) {
      assert.equal(pushed, false, "larger than half the ring");
      return;
    }
    this.#largest = Math.max(this.#largest, size);
    const used = this.#queue.reduce((sum, record) => sum + recordBytes(record.length), 0);
    if (pushed) {
      assert.ok(used + size < this.#capacity, "one granule stays free");
      this.#queue.push({ length, number });
      return;
    }
    assert.ok(used > 0, "an empty ring takes half its size");
    // What is free lies at the end and at the front, too small on both sides, and what was skipped is less than a record.
    assert.ok(used + this.#largest + 2 * size + 64 > this.#capacity, "room was refused");
  }

  #take(): void {
    const expected = this.#queue.shift();
    const ring = this.#consumer;
    assert.equal(ring.isEmpty, expected === undefined);
    assert.equal(ring.next(), expected !== undefined);
    if (expected === undefined) return;
    assert.equal(ring.next(), true, "looking twice is looking once");
    const from = expected.number % 4_000;
    assert.equal(ring.end - ring.start, expected.length);
    assert.equal(TEXT.compare(ring.bytes, ring.start, ring.end, from, from + expected.length), 0);
    assert.equal(ring.time, expected.number);
    assert.equal(ring.kind, RecordKind.send);
    assert.equal(ring.listener, 7);
    assert.deepEqual([...ring.peer], [expected.number, 2, 3, 4, 5, 6]);
    assert.deepEqual([...ring.local], [10, 11, 12, 13]);
    ring.take();
  }
}

function recordBytes(length: number): number {
  return Math.ceil((64 + length) / 64) * 64;
}

if (isMainThread) tests();
else produce(workerData as Soak);
