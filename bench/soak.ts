// Whether the real process keeps its size: a steady load of whole calls, its resident memory all the while, and the slope of
// the second half. `node bench/soak.ts --minutes 10`; leaves with 1 when it grows or a call is lost.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadLibc } from "../src/net/libc.ts";
import { openDatagrams } from "./calls/datagram-wire.ts";
import { Generator } from "./calls/generator.ts";
import { DESTINATION_HOSTS } from "./calls/messages.ts";
import { pace } from "./calls/pace.ts";

const USAGE = `node bench/soak.ts [--minutes N] [--rate MESSAGES/S] [--linger S] [--workers N] [--port P]

Whole calls: INVITE, 200, ACK, BYE, 200; five messages each.
  --minutes  how long (1)
  --rate     messages per second (20000)
  --linger   seconds for which a finished transaction is remembered (5; the default of fairlead is 32)
  --workers  worker threads (1)
  --port     first of the UDP ports used on loopback (27900)`;
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const MESSAGES_PER_CALL = 5;
const SAMPLE_MS = 5_000;
const PATIENCE_MS = 30_000;
const DRAIN_MS = 2_000;
/** Growth in the second half that counts as flat, MiB per minute. */
const FLAT = 1;
/** Lost calls that are put down to a machine that does other things, per million. */
const MOST_LOST = 100;

interface Sample {
  /** Seconds since the begin. */
  readonly at: number;
  readonly mib: number;
}

function residentMib(pid: number): number {
  const kib = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  return Number(kib) / 1024;
}

/** Least squares, MiB per minute. */
function slope(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number) => samples.reduce((sum, one) => sum + of(one), 0) / samples.length;
  const [at, mib] = [mean((one) => one.at), mean((one) => one.mib)];
  const spread = samples.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  return (60 * samples.reduce((sum, one) => sum + (one.at - at) * (one.mib - mib), 0)) / Math.max(spread, 1e-9);
}

function soak(pid: number, generator: Generator, minutes: number, rate: number): boolean {
  const { totals } = generator;
  for (const end = performance.now() + PATIENCE_MS; totals.done < 5; pace(generator, 100, 100))
    if (performance.now() > end) throw new Error("no call was answered");
  pace(generator, 0, DRAIN_MS);
  generator.giveUp();
  const begin = performance.now();
  const before = { ...totals };
  const samples: Sample[] = [];
  while (performance.now() - begin < minutes * 60_000) {
    pace(generator, rate / MESSAGES_PER_CALL, SAMPLE_MS);
    const sample = { at: (performance.now() - begin) / 1000, mib: residentMib(pid) };
    samples.push(sample);
    console.log(`${sample.at.toFixed(0).padStart(5)} s ${sample.mib.toFixed(1).padStart(8)} MiB`);
  }
  const seconds = (performance.now() - begin) / 1000;
  const messages = totals.messages - before.messages;
  pace(generator, 0, DRAIN_MS);
  const lost = generator.giveUp();
  const calls = totals.started - before.started;
  const late = samples.slice(samples.length >> 1);
  const growth = slope(late);
  console.log(
    `${(messages / seconds).toFixed(0)} messages/s, ${lost} of ${calls} calls lost, ${totals.refused} refused`,
  );
  console.log(
    `RSS ${late[0]!.mib.toFixed(1)} to ${late.at(-1)!.mib.toFixed(1)} MiB in the second half: ${growth.toFixed(2)} MiB per minute`,
  );
  return growth <= FLAT && totals.refused === 0 && lost <= (calls * MOST_LOST) / 1e6;
}

const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    rate: { type: "string", default: "20000" },
    linger: { type: "string", default: "5" },
    workers: { type: "string", default: "1" },
    port: { type: "string", default: "27900" },
    help: { type: "boolean", default: false },
  },
});
const loaded = loadLibc();
if (values.help) console.log(USAGE);
else if (!loaded.ok) {
  console.error(loaded.reason);
  process.exitCode = 1;
} else {
  const port = Number(values.port);
  const folder = mkdtempSync(join(tmpdir(), "fairlead-soak-"));
  const file = join(folder, "fairlead.yaml");
  const destinations = DESTINATION_HOSTS.map((host) => `"sip:${host}:${port + 1}"`).join(", ");
  const lines = [
    `listeners: ["udp://127.0.0.1:${port}"]`,
    `workers: ${values.workers}`,
    "admin: false",
    `timers: {linger: ${values.linger}s}`,
    "limits: {transactions: 1000000, message_bytes: 1GiB}",
    `sets: {1: {destinations: [${destinations}], probe: false}}`,
  ];
  writeFileSync(file, `${lines.join("\n")}\n`);
  const child = spawn(process.execPath, [MAIN, "run", file], { stdio: ["ignore", "ignore", "inherit"] });
  try {
    const generator = new Generator(openDatagrams(loaded.libc, port, port + 1), port + 1);
    if (!soak(child.pid!, generator, Number(values.minutes), Number(values.rate))) process.exitCode = 1;
  } finally {
    child.kill("SIGINT");
    rmSync(folder, { recursive: true, force: true });
  }
}
