import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { processorTime } from "../../test/kit/processor-time.ts";
import { threadNumber } from "../net/thread-number.ts";
import { Stillness, stateFrom, threadState } from "./stillness.ts";

describe("stillness", () => {
  it("counts the time without progress, and begins again with progress", () => {
    const stillness = new Stillness(() => ({ isRunnable: false, ran: 0 }));
    assert.equal(stillness.look(1, 7, 100), 0);
    assert.deepEqual([stillness.look(1, 7, 100), stillness.look(1, 7, 150)], [100, 250]);
    assert.equal(stillness.look(2, 7, 100), 0);
    assert.equal(stillness.look(2, 7, 100), 100);
    stillness.reset();
    assert.equal(stillness.look(2, 7, 100), 100);
  });

  it("does not hold against a thread that it waited for a processor, but does what it ran, and that it slept", () => {
    const state = { isRunnable: true, ran: 5000 };
    const stillness = new Stillness(() => ({ ...state }));
    stillness.look(1, 7, 100);
    assert.equal(stillness.look(1, 7, 100), 100);
    assert.equal(stillness.look(1, 7, 100), 100, "it had nothing of the processor");
    state.ran += 10;
    assert.equal(stillness.look(1, 7, 100), 110, "it had a tenth of it, and is no further");
    state.ran += 100;
    assert.equal(stillness.look(1, 7, 100), 210, "it runs in circles");
    state.isRunnable = false;
    assert.equal(stillness.look(1, 7, 100), 310, "it waits for something that does not come");
  });

  it("counts of a look that comes late only what the thread ran, or a part where that is not known", () => {
    const state = { isRunnable: true, ran: 5000 };
    const stillness = new Stillness(() => ({ ...state }));
    stillness.look(1, 7, 100);
    assert.equal(stillness.look(1, 7, 10_000, 100), 100);
    assert.equal(stillness.look(1, 7, 10_000, 100), 100, "the process was stopped");
    state.ran += 450;
    assert.equal(stillness.look(1, 7, 10_000, 100), 550, "it runs in circles");
    state.isRunnable = false;
    assert.equal(stillness.look(1, 7, 10_000, 100), 650, "it sleeps");
  });

  it("counts everything where the system does not say", () => {
    const stillness = new Stillness(() => null);
    stillness.look(1, 0, 100);
    const looks = [1, 2, 3].map(() => stillness.look(1, 0, 100));
    assert.deepEqual([...looks, threadState(0)], [100, 200, 300, null]);
  });

  it("counts everything where the kernel keeps no account of its threads, or a hang would never end", () => {
    const stat = "77 (fairlead-0) (x) R 1 77 77 0";
    assert.deepEqual(stateFrom(stat, "5000000 12 3\n"), { isRunnable: true, ran: 5 });
    assert.equal(stateFrom(stat.replace(" R ", " S "), "5000000 12 3\n")?.isRunnable, false);
    const stillness = new Stillness(() => stateFrom(stat, "0 0 0\n"));
    stillness.look(1, 77, 100);
    const looks = [1, 2, 3].map(() => stillness.look(1, 77, 100));
    assert.deepEqual(looks, [100, 200, 300]);
  });

  const skip = process.platform !== "linux" && "only Linux tells";
  it("Linux tells it of every thread of the process, and of no other", { skip }, () => {
    const own = threadNumber();
    const before = threadState(own);
    // Of a processor, not of the clock: whoever else is busy may have it meanwhile.
    const begin = processorTime();
    while (processorTime() - begin < 30);
    const now = threadState(own);
    assert.deepEqual([before?.isRunnable, now?.isRunnable], [true, true]);
    assert.ok(now!.ran > before!.ran, `${before?.ran} to ${now?.ran}`);
    assert.equal(threadState(1), null);
  });
});
