// The real process under mixed calls: its configuration, its reloads, and what its admin API says.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AdminClient } from "../../src/admin/client.ts";

const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Where its destinations are. */
export const HOSTS: readonly string[] = ["127.0.0.11", "127.0.0.12", "127.0.0.13", "127.0.0.14"];

/** Ports of a run. */
export interface Ports {
  readonly balancer: number;
  readonly destination: number;
  readonly admin: number;
}

/** The running process. */
export class MixedBalancer {
  readonly admin: AdminClient;
  readonly #folder: string = mkdtempSync(join(tmpdir(), "fairlead-mixed-"));
  readonly #file: string = join(this.#folder, "fairlead.yaml");
  readonly #child: ChildProcess;
  readonly #ports: Ports;
  readonly #maxCalls: number;
  readonly #t1: string;

  constructor(ports: Ports, workers: number, maxCalls: number, t1: string) {
    this.#t1 = t1;
    this.#ports = ports;
    this.#maxCalls = maxCalls;
    this.admin = new AdminClient(`http://127.0.0.1:${ports.admin}`);
    this.#write(0, workers);
    this.#workers = workers;
    // Whatever ends us ends it.
    process.once("exit", () => this.#child.kill("SIGKILL"));
    process.once("SIGTERM", () => process.exit(1));
    this.#child = spawn(process.execPath, [MAIN, "run", this.#file], { stdio: ["ignore", "ignore", "inherit"] });
  }

  readonly #workers: number;

  /** Waits until it takes calls. */
  async ready(): Promise<void> {
    for (const end = performance.now() + 180_000; performance.now() < end; ) {
      if ((await this.admin.ready().catch(() => null))?.ready === true) return;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error("the balancer was not ready within 180 s");
  }

  /** Other weights, and every other time without the last destination of the free set. */
  async reload(number: number): Promise<void> {
    this.#write(number, this.#workers);
    await this.admin.reload();
  }

  get residentMib(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1]) / 1024;
  }

  stop(): void {
    this.#child.kill("SIGINT");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #write(number: number, workers: number): void {
    const { balancer, destination, admin } = this.#ports;
    const all = (more: (at: number) => object) =>
      HOSTS.map((host, at) => ({ uri: `sip:${host}:${destination}`, name: `server${at}`, ...more(at) }));
    const config = {
      listeners: [`udp://127.0.0.1:${balancer}`],
      workers,
      admin: { listen: `http://127.0.0.1:${admin}` },
      log: { level: "error" },
      timers: { t1: this.#t1, linger: "2s" },
      sets: {
        // Forks, and answers of destinations that were given up, are calls above any limit: this one has none of the first, and gives
        // nobody up. What nobody hangs up would soon be all that it has room for.
        capped: {
          algorithm: "call-load",
          destinations: all(() => ({ max_calls: this.#maxCalls })),
          failover: { on: ["transport_error", 500, 503] },
          probe: false,
        },
        free: {
          algorithm: "weighted",
          destinations: all((at) => ({ weight: 1 + ((number + at) % 3) })).slice(0, number % 2 === 0 ? 4 : 3),
          failover: { answer_within: "400ms" },
          probe: false,
          outliers: { requests: 20 },
        },
      },
      routes: ["plain", "callee", "both", "busy", "cancelled", "race"]
        .map((kind): object => ({ request_uri: `${kind}*@*`, set: "capped" }))
        .concat([{ set: "free" }]),
    };
    writeFileSync(this.#file, JSON.stringify(config));
  }
}
