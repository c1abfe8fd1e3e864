// The stream worker is replaced when it dies and when it hangs, and says so to its successor.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STREAM_WORDS, type StreamStart } from "../bridge/stream-start.ts";
import { NO_TLS } from "../bridge/tls-state.ts";
import { Streams } from "./streams.ts";
import { until } from "./workers.ts";

/** A stream worker that listens at once; the first one then does what `first` says, its successor beats like a heart. */
function entry(first: string): URL {
  const script = `
    import { parentPort, workerData } from "node:worker_threads";
    const words = new Int32Array(workerData.words);
    parentPort.on("message", () => process.exit());
    parentPort.postMessage({ kind: "listening" });
    if (workerData.isRestart) setInterval(() => Atomics.add(words, 1, 1), 50);
    else { ${first} }
    setInterval(() => {}, 1000);`;
  return new URL(`data:text/javascript,${encodeURIComponent(script)}`);
}

function streamsOf(url: URL): { streams: Streams; errors: unknown[] } {
  const errors: unknown[] = [];
  const words = new SharedArrayBuffer(STREAM_WORDS * 4);
  const start = { words } as unknown as StreamStart;
  const silent = () => undefined;
  const log = { debug: silent, info: silent, warn: silent, error: (fields: object) => void errors.push(fields) };
  return { streams: new Streams({ url, start, tls: NO_TLS, log, wake: silent }), errors };
}

// Both wait for most of the time.
describe("a stream worker", { concurrency: true }, () => {
  for (const [what, first] of [
    ["dies", 'setTimeout(() => { throw new Error("broken"); }, 50);'],
    ["hangs", "setTimeout(() => { for (;;); }, 50);"],
  ] as const) {
    test(`that ${what} is replaced`, async () => {
      const { streams, errors } = streamsOf(entry(first));
      assert.equal(await streams.start(), "");
      await until(() => streams.view().restarts === 1, 15_000);
      assert.equal(streams.view().restarts, 1);
      assert.ok(errors.length >= 1);
      const words = streams.view();
      await new Promise((resolve) => setTimeout(resolve, 4_500));
      assert.equal(streams.view().restarts, words.restarts, "the successor lives");
      await streams.stop();
    });
  }
});

test("a stream worker that cannot listen is a failure of the start", async () => {
  const script = `import { parentPort } from "node:worker_threads";
    parentPort.postMessage({ kind: "failed", what: "cannot listen on tcp 192.0.2.1:5060" }); setInterval(() => {}, 1000);`;
  const { streams } = streamsOf(new URL(`data:text/javascript,${encodeURIComponent(script)}`));
  assert.equal(await streams.start(), "cannot listen on tcp 192.0.2.1:5060");
  await streams.stop();
});
