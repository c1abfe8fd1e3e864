import assert from "node:assert/strict";
import { after, describe, it, type TestContext } from "node:test";
import { niceOf } from "../../test/kit/nice-of.ts";
import { type Libc, loadLibc } from "../net/libc.ts";
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

/** How many threads were made since this was called; they are told of at the end of a turn of the event loop. */
function threadsMade(): () => Promise<number> {
  let made = 0;
  const count = () => made++;
  process.on("worker", count);
  after(() => process.off("worker", count));
  return async () => {
    await new Promise((done) => setImmediate(done));
    return made;
  };
}

/** A spare that is made by a clock of the test's own. */
function spareOf(t: TestContext, isBusy: () => boolean, isFull: () => boolean, own: Libc | null = null): Spare {
  const spare = new Spare(url, own, () => undefined, isBusy, isFull);
  after(() => spare.stop());
  t.mock.timers.enable({ apis: ["setTimeout"] });
  spare.provide();
  return spare;
}

const never = () => false;
const always = () => true;

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
    const threads = threadsMade();
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
    const threads = threadsMade();
    let isFull = true;
    const spare = spareOf(t, never, () => isFull, libc);
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
    const threads = threadsMade();
    const spare = spareOf(t, never, always);
    t.mock.timers.tick(10_000);
    assert.equal(spare.take(), null);
    t.mock.timers.tick(500);
    t.mock.timers.reset();
    assert.equal(await threads(), 1);
  });

  it("does not wait for ever for a main that is always busy", async (t) => {
    const threads = threadsMade();
    spareOf(t, always, always);
    t.mock.timers.tick(10_000);
    for (let waited = 0; waited < 10_000; waited += 500) t.mock.timers.tick(500);
    t.mock.timers.reset();
    assert.equal(await threads(), 1);
  });
});
