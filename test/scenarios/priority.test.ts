// The shares of the processor that the threads of the real process have, by the system's own account.
// Runs alone: it measures shares of the processor.
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { getPriority, tmpdir } from "node:os";
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

/** Nice values of the process' threads with such names. */
function niceValues(pid: number, names: RegExp): { readonly name: string; readonly nice: number }[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((id) => {
    const stat = readFileSync(`/proc/${pid}/task/${id}/stat`, "latin1");
    const name = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    return names.test(name) ? [{ name, nice: Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[16]) }] : [];
  });
}

/** A balancer with two workers that has told that it is ready; `use` gets its process' number. */
async function withBalancer(use: (pid: number) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-priority-"));
  const port = await reservePort();
  const file = join(folder, "fairlead.yaml");
  writeFileSync(
    file,
    `listeners: ["udp://127.0.0.1:${port.port}"]\nworkers: 2\nadmin: false\nsets: {a: {destinations: ["sip:127.0.0.1:9"]}}\n`,
  );
  const balancer = new LbProcess(["run", file]);
  try {
    await balancer.ready();
    const line = await until("its pid", () => balancer.log.find(({ record }) => record.msg === "ready"));
    await use(Number(line.record.pid));
  } finally {
    await balancer.stop();
    port.release();
    rmSync(folder, { recursive: true, force: true });
  }
}

const ordinary = getPriority();

test(
  "those who work have the ordinary share of the processor, whenever the spare is made; only the spare stands back",
  {
    skip,
  },
  () =>
    withBalancer(async (pid) => {
      const spare = () => niceValues(pid, /^fairlead-spare$/).at(0)?.nice;
      await until("a spare that stands back", () => spare() === 19, 30_000);
      const workers = niceValues(pid, /^fairlead-[0-9]+$/);
      assert.deepEqual(
        workers.map(({ name, nice }) => [name, nice]),
        [
          ["fairlead-0", ordinary],
          ["fairlead-1", ordinary],
        ],
      );
    }),
);
