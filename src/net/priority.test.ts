// Threads that stand back: seen by the system's own account of them.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { niceOf } from "../../test/kit/nice-of.ts";
import { loadLibc } from "./libc.ts";
import { priorityToReturnTo, standingBack, standsBack } from "./priority.ts";

const loaded = loadLibc();
const ordinary = loaded.ok ? priorityToReturnTo(loaded.libc) : null;
const skip = ordinary !== null ? false : "this process may not raise a priority again (CAP_SYS_NICE, ulimit -e)";

test("a thread made by one that stands back stands back itself, until it comes forward", { skip }, async () => {
  assert.ok(loaded.ok && ordinary !== null);
  const { libc } = loaded;
  const mine = libc.getpriority(0, 0);
  const script = `
    import { parentPort } from "node:worker_threads";
    import { loadLibc } from ${JSON.stringify(new URL("./libc.ts", import.meta.url).href)};
    import { comeForward, standsBack } from ${JSON.stringify(new URL("./priority.ts", import.meta.url).href)};
    const { libc } = loadLibc();
    parentPort.on("message", (word) => {
      if (word === "forward") comeForward(libc, ${mine});
      if (word === "end") parentPort.close();
      else parentPort.postMessage(standsBack(libc));
    });`;
  const url = new URL(`data:text/javascript,${encodeURIComponent(script)}`);
  const thread = standingBack(libc, ordinary, () => new Worker(url, { name: "stands-back" }));
  assert.equal(libc.getpriority(0, 0), mine, "we do not");
  assert.equal(standsBack(libc), false);
  for (const [word, nice, back] of [
    ["look", 19, true],
    ["forward", mine, false],
  ] as const) {
    thread.postMessage(word);
    assert.deepEqual(await once(thread, "message"), [back]);
    assert.deepEqual(niceOf("stands-back"), [nice]);
  }
  thread.postMessage("end");
  await once(thread, "exit");
});
