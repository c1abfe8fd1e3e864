// What a new connection costs: one after the other, each with one OPTIONS that has no hops left, which the balancer answers itself.
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { FAIRLEAD, Running } from "./calls/balancers.ts";

const USAGE = `taskset -c 1 node bench/new-connections.ts [--connections N] [--rounds N] [--abreast N] [--port P]

  --connections  of each round (5000)
  --rounds       (5); the first one is not counted
  --abreast      connections at a time (8)
  --port         of the balancer on loopback (28500)

The balancer has core 0. Prints the processor time that a connection takes from it, and how long one waits for its answer.`;
/** Of /proc/PID/stat behind the name: user and system time, in ticks of 10 ms. */
const TIMES = [11, 12] as const;
const TICK_US = 10_000;
const STARTING = 3_000;

const { values } = parseArgs({
  options: {
    connections: { type: "string", default: "5000" },
    rounds: { type: "string", default: "5" },
    abreast: { type: "string", default: "8" },
    port: { type: "string", default: "28500" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit();
}
const [connections, rounds, abreast, port] = [values.connections, values.rounds, values.abreast, values.port].map(
  Number,
) as [number, number, number, number];
const folder = mkdtempSync(join(tmpdir(), "fairlead-new-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const file = join(folder, "fairlead.yaml");
writeFileSync(
  file,
  `listeners: ["tcp://127.0.0.1:${port}"]\nworkers: 1\nadmin: false\n` +
    `sets: {1: {destinations: ["sip:127.0.0.2:${port + 1};transport=tcp"], probe: false}}\nroutes: [{set: 1}]\n`,
);
const balancer = new Running([FAIRLEAD, "run", file], join(folder, "log"));

/** Microseconds of processor time that the balancer has had. */
function spent(): number {
  const stat = readFileSync(`/proc/${balancer.pid}/stat`, "latin1");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return TIMES.reduce((sum, at) => sum + Number(fields[at]) * TICK_US, 0);
}

/** Milliseconds from the beginning of a connection to the answer that comes over it. */
async function one(number: number): Promise<number> {
  const began = performance.now();
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.write(
    `OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1;branch=z9hG4bK${number}\r\nMax-Forwards: 0\r\nFrom: <sip:a@b>;tag=1\r\n` +
      `To: <sip:a@b>\r\nCall-ID: ${number}\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`,
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  if (!answer.toString("latin1").startsWith("SIP/2.0 483 ")) throw new Error(`not what was wanted: ${answer}`);
  const took = performance.now() - began;
  socket.end();
  await once(socket, "close");
  return took;
}

await pause(STARTING);
let number = 0;
for (let round = 0; round < rounds; round++) {
  const times: number[] = [];
  const last = number + connections;
  const before = spent();
  const inTurn = async (): Promise<void> => {
    while (number < last) times.push(await one(number++));
  };
  await Promise.all(Array.from({ length: abreast }, inTurn));
  const cost = (spent() - before) / connections;
  times.sort((a, b) => a - b);
  const [median, slowest] = [0.5, 0.99].map((share) => times[Math.floor(times.length * share)]!.toFixed(2));
  if (round > 0)
    console.log(`${cost.toFixed(0)} us a connection; answered after ${median} ms, slowest hundredth ${slowest}`);
}
await balancer.stop();
