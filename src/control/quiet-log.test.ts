import assert from "node:assert/strict";
import { test } from "node:test";
import type { Log } from "./log.ts";
import { MOST_PER_SECOND, quietLog } from "./quiet-log.ts";

function rig() {
  const lines: string[] = [];
  const say = (level: string) => (fields: object, message: string) =>
    void lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
  const log: Log = { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  const clock = { now: 0 };
  return { lines, clock, quiet: quietLog(log, () => clock.now) };
}

test("a thousand lines of one kind in a second are ten, and one that counts the others", () => {
  const { lines, clock, quiet } = rig();
  for (let i = 0; i < 1000; i++) quiet.warn({ i }, "a destination changed its state");
  assert.equal(lines.length, MOST_PER_SECOND);
  clock.now = 1000;
  quiet.settle();
  assert.equal(lines.length, MOST_PER_SECOND + 1);
  assert.match(lines.at(-1)!, /^warn a destination changed its state \(suppressed 990 more\) {"suppressed":990}$/);
  quiet.warn({}, "a destination changed its state");
  assert.equal(lines.length, MOST_PER_SECOND + 2);
  quiet.settle();
  assert.equal(lines.length, MOST_PER_SECOND + 2);
});

test("kinds do not take lines from each other, and nothing that is rare is held back", () => {
  const { lines, clock, quiet } = rig();
  for (let i = 0; i < 100; i++) quiet.warn({}, "flood");
  quiet.error({}, "flood");
  quiet.info({}, "other");
  assert.equal(lines.length, MOST_PER_SECOND + 2);
  lines.length = 0;
  for (let i = 0; i < 50; i++) {
    clock.now += 200;
    quiet.info({ i }, "now and then");
  }
  assert.equal(lines.filter((line) => line.startsWith("info now and then")).length, 50);
});

test("messages that are all different are bounded, too", () => {
  const { lines, clock, quiet } = rig();
  for (let i = 0; i < 5000; i++) quiet.info({}, `listening on ${i}`);
  assert.ok(lines.length <= 256 + MOST_PER_SECOND, `${lines.length} lines`);
  clock.now = 2000;
  quiet.settle();
  assert.match(lines.at(-1)!, /others \(suppressed 47\d\d more\)/);
});
