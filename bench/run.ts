// npm run bench: Fairlead beside Kamailio, where that is installed, on whole calls. The balancer has core 0, the generator
// core 1; what counts is messages per second of the balancer's CPU time, so the result does not depend on who is waiting.
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { type Balancer, fairlead, kamailio, type Mode, Running, whyNoKamailio } from "./calls/balancers.ts";
import type { Measured, Task } from "./calls/measure.ts";
import type { Transport } from "./calls/wire.ts";

const USAGE = `npm run bench -- [--mode stateless|stateful|both] [--transport udp|tcp] [--connections N] [--lengths N] [--rounds N] [--secs S] [--rate INVITES/S] [--port P] [--json]

Whole calls: INVITE, 200, ACK, BYE, 200; five messages through the balancer, 128 calls under way.
  --mode    with transactions, without, or both (both)
  --transport  udp or tcp, on both sides of the balancer (udp)
  --connections  of callers, over tcp (16)
  --lengths  in how many lengths every kind of message comes, drawn as by chance (1)
  --rounds  rounds; medians are compared (3)
  --secs    seconds measured in each (3)
  --rate    INVITEs per second at which latency is measured, answered with 200; 0: not at all (20000)
  --port    first of the ports used on loopback (28100)
  --json    every measurement, as JSON`;
const WINDOW = 128;
/** Lost calls above this share (percent) spoil a run. */
const MOST_LOST = 0.5;
/** Below this share of its core, a process was waiting for somebody. */
const SATURATED = 0.9;

interface Options {
  readonly modes: readonly Mode[];
  readonly transport: Transport;
  readonly connections: number;
  readonly lengths: number;
  readonly rounds: number;
  readonly secs: number;
  readonly rate: number;
  readonly port: number;
  readonly json: boolean;
}

type Results = ReadonlyMap<string, readonly Measured[]>;

async function measureOnce(balancer: Balancer, mode: Mode, options: Options, folder: string): Promise<Measured> {
  const { secs, rate, port, transport, connections, lengths } = options;
  const ports = { transport, balancer: port, destination: port + 10 };
  const log = join(folder, `${balancer.name}.log`);
  const running = new Running(balancer.prepare(mode, folder, ports), log);
  const task: Task = {
    pid: running.pid,
    port,
    destinationPort: ports.destination,
    transport,
    connections,
    window: WINDOW,
    lengths,
    secs,
    // With transactions the tables fill until the first ones are forgotten, after five seconds.
    warm: mode === "stateful" ? 6 : 1,
    rate,
  };
  const script = new URL("./calls/measure.ts", import.meta.url).pathname;
  try {
    const command = ["-c", "1", process.execPath, script, JSON.stringify(task)];
    const { stdout } = await promisify(execFile)("taskset", command, { timeout: (120 + 3 * secs) * 1000 });
    return JSON.parse(stdout) as Measured;
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    throw new Error(`${balancer.name}, ${mode}: ${said === "" ? String(error) : said}\n${running.lastWords}`);
  } finally {
    await running.stop();
  }
}

async function measureMode(mode: Mode, balancers: readonly Balancer[], options: Options): Promise<Results> {
  const results = new Map<string, Measured[]>(balancers.map(({ name }) => [name, []]));
  const folder = mkdtempSync(join(tmpdir(), "fairlead-bench-"));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  process.once("exit", clean);
  try {
    for (let round = 0; round < options.rounds; round++) {
      for (const balancer of balancers) {
        if (process.stderr.isTTY) process.stderr.write(`\r${mode}, round ${round + 1}: ${balancer.name}      `);
        results.get(balancer.name)?.push(await measureOnce(balancer, mode, options, folder));
      }
    }
  } finally {
    if (process.stderr.isTTY) process.stderr.write(`\r${" ".repeat(60)}\r`);
    process.off("exit", clean);
    clean();
  }
  return results;
}

