// Runs alone: it starts the demo with its own ports and rates.
import assert from "node:assert/strict";
import { test } from "node:test";
import { LbProcess } from "../kit/lb-process.ts";
import { until } from "../kit/wait.ts";

test("the demo runs by itself, answers every call and says so", { timeout: 60_000 }, async () => {
  const demo = new LbProcess(["demo", "--for", "3s", "--rate", "30"]);
  await until("the end", () => demo.exit !== undefined, 50_000);
  assert.equal(demo.exit, 0, demo.tail());
  const lines = demo.log.map((line) => line.text);
  assert.ok(lines.length >= 4, "a line per second and a summary");
  assert.match(lines.at(-1) ?? "", /Every call was answered/);
});

test("the demo ends on Ctrl-C with a summary and leaves nothing behind", { timeout: 60_000 }, async () => {
  const demo = new LbProcess(["demo"]);
  await until("the first line", () => demo.log.length > 0, 40_000);
  demo.signal("SIGINT");
  await until("the end", () => demo.exit !== undefined);
  assert.equal(demo.exit, 0, demo.tail());
});
