import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import type { Balancer } from "./balancer.ts";
import { untilSignalled } from "./shutdown.ts";
import { SILENT } from "./testing/silent-log.ts";

/** A balancer whose calls end when `hangUp` is called. */
function lab() {
  const source = new EventEmitter();
  const done: string[] = [];
  let hangUp: () => void = () => undefined;
  const calls = new Promise<void>((resolve) => {
    hangUp = resolve;
  });
  const control = { inForce: { config: { shutdown: { deadline: 30_000 } } } } as Balancer["control"];
  const balancer = {
    control,
    async drain(deadline: number) {
      done.push(`drain ${deadline}`);
      await calls;
      return 0;
    },
    async stop() {
      done.push("stop");
    },
  };
  const code = untilSignalled(
    source,
    balancer,
    () => done.push("reload"),
    () => done.push("ending"),
    SILENT,
  );
  return { source, done, hangUp: () => hangUp(), code };
}

describe("signals", () => {
  it("SIGHUP reloads, SIGTERM waits for calls and ends with 0", async () => {
    const { source, done, hangUp, code } = lab();
    source.emit("SIGHUP");
    source.emit("SIGTERM");
    hangUp();
    assert.equal(await code, 0);
    assert.deepEqual(done, ["reload", "ending", "drain 30000"]);
    assert.deepEqual(source.eventNames(), [], "nothing is listened to any more");
  });

  for (const second of ["SIGTERM", "SIGINT"]) {
    it(`${second} after SIGTERM ends at once, and once only`, async () => {
      const { source, done, code } = lab();
      source.emit("SIGTERM");
      source.emit(second);
      source.emit(second);
      assert.equal(await code, 130);
      assert.deepEqual(done, ["ending", "drain 30000", "stop"]);
    });
  }
});