function median(runs: readonly Measured[], field: keyof Measured): number {
  const sorted = runs.map((run) => run[field]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
}

function report(mode: Mode, results: Results, { rate }: Options): boolean {
  console.log(
    `\n${mode}${" ".repeat(14 - mode.length)}messages/CPU s  us/message  messages/s  CPU    lost %  refused  p50 us  p99 us`,
  );
  const remarks: string[] = [];
  let isSpoiled = false;
  for (const [name, runs] of results) {
    const perCpu = median(runs, "perCpuSecond");
    const cpu = median(runs, "balancerCpu");
    const latency = (field: "p50" | "p99") => (rate > 0 ? median(runs, field).toFixed(0) : "-");
    console.log(
      `  ${name.padEnd(12)}${perCpu.toFixed(0).padStart(14)}${(1e6 / perCpu).toFixed(2).padStart(12)}` +
        `${median(runs, "perSecond").toFixed(0).padStart(12)}${percent(cpu).padStart(6)}` +
        `${median(runs, "lost").toFixed(3).padStart(9)}${median(runs, "refused").toFixed(0).padStart(9)}` +
        `${latency("p50").padStart(8)}${latency("p99").padStart(8)}`,
    );
    const worst = Math.max(...runs.map(({ lost }) => lost));
    if (worst > MOST_LOST || median(runs, "refused") > 0) {
      isSpoiled = true;
      remarks.push(
        `${name}: up to ${worst.toFixed(2)} % of the calls were lost or refused, these figures do not count`,
      );
    }
    const shares = `balancer ${percent(cpu)}, generator ${percent(median(runs, "generatorCpu"))} of a core`;
    if (median(runs, "generatorCpu") < SATURATED)
      remarks.push(`${name}: the cores were shared with others (${shares})`);
    else if (cpu < SATURATED)
      remarks.push(`${name} was not saturated (${shares}): its cost per message is that at the load reached`);
    if (rate > 0 && median(runs, "rate") < rate * 0.98)
      remarks.push(`${name}: ${median(runs, "rate").toFixed(0)} of ${rate} INVITEs/s were answered in time`);
  }
  const [ours, theirs] = [results.get(fairlead.name), results.get(kamailio.name)];
  if (ours !== undefined && theirs !== undefined) {
    const ratio = median(ours, "perCpuSecond") / median(theirs, "perCpuSecond");
    console.log(`  fairlead / kamailio = ${ratio.toFixed(2)}`);
  }
  for (const remark of remarks) console.log(`  note: ${remark}`);
  return !isSpoiled;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)}%`;
}

function readOptions(): Options | string {
  const { values } = parseArgs({
    options: {
      mode: { type: "string", default: "both" },
      transport: { type: "string", default: "udp" },
      connections: { type: "string", default: "16" },
      lengths: { type: "string", default: "1" },
      rounds: { type: "string", default: "3" },
      secs: { type: "string", default: "3" },
      rate: { type: "string", default: "20000" },
      port: { type: "string", default: "28100" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return USAGE;
  const modes = { stateless: ["stateless"], stateful: ["stateful"], both: ["stateless", "stateful"] } as const;
  if (!Object.hasOwn(modes, values.mode)) return USAGE;
  const { transport } = values;
  if (transport !== "udp" && transport !== "tcp") return USAGE;
  const [rounds, secs, rate] = [Number(values.rounds), Number(values.secs), Number(values.rate)];
  const [port, connections, lengths] = [Number(values.port), Number(values.connections), Number(values.lengths)];
  const isSound = rounds >= 1 && rounds <= 50 && secs >= 1 && secs <= 60 && rate >= 0 && port > 1023 && port < 65_000;
  if (!(connections >= 1 && connections <= 10_000 && lengths >= 1 && lengths <= 256)) return USAGE;
  return isSound
    ? {
        modes: modes[values.mode as keyof typeof modes],
        transport,
        connections,
        lengths,
        rounds,
        secs,
        rate,
        port,
        json: values.json,
      }
    : USAGE;
}

async function main(options: Options): Promise<boolean> {
  if (process.platform !== "linux" || availableParallelism() < 2) {
    console.error("the benchmark needs Linux and two cores: one for the balancer, one for the generator");
    return false;
  }
  const absent = whyNoKamailio();
  const balancers = absent === "" ? [fairlead, kamailio] : [fairlead];
  if (!options.json) {
    console.log(
      `${cpus()[0]?.model ?? "unknown CPU"}, Node ${process.versions.node}; whole calls, ${WINDOW} under way,`,
    );
    console.log(`medians of ${options.rounds} runs of ${options.secs} s; latency of INVITEs at ${options.rate}/s`);
    if (absent !== "") console.log(`no comparison: ${absent}`);
  }
  const all: Record<string, Record<string, readonly Measured[]>> = {};
  let isGood = true;
  for (const mode of options.modes) {
    const results = await measureMode(mode, balancers, options);
    all[mode] = Object.fromEntries(results);
    if (!options.json) isGood = report(mode, results, options) && isGood;
  }
  if (options.json) console.log(JSON.stringify(all, null, 2));
  return isGood;
}

process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));
const options = readOptions();
if (typeof options === "string") {
  console.error(options);
  process.exitCode = 2;
} else {
  try {
    process.exitCode = (await main(options)) ? 0 : 1;
  } catch (error) {
    console.error(`error: ${error instanceof Error ? error.message : error}`);
    process.exitCode = 1;
  }
}
