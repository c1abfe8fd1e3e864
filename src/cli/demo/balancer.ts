// Fairlead itself in the demo: the same program as `fairlead run`, with a configuration made up on the spot.
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { AdminClient } from "../../admin/client.ts";
import type { Peer } from "../../ua/transport.ts";
import type { DemoServer } from "./server.ts";

/** The name of the demo's dispatcher set. */
export const DEMO_SET = "demo";
const HOST = "127.0.0.1";
/** A cold start on a slow machine. */
const START_LIMIT = 30_000;

/** A running Fairlead. */
export class DemoBalancer {
  readonly address: Peer;
  readonly adminUrl: string;
  readonly admin: AdminClient;
  readonly #folder: string;
  #child: ChildProcess | undefined;
  #output = "";

  private constructor(folder: string, sipPort: number, adminPort: number) {
    this.#folder = folder;
    this.address = { address: HOST, port: sipPort };
    this.adminUrl = `http://${HOST}:${adminPort}`;
    this.admin = new AdminClient(this.adminUrl);
  }

  /** Starts `program` (the path of main.ts) before the servers; rejects with what it printed when it does not get ready. */
  static async start(program: string, servers: readonly DemoServer[]): Promise<DemoBalancer> {
    const folder = await mkdtemp(join(tmpdir(), "fairlead-demo-"));
    const balancer = new DemoBalancer(folder, await freeUdpPort(), await freeTcpPort());
    try {
      await balancer.#start(program, servers);
    } catch (error) {
      await balancer.stop();
      throw error;
    }
    return balancer;
  }

  async #start(program: string, servers: readonly DemoServer[]): Promise<void> {
    const file = join(this.#folder, "fairlead.yaml");
    await writeFile(file, JSON.stringify(this.#config(servers), null, 2));
    const child = spawn(process.execPath, [...process.execArgv, program, "run", file], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on("data", (text: Buffer) => {
        this.#output = `${this.#output}${text}`.slice(-4000);
      });
    }
    const deadline = performance.now() + START_LIMIT;
    while (!(await this.#isReady())) {
      const hasEnded = child.exitCode !== null || child.signalCode !== null;
      if (hasEnded || performance.now() > deadline) throw new Error(`the balancer did not start\n${this.#output}`);
      await pause(50);
    }
  }

  async #isReady(): Promise<boolean> {
    try {
      return (await this.admin.ready()).ready;
    } catch {
      return false;
    }
  }

  #config(servers: readonly DemoServer[]): object {
    return {
      listeners: [`udp://${HOST}:${this.address.port}`],
      admin: { listen: this.adminUrl },
      log: { level: "warn", format: "json" },
      sets: {
        [DEMO_SET]: {
          algorithm: "round-robin",
          destinations: servers.map(({ name, uri }) => ({ uri, name })),
          probe: { every: "1s", timeout: "500ms", down_after: 2, up_after: 2 },
          failover: { answer_within: "500ms" },
        },
      },
      shutdown: { deadline: "2s" },
    };
  }

  /** Stops it and removes what it had on disk. */
  async stop(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const ended = new Promise((resolve) => child.once("exit", resolve));
      child.kill("SIGTERM");
      const killer = setTimeout(() => child.kill("SIGKILL"), 4000);
      await ended;
      clearTimeout(killer);
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function freeUdpPort(): Promise<number> {
  const socket = createSocket("udp4");
  return new Promise((resolve, reject) => {
    socket.once("error", reject);
    socket.bind(0, HOST, () => {
      const { port } = socket.address();
      socket.close(() => resolve(port));
    });
  });
}

function freeTcpPort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, HOST, () => {
      const address = server.address();
      const port = address !== null && typeof address === "object" ? address.port : 0;
      server.close(() => resolve(port));
    });
  });
}
