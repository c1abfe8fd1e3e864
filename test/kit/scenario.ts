// A call flow through the whole program: `scenario` starts what its function asks for, over each way onto the wire, and
// cleans up whatever happens.
import { test } from "node:test";
import type { ResponseFields } from "../../src/ua/response-builder.ts";
import type { UserAgentOptions } from "../../src/ua/user-agent.ts";
import { answering, challenging, Destination, ringing, type Script } from "./destination.ts";
import { LoadBalancer } from "./lb.ts";
import { Phone } from "./phone.ts";

/** Makes destinations; each has a port of its own. */
export interface DestinationMaker {
  (script: Script, options?: UserAgentOptions): Destination;
  answers(status: number, fields?: ResponseFields): Destination;
  /** Rings; the test answers through `destination.calls`. */
  rings(status?: number): Destination;
  /** Receives and never says a word. */
  silent(): Destination;
  /** Challenges once, then answers. */
  challenges(status: 401 | 407, nonce?: string): Destination;
}

/** What a scenario works with. */
export interface Stage {
  readonly lb: LoadBalancer;
  readonly phone: Phone;
  readonly destination: DestinationMaker;
}

/** How a scenario is run. */
export interface ScenarioOptions {
  /** Which ways onto the wire it is told about; default both. */
  readonly io?: "both" | "batched" | "portable";
  /** Numeric address that the balancer listens on; default 127.0.0.1. */
  readonly host?: string;
  /** The program may log errors (a scenario that kills a worker). */
  readonly allowsErrors?: boolean;
  /** Options of Node's own for the program. */
  readonly nodeOptions?: readonly string[];
  /** Why it cannot be run on this machine; false: it can. */
  readonly skip?: string | false;
  /** Milliseconds; default 120 s: who hangs is told by then, who is only slow is done. */
  readonly limit?: number;
}

type Flow = (stage: Stage) => Promise<void>;

/** Registers a scenario. The title is a promise to a user. */
export function scenario(title: string, flow: Flow): void;
export function scenario(title: string, options: ScenarioOptions, flow: Flow): void;
export function scenario(title: string, second: ScenarioOptions | Flow, third?: Flow): void {
  const options = typeof second === "function" ? {} : second;
  const flow = typeof second === "function" ? second : third!;
  for (const io of planes(options.io ?? "both")) {
    const isMissing = io === "batched" && process.platform !== "linux";
    const skip = isMissing ? "recvmmsg is there on Linux only" : (options.skip ?? false);
    test(`${title} [${io}]`, { skip, timeout: options.limit ?? 120_000 }, () => play(io, options, flow));
  }
}

function planes(io: "both" | "batched" | "portable"): readonly string[] {
  const only = process.env.FAIRLEAD_TEST_IO;
  const wanted = io === "both" ? ["batched", "portable"] : [io];
  return only === undefined ? wanted : wanted.filter((one) => one === only);
}

async function play(io: string, options: ScenarioOptions, flow: Flow): Promise<void> {
  const host = options.host ?? "127.0.0.1";
  const lb = await LoadBalancer.prepare(io, host, options.nodeOptions);
  const phones: Phone[] = [];
  const destinations: Destination[] = [];
  const phone = await Phone.open(lb.address, { address: host }, (opened) => phones.push(opened));
  let complaint = "";
  try {
    await flow({ lb, phone, destination: destinationMaker(host, destinations) });
  } catch (error) {
    if (error instanceof Error && lb.process !== undefined) error.message += `\n--- log\n${lb.process.tail()}`;
    throw error;
  } finally {
    complaint = await lb.end(options.allowsErrors);
    await Promise.all(phones.map((one) => one.agent.close()));
    await Promise.all(destinations.map((one) => one.close()));
  }
  if (complaint !== "") throw new Error(`fairlead ${complaint}`);
}

function destinationMaker(address: string, made: Destination[]): DestinationMaker {
  const make = (script: Script, options: UserAgentOptions = {}): Destination => {
    const destination = new Destination(script, { address, ...options });
    made.push(destination);
    return destination;
  };
  return Object.assign(make, {
    answers: (status: number, fields?: ResponseFields) => make(answering(status, fields)),
    rings: (status?: number) => make(ringing(status)),
    silent: () => make(() => {}, { hears: () => false }),
    challenges: (status: 401 | 407, nonce?: string) => make(challenging(status, answering(200), nonce)),
  });
}
