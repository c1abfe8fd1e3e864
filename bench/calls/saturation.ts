// A balancer on a core that it may have to share, and how many calls per second it carries there.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadLibc } from "../../src/net/libc.ts";
import { openDatagrams } from "./datagram-wire.ts";
import { spoiledBy, Watch } from "./disturbance.ts";
import { Generator } from "./generator.ts";
import { DESTINATION_HOSTS } from "./messages.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
const WINDOW = 128;
const nap = new Int32Array(new SharedArrayBuffer(4));

/** Loads libc, or throws why it cannot. */
export function loaded() {
  const result = loadLibc();
  if (!result.ok) throw new Error(result.reason);
  return result.libc;
}

/** Starts a program on core 0 that ends with us, at the latest; returns its process id and how to end it. */
export function onCoreZero(args: readonly string[]): { readonly pid: number; readonly end: () => void } {
  const child = spawn("taskset", ["-c", "0", process.execPath, ...args], { stdio: ["ignore", "ignore", "inherit"] });
  const end = (): void => void child.kill("SIGKILL");
  process.once("exit", end);
  return { pid: child.pid ?? 0, end };
}

/** A balancer on core 0, until `end`. */
export class Balancer {
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

/** Its configuration, with a section `overload` where one is given. */
export function configuration(port: number, overload: string): string[] {
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

/** Watches the core of the callers, which is ours, and that of the balancer and its company. */
export function watchOver(balancer: Balancer, company: readonly number[]): Watch {
  return new Watch([
    { core: 0, pids: [balancer.pid, ...company] },
    { core: 1, pids: [process.pid] },
  ]);
}

/** How it is measured. */
export interface SaturationOptions {
  /** First of two UDP ports. */
  readonly port: number;
  readonly seconds: number;
  /** How often at most, when others were on the cores. */
  readonly attempts: number;
}

/** Calls per second with WINDOW of them under way, and what came between, in words. `folder` is for its configuration. */
export function saturation(
  folder: string,
  company: readonly number[],
  { port, seconds, attempts }: SaturationOptions,
): { readonly rate: number; readonly spoiled: string } {
  const libc = loaded();
  const balancer = new Balancer(join(folder, "saturation.yaml"), configuration(port, ""));
  const generator = new Generator(openDatagrams(libc, port, port + 1), port + 1);
  const { totals } = generator;
  const watch = watchOver(balancer, company);
  const saturate = (milliseconds: number): number => {
    const begin = performance.now();
    const before = totals.done;
    let progress = begin;
    let done = before;
    for (let now = begin; now < begin + milliseconds; now = performance.now()) {
      watch.turn(now);
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
    for (let left = attempts; ; left--) {
      watch.begin();
      const rate = saturate(seconds * 1000);
      const spoiled = spoiledBy(watch.end());
      if (spoiled === "" || left <= 1) return { rate, spoiled };
      console.log(`  saturation ${rate.toFixed(0)} calls/s, but ${spoiled}: once more`);
    }
  } finally {
    balancer.end();
  }
}
