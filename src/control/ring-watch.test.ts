import assert from "node:assert/strict";
import { describe, it, type TestContext } from "node:test";
import { RecordKind, Ring } from "../bridge/handoff.ts";
import { ControlWord } from "../bridge/worker-start.ts";
import { ControlBlocks } from "./control-words.ts";
import { MainRings } from "./main-rings.ts";
import { RingWatch } from "./ring-watch.ts";
import { createSharedMemory } from "./shared-memory.ts";

const nobody = new Int32Array(6);

function lab(t: TestContext) {
  const memory = createSharedMemory(1, false, 1 << 16);
  const heard: string[] = [];
  const rings = new MainRings(memory, {
    probeAnswer() {},
    probeUnreachable() {},
    resting() {},
    marked() {},
    accessLog() {},
    log: (_worker, text) => heard.push(text),
  });
  const control = new ControlBlocks(memory.control);
  const toMain = new Ring(memory.rings[0]?.[1] ?? assert.fail("no ring to main"));
  const say = (text: string) => {
    const bytes = Buffer.from(text);
    assert.ok(toMain.push(RecordKind.log, 0, 0, nobody, 0, nobody, 0, bytes, 0, bytes.length));
  };
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const watch = new RingWatch(rings, memory);
  watch.start();
  t.after(() => watch.stop());
  // Step by step: what a timer's work asks for counts from then.
  const pass = (time: number) => {
    for (let step = 0; step < time; step += 5) t.mock.timers.tick(5);
  };
  return { watch, heard, say, pass, isResting: () => control.read(0, ControlWord.mainRests) === 1, control };
}

describe("main's look into its rings", () => {
  it("comes every 15 ms while something comes, rung or not", (t) => {
    const { heard, say, pass, isResting } = lab(t);
    for (let i = 0; i < 20; i++) {
      say(`${i}`);
      pass(15);
      assert.equal(heard.length, i + 1);
      assert.equal(isResting(), false);
    }
  });

  it("rests where nothing comes, and is there at once when a worker rings, and every 15 ms from then on", (t) => {
    const { watch, heard, say, pass, isResting, control } = lab(t);
    assert.equal(isResting(), false);
    pass(1_000);
    assert.equal(isResting(), true);
    say("first");
    control.write(0, ControlWord.mainRests, 0);
    watch.look();
    assert.deepEqual(heard, ["first"]);
    say("second");
    pass(15);
    assert.deepEqual(heard, ["first", "second"]);
    assert.equal(isResting(), false);
    pass(1_000);
    assert.equal(isResting(), true);
  });

  it("comes four times a second all the same: a worker may die before it rings, and another take its place that knows of nothing", (t) => {
    const { heard, say, pass, isResting, control } = lab(t);
    pass(1_000);
    control.clear(0);
    say("unrung");
    pass(250);
    assert.deepEqual(heard, ["unrung"]);
    pass(1_000);
    assert.equal(isResting(), true);
  });

  it("misses nothing that was put there in the moment before it rested", (t) => {
    const { heard, say, pass, isResting, control } = lab(t);
    // The worker writes after the last look, and sees that main does not rest yet.
    const { write } = ControlBlocks.prototype;
    t.mock.method(ControlBlocks.prototype, "write", function (this: ControlBlocks, ...what: Parameters<typeof write>) {
      say("just before");
      t.mock.restoreAll();
      write.apply(this, what);
    });
    for (let i = 0; i < 4 && !isResting(); i++) pass(15);
    assert.equal(isResting(), true);
    assert.deepEqual(heard, []);
    pass(15);
    assert.deepEqual(heard, ["just before"]);
    assert.equal(control.workers, 1);
  });

  it("ends with stop", (t) => {
    const { watch, heard, say, pass } = lab(t);
    watch.stop();
    say("late");
    pass(10_000);
    assert.deepEqual(heard, []);
  });
});
