// Children that end by nothing else are found by their age.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { childrenOlderThan } from "./hung-files.ts";

test("a child is found when it is old enough, and not before", {
  skip: process.platform !== "linux" && "needs /proc",
}, async (t) => {
  const child = spawn(process.execPath, ["-e", "process.on('SIGTERM', () => {}); console.log(1); for (;;);"]);
  t.after(() => child.kill("SIGKILL"));
  await once(child.stdout, "data");
  assert.deepEqual(childrenOlderThan(600), []);
  const began = performance.now();
  while (!childrenOlderThan(0.5).includes(child.pid ?? 0)) {
    assert.ok(performance.now() - began < 10_000);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGTERM");
  assert.equal(child.exitCode, null);
});
