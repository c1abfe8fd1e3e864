// What a test with SIPp starts, ended whatever happens: a balancer from a dispatcher.list, servers, callers.
import { type CallerOptions, type ServerOptions, Sipp } from "../kit/sipp.ts";
import { ListBalancer } from "./list-balancer.ts";

/** Everything that one test has started. */
export class SippLab {
  readonly #sipps: Sipp[] = [];
  #balancer: ListBalancer | undefined;

  /** Runs `body` with a lab of its own; rejects when the balancer has ended by itself or, unless allowed, logged an error. */
  static async run(body: (lab: SippLab) => Promise<void>, allowsErrors = false): Promise<void> {
    const lab = new SippLab();
    let isDone = false;
    try {
      await body(lab);
      isDone = true;
    } catch (error) {
      if (error instanceof Error && lab.#balancer !== undefined)
        error.message += `\n--- log\n${lab.#balancer.process.tail(8)}`;
      throw error;
    } finally {
      const ended = lab.#balancer?.end(allowsErrors);
      await ended?.catch((error: unknown) => {
        if (isDone) throw error;
      });
      for (const sipp of lab.#sipps) await sipp.end();
    }
  }

  /** A server. */
  async server(options: ServerOptions = {}): Promise<Sipp> {
    return this.#keep(await Sipp.server(options));
  }

  /** `fairlead run` with these destinations; `options` are more of its options. */
  async balance(
    destinations: readonly string[],
    options: readonly string[] = [],
    transports: readonly string[] = ["udp"],
  ): Promise<ListBalancer> {
    this.#balancer = await ListBalancer.start(destinations, options, transports);
    return this.#balancer;
  }

  /** A caller towards the balancer. */
  async caller(options: CallerOptions): Promise<Sipp> {
    if (this.#balancer === undefined) throw new Error("there is no balancer yet");
    return this.#keep(await Sipp.caller(this.#balancer.address, options));
  }

  #keep(sipp: Sipp): Sipp {
    this.#sipps.push(sipp);
    return sipp;
  }
}
