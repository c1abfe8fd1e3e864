import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { isMainThread, Worker, workerData } from "node:worker_threads";
import { DestinationState } from "../dispatch/types.ts";
import { createLiveTablesMemory, type LiveTablesMemory } from "./live-memory.ts";
import { LiveTables } from "./live-tables.ts";

const SLOT = 4_711;
const MAX = 10;
const ROUNDS = 300_000;

interface Job {
  readonly memory: LiveTablesMemory;
  readonly job: "churn" | "die";
}

/** Reserves and releases at random; returns how often the total was seen outside 0..MAX. */
function churn(live: LiveTables, worker: number): number {
  let held = 0;
  let wrong = 0;
  for (let i = 0; i < ROUNDS; i++) {
    if (live.random() % 2 === 0) {
      if (live.reserve(worker, SLOT, MAX)) held++;
    } else if (held > 0) {
      live.release(worker, SLOT);
      held--;
    } else live.release(worker, SLOT); // more releases than reservations change nothing
    const load = live.load(SLOT);
    if (load < held || load > MAX) wrong++;
  }
  for (; held > 0; held--) live.release(worker, SLOT);
  return wrong;
}

function work({ memory, job }: Job): void {
  const live = new LiveTables(memory, 1);
  if (job === "churn") process.exitCode = churn(live, 1) === 0 ? 0 : 1;
  else for (let i = 0; i < 7; i++) live.reserve(1, SLOT + (i % 2), 0);
}

function start(job: Job): Promise<number> {
  const worker = new Worker(new URL(import.meta.url), { workerData: job });
  return new Promise((resolve, reject) => {
    worker.once("exit", resolve);
    worker.once("error", reject);
  });
}

function tests(): void {
  describe("the live tables", () => {
    it("never count more calls than max nor fewer than none while two threads reserve and release", async () => {
      const memory = createLiveTablesMemory(2);
      const live = new LiveTables(memory, 0);
      const other = start({ memory, job: "churn" });
      await new Promise((resolve) => setTimeout(resolve, 30));
      assert.equal(churn(live, 0), 0, "seen by this thread");
      assert.equal(await other, 0, "seen by the other thread");
      assert.equal(live.load(SLOT), 0);
    });

    it("forget a dead worker's calls and keep the others'", async () => {
      const memory = createLiveTablesMemory(2);
      const live = new LiveTables(memory, 0);
      assert.equal(live.reserve(0, SLOT, 0), true);
      assert.equal(await start({ memory, job: "die" }), 0);
      assert.deepEqual([live.load(SLOT), live.load(SLOT + 1)], [5, 3]);
      assert.equal(live.forgetWorker(1), 7);
      assert.deepEqual([live.load(SLOT), live.load(SLOT + 1)], [1, 0]);
      assert.equal(live.forgetWorker(1), 0);
      live.release(1, SLOT);
      assert.equal(live.load(SLOT), 1, "a replacement takes back only what it reserved itself");
    });

    it("refuse a call beyond max and take it again after a release", () => {
      const live = new LiveTables(createLiveTablesMemory(1));
      assert.equal(live.reserve(0, 1, 2) && live.reserve(0, 1, 2), true);
      assert.equal(live.reserve(0, 1, 2), false);
      live.release(0, 1);
      assert.equal(live.reserve(0, 1, 2), true);
      assert.equal(live.reserve(0, 1, 0), true, "0 means no limit");
    });

    it("count turns from 0 on and go on at 0 after 2^31 - 1", () => {
      const live = new LiveTables(createLiveTablesMemory(1));
      assert.deepEqual([live.turn(3), live.turn(3), live.turn(2)], [0, 1, 0]);
      assert.ok(live.moveCursor(3, live.cursor(3), 0x7fffffff));
      assert.deepEqual([live.turn(3), live.turn(3), live.turn(3)], [0x7fffffff, 0, 1]);
    });

    it("give every worker its own random numbers", () => {
      const memory = createLiveTablesMemory(1);
      const first = new Set(Array.from({ length: 16 }, (_, seed) => new LiveTables(memory, seed).random()));
      assert.equal(first.size, 16);
    });

    it("keep the peak of answer times, and come down from it by eighths, to the truth in the end", () => {
      const live = new LiveTables(createLiveTablesMemory(1));
      const after = (micros: number): number => {
        live.noteAnswerTime(4, micros);
        return live.answerTime(4);
      };
      assert.deepEqual([after(10_000), after(90_000), after(10_000)], [10_000, 90_000, 79_999]);
      for (let i = 0; i < 200; i++) after(10_000);
      assert.equal(live.answerTime(4), 10_000);
      assert.equal(live.answerTime(5), 0);
    });

    it("treat active and trying destinations as usable and no others", () => {
      const live = new LiveTables(createLiveTablesMemory(1));
      for (const state of Object.values(DestinationState)) {
        live.setState(9, state);
        assert.equal(live.isUsable(9), state === DestinationState.active || state === DestinationState.trying);
      }
    });

    it("keep counters per destination over all workers, and clear them with the row", () => {
      const live = new LiveTables(createLiveTablesMemory(2));
      live.count(0, 5, 0);
      live.count(1, 5, 0);
      live.count(1, 6, 0);
      live.noteFailure(5);
      live.latencies.set(5, 900);
      live.noteAnswerTime(5, 800);
      assert.equal(live.counter(5, "requests"), 2);
      live.clear(5);
      assert.deepEqual([live.counter(5, "requests"), live.counter(6, "requests")], [0, 1]);
      assert.deepEqual([live.failures(5), live.latency(5), live.answerTime(5)], [0, 0, 0]);
    });
  });
}

if (isMainThread) tests();
else work(workerData as Job);
