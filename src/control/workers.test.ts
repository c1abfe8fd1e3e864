import assert from "node:assert/strict";
import { after, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { leastOf } from "../../test/kit/least-of.ts";
import { until as eventually } from "../../test/kit/wait.ts";
import { LiveTables } from "../bridge/live-tables.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { MainRings } from "./main-rings.ts";
import { createSharedMemory } from "./shared-memory.ts";
import { Spare } from "./spare.ts";
import { emptySnapshot } from "./testing/empty-snapshot.ts";
import { SILENT } from "./testing/silent-log.ts";
import { until, Workers } from "./workers.ts";

function lab(count: number) {
  const memory = createSharedMemory(count, false, 1 << 16);
  const live = new LiveTables(memory.live);
  const texts: string[] = [];
  /** For each death, how long its replacement rests (milliseconds). */
  const rests: number[] = [];
  const error = (fields: { restart_in_ms?: number }) => {
    if (fields.restart_in_ms !== undefined) rests.push(fields.restart_in_ms);
  };
  const rings = new MainRings(memory, {
    probeAnswer() {},
    probeUnreachable() {},
    resting() {},
    marked() {},
    accessLog() {},
    log: (_worker, text) => texts.push(text),
  });
  const url = new URL("./testing/stub-worker.ts", import.meta.url);
  const workers = new Workers(
    {
      url,
      spare: new Spare(url, null, () => undefined),
      memory,
      live,
      io: "portable",
      sockets: [],
      bells: [],
      coalesces: false,
      ring() {},
      limits: { transactions: 1, dialogs: 1, messageBytes: 1 },
      receiveBuffer: 1,
      log: { ...SILENT, error },
      onBell: () => rings.drain(),
    },
    emptySnapshot(1),
  );
  after(() => workers.stop());
  return { memory, live, workers, rings, texts, rests };
}

/** A machine that is busy with others makes a replacement late, not early. */
const TRIES = 3;
const PATIENCE = 30_000;

describe("workers", () => {
  it("start, adopt what is published, take records, and stop", async () => {
    const { workers, rings, texts } = lab(2);
    assert.equal(await workers.start(), "");
    assert.deepEqual(
      workers.status().map((status) => [status.isReady, status.generation, status.receiveBuffer]),
      [
        [true, 1, 1],
        [true, 1, 1],
      ],
    );
    const next: Snapshot = { ...emptySnapshot(2), closing: true };
    workers.publish(next);
    assert.deepEqual(await workers.adopted(2, 10_000), []);
    assert.ok(rings.send(0, 0, new Int32Array(6), Buffer.from("OPTIONS sip:x SIP/2.0\r\n\r\n")));
    await until(() => texts.length > 0, PATIENCE);
    assert.match(texts[0] ?? "", /OPTIONS sip:x SIP\/2\.0/);
    await workers.stop();
  });

  it("one that dies is replaced within a second, and its calls are taken back", async () => {
    const took = await leastOf(TRIES, 1000, async () => {
      const { workers, live } = lab(2);
      assert.equal(await workers.start(), "");
      live.reserve(0, 7, 0);
      live.reserve(1, 7, 0);
      workers.publish(emptySnapshot(5));
      assert.deepEqual(await workers.adopted(5, PATIENCE), []);
      const begin = performance.now();
      workers.control.write(0, ControlWord.fault, 1);
      await until(() => workers.status()[0]?.restarts === 1 && workers.status()[0]?.isReady === true, PATIENCE);
      const milliseconds = performance.now() - begin;
      assert.match(workers.status()[0]?.lastFailure ?? "", /injected fault/);
      assert.deepEqual([workers.status()[0]?.generation, workers.status()[1]?.restarts, live.load(7)], [5, 0, 1]);
      await workers.stop();
      return milliseconds;
    });
    assert.ok(took < 1000, `${took} ms`);
  });

  it("one that dies again and again rests before it is replaced, but never for longer than calls wait for answers", async (t) => {
    const { workers, rests } = lab(1);
    assert.equal(await workers.start(), "");
    t.mock.timers.enable({ apis: ["setTimeout"] });
    const isThere = () => workers.status()[0]?.isReady === true;
    const starts: number[] = [];
    for (let deaths = 1; deaths <= 8; deaths++) {
      workers.control.write(0, ControlWord.fault, 1);
      await eventually("its death", () => rests.length === deaths);
      const rest = rests.at(-1)!;
      if (rest > 0) t.mock.timers.tick(rest - 1);
      assert.equal(isThere(), false);
      const begin = performance.now();
      t.mock.timers.tick(1);
      await eventually("its replacement", isThere, PATIENCE);
      starts.push(Math.round(performance.now() - begin));
      assert.equal(workers.status()[0]?.restarts, deaths);
    }
    assert.deepEqual(rests, [0, 100, 200, 400, 800, 1000, 1000, 1000]);
    assert.ok(Math.min(...starts) + Math.max(...rests) < 2000, `starts ${starts}`);
    // The timer of the first spare may be from before: made-up timers would leave it running.
    t.mock.timers.reset();
    await workers.stop();
  });

  it("one that hangs is terminated and replaced within three seconds", async () => {
    const took = await leastOf(TRIES, 3000, async () => {
      const { workers } = lab(1);
      assert.equal(await workers.start(), "");
      const begin = performance.now();
      workers.control.write(0, ControlWord.fault, 2);
      await until(() => workers.status()[0]?.restarts === 1 && workers.status()[0]?.isReady === true, PATIENCE);
      assert.equal(workers.status()[0]?.restarts, 1);
      const milliseconds = performance.now() - begin;
      await workers.stop();
      return milliseconds;
    });
    assert.ok(took < 3000, `${took} ms`);
  });

  it("one that hangs is replaced also by a main that is always late itself", async () => {
    const { workers } = lab(1);
    assert.equal(await workers.start(), "");
    workers.control.write(0, ControlWord.fault, 2);
    const asleep = new Int32Array(new SharedArrayBuffer(4));
    const isReplaced = () => workers.status()[0]?.restarts === 1;
    for (let looks = 0; looks < 40 && !isReplaced(); looks++) {
      Atomics.wait(asleep, 0, 0, 450);
      await pause(5);
    }
    assert.ok(isReplaced());
    await eventually("the replacement", () => workers.status()[0]?.isReady === true, PATIENCE);
    assert.equal(workers.status()[0]?.restarts, 1);
    await workers.stop();
  });

  it("one that stood still while all of the process did is not replaced by a main that is late once", async (t) => {
    // Looks come when the test says so, by a clock that goes on.
    t.mock.timers.enable({ apis: ["setInterval"] });
    const { workers, memory } = lab(1);
    assert.equal(await workers.start(), "");
    const look = () => t.mock.timers.tick(100);
    const beats = () => workers.control.read(0, ControlWord.heartbeat);
    workers.control.write(0, ControlWord.fault, 2);
    let last = -1;
    await eventually("it to stand still", async () => {
      const seen = last;
      last = beats();
      if (seen !== last) await pause(50);
      return seen === last;
    });
    // What was before the first look, and whether it was ready then, is not held against it.
    for (let looks = 0; looks < 2; looks++) look();
    await pause(800);
    look();
    const words = new Int32Array(memory.control, 0, CONTROL_WORDS);
    Atomics.store(words, ControlWord.fault, 0);
    Atomics.notify(words, ControlWord.fault);
    await eventually("it to go on", () => beats() > last);
    look();
    assert.equal(workers.status()[0]?.restarts, 0);
    await workers.stop();
  });
});
