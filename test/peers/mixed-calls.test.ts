// Counters after mixed calls, restarts and reloads: bench/mixed-calls.ts with few of them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("../../bench/mixed-calls.ts", import.meta.url));

test("after mixed calls, restarts and reloads every load is 0, and none was ever below 0 or above its limit", {
  timeout: 120_000,
  skip: process.platform === "linux" ? false : "the generator needs recvmmsg",
}, async () => {
  const options = ["--calls", "3000", "--open", "600", "--quick", "--reload", "1", "--restart", "2", "--port", "27760"];
  const child = spawn(process.execPath, [BENCH, ...options], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0, said);
  assert.match(said, /^0 calls counted/m);
});
