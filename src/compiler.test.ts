// Whom V8's threads stand behind, of a process of one's own: this one.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { getPriority } from "node:os";
import { test } from "node:test";
import { until } from "../test/kit/wait.ts";
import { compilersStandBack } from "./compiler.ts";
import { loadLibc } from "./net/libc.ts";
import { priorityToReturnTo } from "./net/priority.ts";

const isLinux = process.platform === "linux";
const loaded = loadLibc();
const may = loaded.ok && priorityToReturnTo(loaded.libc) !== null;

function niceValues(): number[] {
  const threads = isLinux ? readdirSync("/proc/self/task") : [];
  return threads
    .filter((one) => /V8Worker/.test(readFileSync(`/proc/self/task/${one}/comm`, "latin1")))
    .map((one) => getPriority(Number(one)));
}

const ordinary = niceValues();

test("V8's threads do not stand back from a stream worker that waits for them, where there is no way back", {
  skip: isLinux ? false : "threads have no priorities of their own here",
}, () => {
  assert.notEqual(ordinary.length, 0, "V8 has threads, and they are called so");
  compilersStandBack({ hasStreams: true, mayReturn: false });
  assert.deepEqual(niceValues(), ordinary);
});

test("with a stream worker, V8's threads come forward again, to where they were", {
  skip: may ? false : "this process may not raise a priority again (CAP_SYS_NICE, ulimit -e)",
}, async () => {
  compilersStandBack({ hasStreams: true, returnAfter: 1 });
  assert.deepEqual(
    niceValues(),
    ordinary.map((nice) => Math.min(19, nice + 10)),
  );
  await until("the ordinary priority", () => niceValues().every((nice, i) => nice === ordinary[i]));
});
