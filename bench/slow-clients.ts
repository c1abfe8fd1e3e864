// What calls lose by thousands of clients that are slow or idle, and by handshakes that stall: 100 calls a second over TCP without
// and with them, in turn. The balancer has core 0; callers, destinations and clients have core 1, the clients only when nobody else
// there wants anything (SCHED_IDLE): in the world all of them have machines of their own.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { Authority } from "../test/kit/certificates.ts";
import { SlowClients } from "../test/kit/slow-clients.ts";
import { FAIRLEAD, Running } from "./calls/balancers.ts";
import { DESTINATION_HOSTS } from "./calls/messages.ts";
import type { Order, Steady, SteadyTask } from "./calls/steady.ts";

const USAGE = `taskset -c 0 node bench/slow-clients.ts [--slow N] [--stalled N] [--rate CALLS/S] [--rounds N] [--seconds S] [--port P]

  --slow     clients over TCP: a third says nothing, a third sends a byte a second, a third does not read (5000)
  --stalled  clients that connect for TLS and never begin (500)
  --rate     calls per second (100)
  --rounds   measurements without and with the clients, in turn (6)
  --seconds  seconds of each (10)
  --port     first of the TCP ports used on loopback (28400)
  --clients-core  the core of the clients; 0 is the balancer's (1)

Leaves with 1 when a call failed, or when the slowest hundredth takes over a fifth longer among the clients. Calls for which no
hypervisor took a core from this machine are told beside all of them.`;
const CONNECTIONS = 16;
const WARM_S = 25;
const SETTLING = 5_000;
const GROWTH = 1.2;

/** The generator: a child that measures when it is told to. */
class Calls {
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess) {
    this.#child = child;
  }

  static async begin(task: SteadyTask): Promise<Calls> {
    const script = new URL("./calls/steady.ts", import.meta.url);
    const child = fork(script, [JSON.stringify(task)], {
      execPath: "taskset",
      execArgv: ["-c", "1", process.execPath, ...process.execArgv],
    });
    const calls = new Calls(child);
    await calls.#next();
    return calls;
  }

  async #next(): Promise<unknown> {
    const over = new AbortController();
    const { signal } = over;
    try {
      const left = once(this.#child, "exit", { signal }).then(() => {
        throw new Error("the generator has left");
      });
      const [message] = await Promise.race([once(this.#child, "message", { signal }), left]);
      return message;
    } finally {
      over.abort();
    }
  }

  async measure(order: Order): Promise<Steady> {
    const answer = this.#next();
    this.#child.send(order);
    return (await answer) as Steady;
  }

  end(): void {
    this.#child.disconnect();
  }
}

function quantile(times: readonly number[], share: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN) / 1000;
}

function said(times: readonly number[]): string {
  return `p99 ${quantile(times, 0.99).toFixed(2)} ms, median ${quantile(times, 0.5).toFixed(2)}`;
}

function configuration(port: number, folder: string): string {
  const destinations = DESTINATION_HOSTS.map((host) => `"sip:${host}:${port + 10};transport=tcp"`).join(", ");
  return [
    `listeners: ["tcp://127.0.0.1:${port}", "tls://127.0.0.1:${port + 1}"]`,
    `tls: {default: {certificates: [{cert: ${join(folder, "own.pem")}, key: ${join(folder, "own.key")}}]}}`,
    "workers: 2",
    "admin: false",
    `sets: {1: {algorithm: hash-call-id, destinations: [${destinations}], probe: false}}`,
    "routes: [{set: 1}]",
    "",
  ].join("\n");
}

const { values } = parseArgs({
  options: {
    slow: { type: "string", default: "5000" },
    stalled: { type: "string", default: "500" },
    rate: { type: "string", default: "100" },
    rounds: { type: "string", default: "6" },
    seconds: { type: "string", default: "10" },
    port: { type: "string", default: "28400" },
    "clients-core": { type: "string", default: "1" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [slow, stalled, rate, rounds, seconds, port, clientsCore] = [
  values.slow,
  values.stalled,
  values.rate,
  values.rounds,
  values.seconds,
  values.port,
  values["clients-core"],
].map(Number) as [number, number, number, number, number, number, number];
const folder = mkdtempSync(join(tmpdir(), "fairlead-slow-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const authority = await Authority.make();
const { cert, key } = await authority.issue();
writeFileSync(join(folder, "own.pem"), cert);
writeFileSync(join(folder, "own.key"), key);
const file = join(folder, "fairlead.yaml");
writeFileSync(file, configuration(port, folder));
const balancer = new Running([FAIRLEAD, "run", file], join(folder, "log"));
const calls = await Calls.begin({ port, destinationPort: port + 10, connections: CONNECTIONS });
/** Times of all calls, and of those from which no hypervisor took anything. */
interface Taken {
  readonly all: number[];
  readonly untouched: number[];
}
const without: Taken = { all: [], untouched: [] };
const among: Taken = { all: [], untouched: [] };
let failed = 0;
async function measure(into: Taken): Promise<string> {
  const { times, untouched, failed: some } = await calls.measure({ rate, seconds });
  failed += some;
  into.all.push(...times);
  into.untouched.push(...untouched);
  return `${said(times)}, ${said(untouched)} of ${untouched.length} untouched`;
}
function compare(name: string, alone: readonly number[], beside: readonly number[]): number {
  const growth = quantile(beside, 0.99) / quantile(alone, 0.99);
  const percent = ((growth - 1) * 100).toFixed(0);
  console.log(`${name}: without ${said(alone)}; among ${said(beside)}; p99 grows by ${percent} %`);
  return growth;
}
await calls.measure({ rate, seconds: WARM_S });
for (let round = 1; round <= rounds; round++) {
  const alone = await measure(without);
  const host = { address: "127.0.0.1" };
  const plan = { tcp: { ...host, port }, tls: { ...host, port: port + 1 }, slow, stalled };
  const clients = await SlowClients.begin(plan, clientsCore);
  await pause(SETTLING);
  const there = clients.open;
  console.log(`without: ${alone}; among ${there} of ${slow + stalled}: ${await measure(among)}`);
  await clients.end();
  await pause(SETTLING);
}
calls.end();
await balancer.stop();
await authority.close();
const growth = compare(`all ${among.all.length}`, without.all, among.all);
compare(`untouched ${among.untouched.length}`, without.untouched, among.untouched);
console.log(`${failed} failed`);
process.exit(failed === 0 && growth <= GROWTH ? 0 : 1);
