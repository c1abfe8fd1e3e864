// `fairlead run` with a configuration of the guide as it stands on the page, at addresses that nobody else uses.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "yaml";
import { LbProcess } from "../kit/lb-process.ts";
import type { Neighbourhood } from "./golden-calls.ts";

/** URIs of all destinations of a configuration, set after set. */
export function destinationsOf(yaml: string): { readonly set: string; readonly uri: string }[] {
  const { sets = {} } = parse(yaml) as { sets?: Record<string, { destinations: (string | { uri: string })[] }> };
  return Object.entries(sets).flatMap(([set, { destinations }]) =>
    destinations.map((one) => ({ set, uri: typeof one === "string" ? one : one.uri })),
  );
}

/** The balancer. */
export class GuideBalancer {
  readonly process: LbProcess;
  readonly #folder: string;

  readonly adminUrl: string;

  /** Runs `yaml` with two workers, its admin API at `host` of the neighbourhood; it runs when this resolves. */
  static async start(here: Neighbourhood, yaml: string, more = "", host = 1): Promise<GuideBalancer> {
    const balancer = new GuideBalancer(here, yaml, more, host);
    await balancer.process.ready();
    return balancer;
  }

  private constructor(here: Neighbourhood, yaml: string, more: string, host: number) {
    this.adminUrl = `http://${here.prefix}${host}:8080`;
    this.#folder = mkdtempSync(join(tmpdir(), "fairlead-guide-"));
    const file = join(this.#folder, "fairlead.yaml");
    const machine = `workers: 2\nadmin: {listen: "${this.adminUrl}"}\nlog: {format: json}\nshutdown: {deadline: 100ms}\n`;
    writeFileSync(file, here.quick(yaml) + machine + more);
    this.process = new LbProcess(["run", file]);
  }

  /** States of its destinations, by URI. */
  async states(): Promise<ReadonlyMap<string, string>> {
    const response = await fetch(`${this.adminUrl}/api/v1/destinations`, { signal: AbortSignal.timeout(5000) });
    const shown = (await response.json()) as { readonly uri: string; readonly state: string }[];
    return new Map(shown.map(({ uri, state }) => [uri, state]));
  }

  /** Stops it; rejects when it has ended by itself or logged an error. */
  async end(): Promise<void> {
    const complaint = this.process.complaint();
    await this.process.stop();
    rmSync(this.#folder, { recursive: true, force: true });
    if (complaint !== "") throw new Error(`fairlead ${complaint}`);
  }
}
