// The load balancer of a scenario: configuration in a temporary folder, the real process, its admin API.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatPeer, type Peer } from "../../src/ua/transport.ts";
import type { Certificate } from "./certificates.ts";
import { LbProcess } from "./lb-process.ts";
import { parseMetrics, sumOf } from "./metrics.ts";
import { type ReservedPort, reservePort } from "./port.ts";
import { until } from "./wait.ts";

/** A section of fairlead.yaml, or all of it. */
export type Section = Readonly<Record<string, unknown>>;
/** A destination of a test: anything with a URI that is known once it is `opened`. */
export interface Dispatchable {
  readonly uri: string;
  readonly opened: Promise<unknown>;
}
/** One destination in the configuration: itself, or with fields of its own. */
export type ConfiguredDestination = Dispatchable | (Section & { readonly to: Dispatchable });

/** Timers that make failures quick to watch; everything else is as configured by default. */
const QUICK_TIMERS: Section = { t1: "200ms", t2: "800ms", linger: "4s" };

/** Connections are made at once or refused at once, but on a busy machine. */
const PATIENT_STREAMS: Section = { connect_timeout: "30s" };

/** Timers for scenarios in which everything times out. */
export const HASTY: Section = { t1: "50ms", t2: "400ms", linger: "2s" };

/** For sets with a destination that says nothing. Others wait longer than a busy machine makes anybody wait. */
export const IMPATIENT: Section = { failover: { answer_within: "500ms" } };

/** Milliseconds for one request to the admin API on a busy machine. */
const ADMIN_PATIENCE = 20_000;

/** The balancer under test. */
export class LoadBalancer {
  /** Where phones send to. */
  readonly address: Peer;
  /** Base URL of the admin API. */
  readonly adminUrl: string;
  readonly io: string;
  process: LbProcess | undefined;
  #folder: string;
  readonly #nodeOptions: readonly string[];
  #ports: readonly ReservedPort[];
  #base: Section;
  #config: Section = {};

