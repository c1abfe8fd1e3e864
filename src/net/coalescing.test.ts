// A worker waits for more after a crowd, and only then. How long is the system's own affair: here it is counted who asks it.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Bench } from "../../test/kit/batched-bench.ts";
import { libcOrThrow } from "../../test/kit/echo-plane.ts";
import { chooseIo } from "./io.ts";
import type { Libc } from "./libc.ts";

const choice = chooseIo("auto");
const skip = choice.io === "batched" ? false : choice.reason;

/** Receives `count` datagrams that waited together; what the plane asked the system for. */
function receiveTogether(count: number, coalesces: boolean): { asked: number[]; slack: number[] } {
  const real = libcOrThrow();
  const asked: number[] = [];
  const slack: number[] = [];
  const libc: Libc = {
    ...real,
    usleep(microseconds) {
      asked.push(microseconds);
      return real.usleep(microseconds);
    },
    prctl(option, value) {
      slack.push(value);
      return real.prctl(option, value);
    },
  };
  using bench = new Bench(["127.0.0.1"], 1, libc, false, false, coalesces);
  for (let i = 0; i < count; i++) bench.send(0, "127.0.0.1", bench.ports[0]!, `OPTIONS ${i}`, "", i + 1);
  bench.flush();
  bench.runUntilIdle(0);
  assert.equal(bench.got.length, count);
  return { asked, slack };
}

/** Ten whole batches. */
const MUCH = 640;

describe("a worker that coalesces", { skip }, () => {
  for (const [count, waits, why] of [
    [40, 0, "a crowd on a quiet day"],
    [MUCH + 1, 0, "one datagram"],
    [MUCH + 15, 0, "less than a crowd"],
    [MUCH + 16, 1, "a crowd"],
    [MUCH + 63, 1, "the largest crowd that leaves nobody behind"],
    [MUCH + 64, 0, "a whole batch, behind which others may wait"],
  ] as const) {
    it(`waits ${waits === 0 ? "not at all" : "once"} after ${why}`, () => {
      const { asked, slack } = receiveTogether(count, true);
      assert.deepEqual(asked, Array<number>(waits).fill(100));
      assert.deepEqual(slack, [1_000]);
    });
  }

  it("does nothing of the kind where it is switched off", () => {
    assert.deepEqual(receiveTogether(MUCH + 40, false), { asked: [], slack: [] });
  });
});
