// The demo as a whole: three servers, Fairlead, a caller; what a key does; what time does.
import { setTimeout as pause } from "node:timers/promises";
import type { DestinationResource } from "../../admin/resources.ts";
import { DEMO_SET, DemoBalancer } from "./balancer.ts";
import { Caller } from "./caller.ts";
import { DemoServer } from "./server.ts";
import type { DemoState } from "./view.ts";

/** Answered or not, calls get this long to finish after the last one was started. */
const GRACE = 8000;
const NAMES = ["alpha", "bravo", "charlie"];

/** The running demo. */
export class Demo {
  readonly balancer: DemoBalancer;
  readonly caller: Caller;
  readonly servers: readonly DemoServer[];
  /** Set when somebody pressed q or the like. */
  isOver = false;
  #selected = 0;
  #destinations: readonly DestinationResource[] = [];

  private constructor(balancer: DemoBalancer, caller: Caller, servers: readonly DemoServer[]) {
    this.balancer = balancer;
    this.caller = caller;
    this.servers = servers;
  }

  /** Starts everything; `program` is the path of main.ts, `rate` calls per second. */
  static async start(program: string, rate: number): Promise<Demo> {
    const servers = await Promise.all(NAMES.map((name) => DemoServer.start(name)));
    try {
      const balancer = await DemoBalancer.start(program, servers);
      return new Demo(balancer, await Caller.start(balancer.address, rate), servers);
    } catch (error) {
      await Promise.all(servers.map((server) => server.kill()));
      throw error;
    }
  }

  /** Asks the balancer how its destinations are; keeps the last answer when there is none. */
  async refresh(): Promise<void> {
    this.#destinations = await this.balancer.admin.destinations().catch(() => this.#destinations);
  }

  /** What can be shown now. */
  state(colour: boolean): DemoState {
    const { caller, servers, balancer } = this;
    const { adminUrl } = balancer;
    return { caller, servers, adminUrl, colour, destinations: this.#destinations, selected: this.#selected };
  }

  /** Does what a key stands for; unknown keys do nothing. */
  async press(key: string): Promise<void> {
    const server = this.servers[this.#selected];
    if (/^[1-9]$/.test(key)) this.#selected = Math.min(Number(key), this.servers.length) - 1;
    else if (key === "k") await server?.kill();
    else if (key === "r") await this.#revive(server);
    else if (key === "d") await this.#toggleDrain(server);
    else if (key === "s" && server !== undefined) server.isSlow = !server.isSlow;
    else if (key === "+" || key === "=") this.caller.rate = Math.min(1000, Math.ceil(this.caller.rate * 1.5));
    else if (key === "-") this.caller.rate = Math.max(1, Math.floor(this.caller.rate / 1.5));
    else if (key === "q" || key === "\u0003" || key === "\u0004") this.isOver = true;
  }

  async #revive(server: DemoServer | undefined): Promise<void> {
    if (server === undefined) return;
    await server.revive();
    server.isSlow = false;
    const state = this.#destinations.find(({ name }) => name === server.name)?.state;
    if (state === "draining" || state === "disabled") await this.#setState(server, "enable");
  }

  async #toggleDrain(server: DemoServer | undefined): Promise<void> {
    if (server === undefined) return;
    const isDraining = this.#destinations.find(({ name }) => name === server.name)?.state === "draining";
    await this.#setState(server, isDraining ? "enable" : "drain");
  }

  async #setState({ name }: DemoServer, verb: "enable" | "drain"): Promise<void> {
    await this.balancer.admin.setState(DEMO_SET, name, verb, "a key of the demo");
  }

  /** Starts no more calls and waits for those that are open; whether every call was answered. */
  async finish(): Promise<boolean> {
    this.caller.stop();
    const deadline = performance.now() + GRACE;
    while (this.caller.open > 0 && performance.now() < deadline) await pause(50);
    await this.refresh();
    return this.caller.started > 0 && this.caller.answered === this.caller.started;
  }

  /** Ends everything. */
  async close(): Promise<void> {
    await this.caller.close();
    await this.balancer.stop();
    await Promise.all(this.servers.map((server) => server.kill()));
  }
}
