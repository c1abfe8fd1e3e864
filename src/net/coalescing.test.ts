// A worker waits for more after a crowd where much comes, and only then. How long is the system's own affair: here it is counted who asks it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench } from "../../test/kit/batched-bench.ts";
import { libcOrThrow } from "../../test/kit/echo-plane.ts";
import { Coalescing } from "./coalescing.ts";
import { chooseIo } from "./io.ts";
import type { Libc } from "./libc.ts";
import { noCounts } from "./plane.ts";

const choice = chooseIo("auto");
const skip = choice.io === "batched" ? false : choice.reason;
/** A clock of Linux that is as coarse as a jiffy. */
const CLOCK_MONOTONIC_COARSE = 6;

/** The system's functions, and what is asked of those that coalescing uses. */
function watched(): { libc: Libc; sleeps: number[]; slack: number[] } {
  const real = libcOrThrow();
  const sleeps: number[] = [];
  const slack: number[] = [];
  const libc: Libc = {
    ...real,
    usleep(microseconds) {
      sleeps.push(microseconds);
      return real.usleep(microseconds);
    },
    prctl(option, value) {
      slack.push(value);
      return real.prctl(option, value);
    },
  };
  return { libc, sleeps, slack };
}

/** Ready for turns. */
function prepared(libc: Libc = watched().libc): Coalescing {
  const coalescing = new Coalescing(libc, noCounts());
  coalescing.prepare();
  return coalescing;
}

/** Turns with so many datagrams each; in how many of them it waited. */
function waits(coalescing: Coalescing, turns: number, came: number, isBehind = false): number {
  return Array.from({ length: turns }, () => coalescing.wait(came, isBehind)).filter(Boolean).length;
}

describe("coalescing", { skip }, () => {
  it("waits after crowds once there have been enough of them, and after nothing less", () => {
    const coalescing = prepared();
    assert.equal(waits(coalescing, 17, 16), 0);
    assert.equal(waits(coalescing, 10, 16), 10);
    assert.equal(waits(coalescing, 10, 15), 0);
    assert.equal(waits(coalescing, 10, 500), 10);
  });

  it("does not wait after a turn that has left something undone", () => {
    const coalescing = prepared();
    assert.equal(waits(coalescing, 100, 64, true), 0);
    assert.equal(waits(coalescing, 1, 64), 1);
  });

  it("begins where a turn has four datagrams on the average", () => {
    const coalescing = prepared();
    waits(coalescing, 1_000, 3);
    assert.equal(waits(coalescing, 1, 16), 0);
    waits(coalescing, 1_000, 4);
    assert.equal(waits(coalescing, 1, 16), 1);
  });

  it("does not take what piles up once for much: 500 datagrams among turns of one or two", () => {
    const coalescing = prepared();
    for (let i = 0; i < 1_000; i++) coalescing.wait(1 + (i & 1), false);
    assert.equal(waits(coalescing, 7, 64, true) + waits(coalescing, 1, 52), 0);
  });

  it("forgets: an hour of much, then turns of one", () => {
    const coalescing = prepared();
    waits(coalescing, 10_000, 60);
    waits(coalescing, 200, 1);
    assert.equal(waits(coalescing, 1, 16), 0);
  });

  it("never waits where a tenth of a millisecond takes the system one of its jiffies", () => {
    const real = libcOrThrow();
    const coarse: Libc = { ...real, clock_getres: (_, at) => real.clock_getres(CLOCK_MONOTONIC_COARSE, at) };
    assert.equal(waits(prepared(coarse), 1_000, 40), 0);
    assert.equal(waits(prepared({ ...real, clock_getres: () => -1 }), 1_000, 40), 0);
  });

  it("counts its waits, and asks to be woken in time", () => {
    const { libc, sleeps, slack } = watched();
    const counts = noCounts();
    const coalescing = new Coalescing(libc, counts);
    coalescing.prepare();
    const waited = waits(coalescing, 100, 16);
    assert.equal(counts.coalescingWaits, waited);
    assert.deepEqual(sleeps, Array<number>(waited).fill(100));
    assert.deepEqual(slack, [1_000]);
  });
});

/** Receives `count` datagrams that waited together; how often the plane slept for more. */
function receiveTogether(count: number, coalesces: boolean): number {
  const { libc, sleeps } = watched();
  using bench = new Bench(["127.0.0.1"], 1, libc, false, false, coalesces);
  for (let i = 0; i < count; i++) bench.send(0, "127.0.0.1", bench.ports[0]!, `OPTIONS ${i}`, "", i + 1);
  bench.flush();
  bench.runUntilIdle(0);
  assert.equal(bench.got.length, count);
  return sleeps.length;
}

describe("a plane that coalesces", { skip }, () => {
  const MUCH = 20 * 64;
  it("waits after the crowd behind whole batches, and not after those", () => {
    assert.equal(receiveTogether(MUCH + 40, true), 1);
    assert.equal(receiveTogether(MUCH, true), 0);
    assert.equal(receiveTogether(MUCH + 15, true), 0);
  });

  it("does nothing of the kind where it is switched off", () => {
    assert.equal(receiveTogether(MUCH + 40, false), 0);
  });
});
