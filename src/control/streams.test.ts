// The stream worker is replaced when it dies and when it hangs, and says so to its successor.
import assert from "node:assert/strict";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import { STREAM_WORDS, type StreamStart, StreamWord } from "../bridge/stream-start.ts";
import { NO_TLS } from "../bridge/tls-state.ts";
import type { Libc } from "../net/libc.ts";
import { Streams } from "./streams.ts";

/** A stream worker that listens at once; the first one then does what `first` says, its successor beats like a heart. */
function entry(first: string): URL {
  const script = `
    import { parentPort, workerData } from "node:worker_threads";
    const words = new Int32Array(workerData.words);
    parentPort.on("message", () => process.exit());
    parentPort.postMessage({ kind: "listening" });
    if (workerData.isRestart) setInterval(() => Atomics.add(words, ${StreamWord.heartbeat}, 1), 5);
    else setTimeout(() => { ${first} }, 50);
    setInterval(() => {}, 1000);`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

/** How often the heartbeat is looked at, and with which look without one it is too long (streams.ts). */
const LOOK = 500;
const TOO_MANY = 6;

interface Watched {
  readonly streams: Streams;
  readonly errors: unknown[];
  readonly words: Int32Array;
  /** Descriptors that it has closed. */
  readonly closed: number[];
}

function streamsOf(url: URL): Watched {
  const errors: unknown[] = [];
  const closed: number[] = [];
  const words = new Int32Array(new SharedArrayBuffer(STREAM_WORDS * 4));
  const start = { words: words.buffer, limits: { connections: 16 }, listeners: [{}] } as unknown as StreamStart;
  const libc = { close: (fd: number) => closed.push(fd) } as unknown as Libc;
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: (fields: object) => void errors.push(fields) };
  const streams = new Streams({ url, start, libc, tls: NO_TLS, log, wake: silent });
  return { streams, errors, words, closed };
}

for (const [what, first] of [
  ["dies", 'throw new Error("broken");'],
  ["hangs", "for (;;);"],
] as const) {
  test(`a stream worker that ${what} is replaced`, async (t) => {
    // Looks are made by the test: nothing has to be waited for, and nobody is late because the machine is.
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { streams, errors, words } = streamsOf(entry(first));
    t.after(() => streams.stop());
    assert.equal(await streams.start(), "");
    if (what === "hangs") {
      for (let looks = 0; looks < TOO_MANY - 1; looks++) t.mock.timers.tick(LOOK);
      assert.deepEqual(errors, [], "not before its time");
      t.mock.timers.tick(LOOK);
    }
    await until("its end", () => streams.view().restarts === 1);
    assert.ok(errors.length >= 1);
    await until("the successor", () => streams.view().ready);
    for (let looks = 0; looks < 2 * TOO_MANY; looks++) {
      const beats = Atomics.load(words, StreamWord.heartbeat);
      await until("a beat", () => Atomics.load(words, StreamWord.heartbeat) !== beats);
      t.mock.timers.tick(LOOK);
    }
    assert.equal(streams.view().restarts, 1, "the successor lives");
  });
}

test("what a stream worker held is closed when it is gone, what it listened on stays open until the end", async () => {
  const { streams, closed } = streamsOf(
    entry(`
      const descriptors = new Int32Array(workerData.descriptors);
      descriptors.set([101, 102, 103], 1);
      descriptors[descriptors.length - 1] = 104;
      throw new Error("broken");`),
  );
  assert.equal(await streams.start(), "");
  await until("its end", () => streams.view().restarts === 1);
  assert.deepEqual(closed, [101, 102, 103], "before there is a successor");
  await until("the successor", () => streams.view().ready);
  await streams.stop();
  assert.deepEqual(closed, [101, 102, 103, 104]);
});

test("a stream worker that cannot listen is a failure of the start", async (t) => {
  const script = `import { parentPort } from "node:worker_threads";
    parentPort.postMessage({ kind: "failed", what: "cannot listen on tcp 192.0.2.1:5060" }); setInterval(() => {}, 1000);`;
  const { streams } = streamsOf(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  t.after(() => streams.stop());
  assert.equal(await streams.start(), "cannot listen on tcp 192.0.2.1:5060");
});
