// What transactions and dialogs cost in memory: bench/memory.ts with a tenth of them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const BENCH = fileURLToPath(new URL("../../bench/memory.ts", import.meta.url));

test("an open INVITE transaction takes 2 KB at most, a live dialog 300 bytes, and every dialog is found", async () => {
  const child = spawn(process.execPath, [BENCH, "--tenth"], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(code, 0, said);
  assert.match(said, /^1000 of 1000 BYE without Route found their dialog among 101000$/m);
});
