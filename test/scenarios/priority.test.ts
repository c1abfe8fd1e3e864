// The shares of the processor that the threads of the real process have, by the system's own account.
// Runs alone: it measures shares of the processor.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { loadLibc } from "../../src/net/libc.ts";
import { priorityToReturnTo } from "../../src/net/priority.ts";
import { LbProcess } from "../kit/lb-process.ts";
import { reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";

const loaded = loadLibc();
const may = loaded.ok && priorityToReturnTo(loaded.libc) !== null;
const skip = may ? false : "this process may not raise a priority again (CAP_SYS_NICE, ulimit -e)";

/** Nice values by thread name, of all threads called fairlead-something. */
function niceValues(pid: number): Map<string, number> {
  const values = new Map<string, number>();
  for (const id of readdirSync(`/proc/${pid}/task`)) {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, "latin1");
    const name = /\((fairlead-[a-z0-9]+)\)/.exec(stat)?.[1];
    if (name !== undefined) values.set(name, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]));
  }
  return values;
}

test("those who work have the ordinary share of the processor, whenever the spare is made; only the spare stands back", {
  skip,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-priority-"));
  const port = await reservePort();
  const file = join(folder, "fairlead.yaml");
  writeFileSync(
    file,
    `listeners: ["udp://127.0.0.1:${port.port}"]\nworkers: 2\nadmin: false\nsets: {a: {destinations: ["sip:127.0.0.1:9"]}}\n`,
  );
  port.release();
  const balancer = new LbProcess(["run", file]);
  try {
    await balancer.ready();
    const line = await until("its pid", () => balancer.log.find(({ record }) => record.msg === "ready"));
    const pid = Number(line.record.pid);
    await until("a spare that stands back", () => niceValues(pid).get("fairlead-spare") === 19);
    const ordinary = loaded.ok ? loaded.libc.getpriority(0, 0) : 0;
    const values = niceValues(pid);
    assert.deepEqual([values.get("fairlead-0"), values.get("fairlead-1")], [ordinary, ordinary]);
  } finally {
    await balancer.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});
