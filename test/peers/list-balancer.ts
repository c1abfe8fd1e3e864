// `fairlead run dispatcher.list`, as somebody runs it who comes from Kamailio: a list, an address, a few options.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Peer } from "../../src/ua/transport.ts";
import { LbProcess } from "../kit/lb-process.ts";
import { parseMetrics, type Sample, sumOf } from "../kit/metrics.ts";
import { type ReservedPort, reservePort } from "../kit/port.ts";
import { until } from "../kit/wait.ts";

/** A balancer with one dispatcher set, number 1. */
export class ListBalancer {
  readonly address: Peer;
  readonly adminUrl: string;
  readonly process: LbProcess;
  readonly #folder: string;
  readonly #ports: readonly ReservedPort[];

  private constructor(
    ports: readonly ReservedPort[],
    uris: readonly string[],
    options: readonly string[],
    transports: readonly string[],
  ) {
    this.#folder = mkdtempSync(join(tmpdir(), "fairlead-list-"));
    this.#ports = ports;
    this.address = { address: "127.0.0.1", port: ports[0]!.port };
    this.adminUrl = `http://127.0.0.1:${ports[1]!.port}`;
    this.writeList(uris);
    const listen = transports.flatMap((transport) => ["--listen", `${transport}://127.0.0.1:${this.address.port}`]);
    const where = [...listen, "--admin", this.adminUrl];
    this.process = new LbProcess(["run", this.#list, ...where, ...options], { FAIRLEAD_FAULTS: "1" });
  }

  /** Runs when this resolves. */
  static async start(
    uris: readonly string[],
    options: readonly string[],
    transports: readonly string[] = ["udp"],
  ): Promise<ListBalancer> {
    const balancer = new ListBalancer([await reservePort(), await reservePort()], uris, options, transports);
    await balancer.process.ready();
    return balancer;
  }

  get #list(): string {
    return join(this.#folder, "dispatcher.list");
  }

  /** Writes the list anew: one line per destination, whatever follows the URI included. */
  writeList(destinations: readonly string[]): void {
    writeFileSync(this.#list, destinations.map((line) => `1 ${line}\n`).join(""));
  }

  /** Body and status of an answer of the admin API. */
  async admin(method: "GET" | "POST", path: string, body?: unknown): Promise<{ status: number; body: string }> {
    const sent =
      body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } };
    const response = await fetch(this.adminUrl + path, { method, signal: AbortSignal.timeout(10_000), ...sent });
    return { status: response.status, body: await response.text() };
  }

  /** All metrics of this moment. */
  async metrics(): Promise<Sample[]> {
    return parseMetrics((await this.admin("GET", "/metrics")).body);
  }

  /** One metric of this moment, summed over the labels that are not given. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return sumOf(await this.metrics(), name, labels);
  }

  /** Waits until no call is counted on any destination. */
  async idle(within: number): Promise<void> {
    await until("no active calls", async () => (await this.metric("destination_active_calls")) === 0, within);
  }

  /** Stops it and cleans up; rejects when it has ended by itself or logged an error. */
  async end(allowsErrors = false): Promise<void> {
    const complaint = this.process.complaint(allowsErrors);
    if (this.process.exit === undefined) this.process.signal("SIGINT");
    await until("the exit", () => this.process.exit !== undefined, 5000).catch(() => this.process.stop(0));
    for (const port of this.#ports) port.release();
    rmSync(this.#folder, { recursive: true, force: true });
    if (complaint !== "") throw new Error(`fairlead ${complaint}`);
  }
}
