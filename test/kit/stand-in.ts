// A server that is not the balancer, in a process of its own, for clients that are to cost the machine what they cost it anyway: what
// calls lose while they hang on that one, they do not lose by the balancer.
import { type ChildProcess, fork } from "node:child_process";
import type { Peer } from "../../src/ua/transport.ts";
import { until } from "./wait.ts";

/** A stand-in that listens, until `end`. */
export class StandIn {
  readonly #child: ChildProcess;
  readonly #ports = { tcp: 0, tls: 0 };

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on("message", (ports) => Object.assign(this.#ports, ports));
  }

  /** Resolves when it listens. */
  static async begin(): Promise<StandIn> {
    const standIn = new StandIn(fork(new URL("stand-in-process.ts", import.meta.url)));
    await until("the stand-in to listen", () => standIn.#ports.tcp > 0 && standIn.#ports.tls > 0);
    return standIn;
  }

  /** Where it takes connections with messages. */
  get tcp(): Peer {
    return { address: "127.0.0.1", port: this.#ports.tcp };
  }

  /** Where it waits for handshakes. */
  get tls(): Peer {
    return { address: "127.0.0.1", port: this.#ports.tls };
  }

  /** Resolves when it is gone. */
  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once("exit", resolve));
    if (this.#child.exitCode !== null || !this.#child.kill("SIGKILL")) return;
    await gone;
  }
}
