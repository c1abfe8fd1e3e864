import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import type { Worker } from "node:worker_threads";
import { niceOf } from "../../test/kit/nice-of.ts";
import { loadLibc } from "../net/libc.ts";
import { priorityToReturnTo } from "../net/priority.ts";
import { Spare } from "./spare.ts";
import { until } from "./workers.ts";

/** The word of a spare that is warm, and nothing else. */
const url = new URL(
  `data:text/javascript,${encodeURIComponent(
    'import { parentPort } from "node:worker_threads"; parentPort.on("message", () => {}); parentPort.postMessage({ kind: "spare", thread: 0 });',
  )}`,
);

/** A spare that says which thread it is, and then does nothing that could bring it forward. */
const numbered = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from "node:worker_threads";
    import { threadNumber } from ${JSON.stringify(new URL("../net/thread-number.ts", import.meta.url).href)};
    parentPort.on("message", () => {});
    parentPort.postMessage({ kind: "spare", thread: threadNumber() });
  `)}`,
);
const loaded = loadLibc();
const libc = loaded.ok ? loaded.libc : null;
const ordinary = libc === null ? null : priorityToReturnTo(libc);

describe("the spare", () => {
  const skip = ordinary === null && "this process may not raise a priority again (CAP_SYS_NICE, ulimit -e)";
  it("stands back until it is taken, and not for a moment longer, whatever it does itself", { skip }, async (t) => {
    assert.ok(libc !== null);
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const spare = new Spare(numbered, libc, () => undefined);
    after(() => spare.stop());
    spare.provide();
    t.mock.timers.tick(10_000);
    t.mock.timers.reset();
    await until(() => spare.isReady, 30_000);
    assert.deepEqual(niceOf("fairlead-spare"), [19]);
    const thread = spare.take();
    const nice = niceOf("fairlead-spare");
    await thread?.terminate();
    assert.deepEqual(nice, [ordinary]);
  });

  it("is made ten seconds after the start, but not while somebody waits for main", async (t) => {
    const made: Worker[] = [];
    const count = (worker: Worker) => made.push(worker);
    process.on("worker", count);
    after(() => process.off("worker", count));
    // Threads are told of at the end of a turn of the event loop.
    const threads = async (): Promise<number> => {
      await new Promise((done) => setImmediate(done));
      return made.length;
    };
    let isBusy = false;
    const lost: string[] = [];
    const spare = new Spare(
      url,
      null,
      (why) => lost.push(why),
      () => isBusy,
    );
    after(() => spare.stop());
    t.mock.timers.enable({ apis: ["setTimeout"] });
    spare.provide();
    t.mock.timers.tick(9_999);
    assert.equal(await threads(), 0);
    isBusy = true;
    t.mock.timers.tick(1);
    t.mock.timers.tick(3_000);
    assert.equal(await threads(), 0, "made while main was busy");
    isBusy = false;
    t.mock.timers.tick(500);
    assert.equal(await threads(), 1, "not made when main was free again");
    t.mock.timers.reset();
    await until(() => spare.isReady, 30_000);
    assert.equal(spare.isReady, true, lost.join());
  });

  it("waits for a processor if it is the first, and not if it replaces one that was missed", async (t) => {
    const made: Worker[] = [];
    const count = (worker: Worker) => made.push(worker);
    process.on("worker", count);
    after(() => process.off("worker", count));
    const threads = async (): Promise<number> => {
      await new Promise((done) => setImmediate(done));
      return made.length;
    };
    let isFull = true;
    const spare = new Spare(
      url,
      libc,
      () => undefined,
      () => false,
      () => isFull,
    );
    after(() => spare.stop());
    t.mock.timers.enable({ apis: ["setTimeout"] });
    spare.provide();
    t.mock.timers.tick(10_000);
    for (let waited = 0; waited < 4_000; waited += 500) t.mock.timers.tick(500);
    assert.equal(await threads(), 0, "made while there was no processor for it");
    isFull = false;
    t.mock.timers.tick(500);
    assert.equal(await threads(), 1);
    t.mock.timers.reset();
    await until(() => spare.isReady, 30_000);
    const thread = spare.take();
    isFull = true;
    t.mock.timers.enable({ apis: ["setTimeout"] });
    spare.provide();
    t.mock.timers.tick(10_000);
    const next = await threads();
    t.mock.timers.reset();
    await thread?.terminate();
    assert.equal(next, 2, "a worker has died: the next one has to be there");
  });

  it("does not wait for a processor any more when a worker has died without it", async (t) => {
    const made: Worker[] = [];
    const count = (worker: Worker) => made.push(worker);
    process.on("worker", count);
    after(() => process.off("worker", count));
    const spare = new Spare(
      url,
      null,
      () => undefined,
      () => false,
      () => true,
    );
    after(() => spare.stop());
    t.mock.timers.enable({ apis: ["setTimeout"] });
    spare.provide();
    t.mock.timers.tick(10_000);
    assert.equal(spare.take(), null);
    t.mock.timers.tick(500);
    t.mock.timers.reset();
    await new Promise((done) => setImmediate(done));
    assert.equal(made.length, 1);
  });

  it("does not wait for ever for a main that is always busy", async (t) => {
    const made: Worker[] = [];
    const count = (worker: Worker) => made.push(worker);
    process.on("worker", count);
    after(() => process.off("worker", count));
    const spare = new Spare(
      url,
      null,
      () => undefined,
      () => true,
      () => true,
    );
    after(() => spare.stop());
    t.mock.timers.enable({ apis: ["setTimeout"] });
    spare.provide();
    t.mock.timers.tick(10_000);
    for (let waited = 0; waited < 10_000; waited += 500) t.mock.timers.tick(500);
    t.mock.timers.reset();
    await new Promise((done) => setImmediate(done));
    assert.equal(made.length, 1);
  });
});
