// What becomes of calls when there are too many: saturation is measured, 70 % of it configured as capacity, and one, two and
// five times the capacity offered, by callers who repeat what is not answered. Leaves with 1 when a promise is not held.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { loadLibc } from "../src/net/libc.ts";
import { Crowd, type CrowdTotals } from "./calls/crowd.ts";
import { openDatagrams } from "./calls/datagram-wire.ts";
import { Generator } from "./calls/generator.ts";
import { DESTINATION_HOSTS } from "./calls/messages.ts";

const USAGE = `taskset -c 1 node bench/overload.ts [--capacity N] [--seconds S] [--share P] [--hold MS] [--port P]

Callers and destinations run on the core that this is started on, the balancer on core 0.
  --capacity  new calls per second to be configured (0: --share of the measured saturation)
  --share     percent of saturation that is configured (70)
  --seconds   seconds at each step (8)
  --hold      milliseconds between the answer to a call and its BYE (1000)
  --company   processes that only burn time on core 0, so that one core of callers can be five times too many (1)
  --port      first of the UDP ports used on loopback (27700)`;
const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const STEPS = [1, 2, 5];
/** Goodput, share of the capacity, that is promised at each step. */
const PROMISED = [0.95, 0.9, 0.8];
const IN_DIALOG = 0.999;
const RECOVERY_S = 10;
const MOST_MIB = 1024;
const WINDOW = 128;
const nap = new Int32Array(new SharedArrayBuffer(4));

interface Options {
  readonly capacity: number;
  readonly share: number;
  readonly seconds: number;
  readonly hold: number;
  readonly company: number;
  readonly port: number;
}

