import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Turns } from "./turns.ts";

describe("turns", () => {
  it("are taken one after the other, and one that fails keeps nobody else from his", async () => {
    const turns = new Turns();
    const told: string[] = [];
    const gate = Promise.withResolvers<void>();
    const first = turns.take(async () => {
      told.push("first begins");
      await gate.promise;
      told.push("first ends");
      throw new Error("no");
    });
    const second = turns.take(async () => told.push("second"));
    assert.equal(turns.isBusy, true);
    gate.resolve();
    await assert.rejects(first, /no/);
    await second;
    assert.deepEqual(told, ["first begins", "first ends", "second"]);
    assert.equal(turns.isBusy, false);
  });

  it("are known to be under way from the reading on, and while they wait", async () => {
    const turns = new Turns();
    assert.equal(turns.isBusy, false);
    const read = Promise.withResolvers<void>();
    const whole = turns.counted(async () => {
      await read.promise;
      await turns.take(async () => undefined);
      assert.equal(turns.isBusy, true);
    });
    assert.equal(turns.isBusy, true);
    read.resolve();
    await whole;
    assert.equal(turns.isBusy, false);
    await assert.rejects(turns.counted(() => Promise.reject(new Error("broken"))));
    assert.equal(turns.isBusy, false);
  });
});