  private constructor(
    folder: string,
    ports: readonly [ReservedPort, ReservedPort, ReservedPort],
    io: string,
    host: string,
    nodeOptions: readonly string[],
  ) {
    this.#folder = folder;
    this.#nodeOptions = nodeOptions;
    this.#ports = ports;
    this.io = io;
    this.address = { address: host, port: ports[0].port };
    this.adminUrl = `http://127.0.0.1:${ports[1].port}`;
    this.#base = {
      listeners: [`udp://${formatPeer(this.address)}`],
      workers: 2,
      io,
      timers: QUICK_TIMERS,
      streams: PATIENT_STREAMS,
      admin: { listen: this.adminUrl },
      log: { format: "json" },
      keys: ["a key of the tests, long enough"],
      shutdown: { deadline: "100ms" },
    };
  }

  /** Reserves ports and a folder; the process starts with the first configuration. */
  static async prepare(io: string, host = "127.0.0.1", nodeOptions: readonly string[] = []): Promise<LoadBalancer> {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-test-"));
    return new LoadBalancer(
      folder,
      [await reservePort(), await reservePort(), await reservePort()],
      io,
      host,
      nodeOptions,
    );
  }

  /** `sip:127.0.0.1:24017`, the balancer's own URI. */
  get uri(): string {
    return `sip:${formatPeer(this.address)}`;
  }

  /** UDP and TCP on the same port: who sends chooses by its own transport. */
  get bothTransports(): Section {
    const peer = formatPeer(this.address);
    return { listeners: [`udp://${peer}`, `tcp://${peer}`] };
  }

  /** The same with TLS on a port of its own, and the files of `certificate` in the default profile. */
  async withTls(certificate: Certificate, profile: Section = {}, tlsPort = this.tlsPort): Promise<Section> {
    const peer = formatPeer(this.address);
    const listeners = [`udp://${peer}`, `tcp://${peer}`, `tls://${formatPeer({ ...this.address, port: tlsPort })}`];
    return { listeners, tls: { default: { certificates: [await this.certificateFiles(certificate)], ...profile } } };
  }

  /** Writes a certificate's files beside the configuration. */
  async certificateFiles({ cert, key }: Certificate, name = "lb"): Promise<Section> {
    await writeFile(join(this.#folder, `${name}.pem`), cert);
    await writeFile(join(this.#folder, `${name}.key`), key, { mode: 0o600 });
    return { cert: `${name}.pem`, key: `${name}.key` };
  }

  /** Writes a file beside the configuration; returns its name there. */
  async file(name: string, text: string): Promise<string> {
    await writeFile(join(this.#folder, name), text);
    return name;
  }

  /** Takes a file away that is beside the configuration. */
  async removes(name: string): Promise<void> {
    await rm(join(this.#folder, name));
  }

  /** The port for TLS. */
  get tlsPort(): number {
    return this.#ports[2]?.port ?? 0;
  }

  /** Base configuration, for tests that change a section of it. */
  get config(): Section {
    return { ...this.#base, ...this.#config };
  }

  /** Runs with one set that has these destinations; starts the process, or reloads it. `extra` goes into the set. */
  async dispatches(
    set: string | number,
    algorithm: string,
    destinations: readonly ConfiguredDestination[],
    extra: Section = {},
    config: Section = {},
  ): Promise<void> {
    const one = await configuredSet(algorithm, destinations, extra);
    await this.runs({ sets: { [String(set)]: one }, ...config });
  }

  /** Starts with this configuration over the base one, or reloads to it. */
  async runs(config: Section): Promise<void> {
    this.#config = config;
    await this.writeConfig(JSON.stringify(this.config, null, 2));
    if (this.process !== undefined) return this.reload();
    this.process = this.#program();
    await this.process.ready();
  }

  /** Starts with a text of fairlead.yaml as it is. */
  async startsWith(text: string): Promise<void> {
    await this.writeConfig(text);
    this.process = this.#program();
    await this.process.ready();
  }

  #program(): LbProcess {
    return new LbProcess(["run", this.configFile], { FAIRLEAD_FAULTS: "1" }, undefined, this.#nodeOptions);
  }

  get configFile(): string {
    return join(this.#folder, "fairlead.yaml");
  }

  async writeConfig(text: string): Promise<void> {
    await writeFile(this.configFile, text);
  }

  /** Reloads through the admin API and waits until that is done; rejects when it was refused. */
  async reload(): Promise<void> {
    const { status, body } = await this.admin("POST", "/reload");
    if (status >= 300) throw new Error(`reload answered ${status}: ${body}`);
  }

  /** One request to the admin API, under its version prefix. */
  async admin(method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> {
    const prefix = /^\/(metrics|healthz|readyz)/.test(path) ? "" : "/api/v1";
    const headers = { ...(method === "GET" ? {} : { "if-match": "*" }) };
    const init: RequestInit = { method, signal: AbortSignal.timeout(ADMIN_PATIENCE), headers };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...headers, "content-type": "application/json" };
    }
    const response = await fetch(`${this.adminUrl}${prefix}${path}`, init);
    return { status: response.status, body: await response.text() };
  }

  /** The present value of a metric, summed over the labels that are not given. */
  async metric(name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> {
    return sumOf(parseMetrics((await this.admin("GET", "/metrics")).body), name, labels);
  }

  /** Waits until a metric has a value. */
  async untilMetric(name: string, wanted: number, labels: Readonly<Record<string, string>> = {}): Promise<void> {
    let last = Number.NaN;
    const check = async (): Promise<boolean> => {
      last = await this.metric(name, labels);
      return last === wanted;
    };
    await until(`${name} to be ${wanted}`, check).catch((error: Error) => {
      throw new Error(`${error.message}; it is ${last}`);
    });
  }

  /** Waits until the spare worker is there, which comes seconds after the start: what the process takes is measured after that. */
  async isComplete(): Promise<void> {
    await until("a warm spare", async () => (await this.metric("worker_spares")) === 1, 60_000);
  }

  /** Stops the process and cleans up; returns what is to be complained about. */
  async end(allowsErrors = false): Promise<string> {
    const complaint = this.process?.complaint(allowsErrors) ?? "";
    await this.process?.stop();
    for (const port of this.#ports) port.release();
    await rm(this.#folder, { recursive: true, force: true });
    return complaint;
  }
}

/** A set's section: no probes, and nobody is given up for being slow, unless `extra` says otherwise. */
export async function configuredSet(
  algorithm: string,
  destinations: readonly ConfiguredDestination[],
  extra: Section = {},
): Promise<Section> {
  const entries = await Promise.all(destinations.map(configured));
  return { algorithm, probe: false, failover: { answer_within: "5s" }, destinations: entries, ...extra };
}

async function configured(destination: ConfiguredDestination): Promise<unknown> {
  if (!("to" in destination)) {
    await destination.opened;
    return destination.uri;
  }
  const { to, ...fields } = destination;
  await to.opened;
  return { uri: to.uri, ...fields };
}