/** Starts a program on core 0 that ends with us, at the latest; returns its process id and how to end it. */
function onCoreZero(args: readonly string[]): { readonly pid: number; readonly end: () => void } {
  const child = spawn("taskset", ["-c", "0", process.execPath, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  return { pid: child.pid ?? 0, end };
}

class Balancer {
  readonly pid: number;
  readonly #end: () => void;

  constructor(file: string, lines: readonly string[]) {
    writeFileSync(file, `${lines.join("\n")}\n`);
    const { pid, end } = onCoreZero([MAIN, "run", file]);
    this.pid = pid;
    this.#end = end;
  }

  get mib(): number {
    return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.pid}/status`, "utf8"))?.[1]) / 1024;
  }

  end(): void {
    this.#end();
    Atomics.wait(nap, 0, 0, 500);
  }
}

function configuration(port: number, overload: string): string[] {
  const destinations = DESTINATION_HOSTS.map((host) => `"sip:${host}:${port + 1}"`).join(", ");
  return [
    `listeners: ["udp://127.0.0.1:${port}"]`,
    "workers: 1",
    "admin: false",
    "timers: {linger: 5s}",
    "limits: {transactions: 1000000, dialogs: 1000000, message_bytes: 1GiB}",
    `sets: {1: {algorithm: hash-call-id, destinations: [${destinations}], probe: false}}`,
    ...(overload === "" ? [] : [`overload: ${overload}`]),
  ];
}

/** Calls per second with WINDOW of them under way. */
function saturation(folder: string, { port, seconds }: Options): number {
  const libc = loaded();
  const balancer = new Balancer(join(folder, "saturation.yaml"), configuration(port, ""));
  const generator = new Generator(openDatagrams(libc, port, port + 1), port + 1);
  const { totals } = generator;
  const saturate = (milliseconds: number): number => {
    const begin = performance.now();
    const before = totals.done;
    let progress = begin;
    let done = before;
    for (let now = begin; now < begin + milliseconds; now = performance.now()) {
      const room = WINDOW - generator.open;
      generator.turn(room >= 8 ? Math.min(room, 64) : 0);
      if (totals.done !== done) {
        done = totals.done;
        progress = now;
      } else if (now - progress > 1000) {
        generator.giveUp();
        progress = now;
      }
    }
    return ((totals.done - before) * 1000) / (performance.now() - begin);
  };
  try {
    for (const end = performance.now() + 30_000; totals.done < 5; generator.giveUp()) {
      if (performance.now() > end) throw new Error("no call was answered");
      saturate(200);
    }
    saturate(7000);
    return saturate(seconds * 1000);
  } finally {
    balancer.end();
  }
}

/** What happened in a second, or in a step. */
type Difference = { readonly [Key in keyof CrowdTotals]: number };

function since(now: CrowdTotals, before: CrowdTotals): Difference {
  const entries = Object.entries(now).map(([key, value]) => [key, value - before[key as keyof CrowdTotals]]);
  return Object.fromEntries(entries) as Difference;
}

/** Begins `rate` calls a second for one second. */
function second(crowd: Crowd, rate: number): Difference {
  const before = { ...crowd.totals };
  const begin = performance.now();
  for (let now = begin; now < begin + 1000; now = performance.now()) {
    const due = Math.floor(((now - begin) * rate) / 1000) - (crowd.totals.started - before.started);
    crowd.turn(Math.max(0, Math.min(due, 64)));
    if (due < 4) Atomics.wait(nap, 0, 0, 0.3);
  }
  return since(crowd.totals, before);
}

function loaded() {
  const result = loadLibc();
  if (!result.ok) throw new Error(result.reason);
  return result.libc;
}

function steps(folder: string, capacity: number, { seconds, port, hold }: Options): boolean {
  const balancer = new Balancer(
    join(folder, "steps.yaml"),
    configuration(port + 4, `{max_new_calls_per_second: ${capacity}, retry_after: 2s}`),
  );
  const crowd = new Crowd(openDatagrams(loaded(), port + 4, port + 5), port + 5, { hold });
  const begin = { ...crowd.totals };
  const failures: string[] = [];
  const promise = (isHeld: boolean, what: string): void => {
    if (!isHeld) failures.push(what);
  };
  try {
    for (const end = performance.now() + 30_000; crowd.totals.answered < 5; second(crowd, 20))
      if (performance.now() > end) throw new Error("no call was answered");
    for (let i = 0; i < 5; i++) second(crowd, capacity * 0.5);
    let peak = balancer.mib;
    for (const [i, step] of STEPS.entries()) {
      const before = { ...crowd.totals };
      const at = performance.now();
      for (let s = 0; s < seconds; s++) {
        second(crowd, capacity * step);
        peak = Math.max(peak, balancer.mib);
      }
      const took = (performance.now() - at) / 1000;
      const what = since(crowd.totals, before);
      const goodput = what.answered / took;
      const share = goodput / capacity;
      // A copy of an INVITE is load as much as the first one.
      const offered = (what.started + what.repeated) / took;
      console.log(
        `${step} x: ${(what.started / took).toFixed(0)} calls/s begun, with copies ${(offered / capacity).toFixed(2)} x, ` +
          `${goodput.toFixed(0)} answered = ${(100 * share).toFixed(1)} % of ${capacity}, ` +
          `${(what.refused / took).toFixed(0)} refused/s, ` +
          `${what.byesFailed} of ${what.byes} BYEs failed, ${balancer.mib.toFixed(0)} MiB`,
      );
      promise(offered >= 0.95 * step * capacity, `${step} x: the load was not reached`);
      promise(
        share >= PROMISED[i]!,
        `${step} x: goodput ${(100 * share).toFixed(1)} %, promised ${100 * PROMISED[i]!} %`,
      );
    }
    const rate = capacity * 0.9;
    let recovered = 0;
    for (let s = 1; s <= RECOVERY_S && recovered === 0; s++) {
      const what = second(crowd, rate);
      if (what.answered >= 0.98 * what.started && what.refused === 0) recovered = s;
    }
    console.log(`after it, at 0.9 x: all answered ${recovered === 0 ? "never" : `in second ${recovered}`}`);
    promise(recovered > 0, `no recovery within ${RECOVERY_S} s`);
    for (let s = 0; s < 9; s++) second(crowd, 0);
    const all = since(crowd.totals, begin);
    const share = all.byesAnswered / all.byes;
    console.log(`in dialogs: ${all.byesAnswered} of ${all.byes} BYEs answered (${(100 * share).toFixed(3)} %)`);
    console.log(
      `RSS at most ${peak.toFixed(0)} MiB; ${crowd.answerer.doubled} INVITEs came twice; ${all.strange} strange`,
    );
    promise(share >= IN_DIALOG, `in dialogs ${(100 * share).toFixed(3)} %, promised ${100 * IN_DIALOG} %`);
    promise(peak <= MOST_MIB, `${peak.toFixed(0)} MiB`);
  } finally {
    balancer.end();
  }
  for (const failure of failures) console.log(`not held: ${failure}`);
  return failures.length === 0;
}

const { values } = parseArgs({
  options: {
    capacity: { type: "string", default: "0" },
    share: { type: "string", default: "70" },
    seconds: { type: "string", default: "8" },
    hold: { type: "string", default: "1000" },
    company: { type: "string", default: "1" },
    port: { type: "string", default: "27700" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) console.log(USAGE);
else {
  const [capacity, share, seconds, hold, company, port] = [
    values.capacity,
    values.share,
    values.seconds,
    values.hold,
    values.company,
    values.port,
  ].map(Number) as [number, number, number, number, number, number];
  const options = { capacity, share, seconds, hold, company, port };
  const folder = mkdtempSync(join(tmpdir(), "fairlead-overload-"));
  const others = Array.from({ length: options.company }, () => onCoreZero(["-e", "for (;;);"]));
  try {
    let wanted = capacity;
    if (wanted === 0) {
      const most = saturation(folder, options);
      wanted = Math.floor((most * share) / 100);
      console.log(`saturation ${most.toFixed(0)} calls/s; configured: ${wanted}`);
    }
    process.exitCode = steps(folder, wanted, options) ? 0 : 1;
  } finally {
    for (const { end } of others) end();
    rmSync(folder, { recursive: true, force: true });
  }
}
