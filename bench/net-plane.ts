// What a plane costs without any SIP: one worker sends every datagram back unchanged. Prints messages per CPU second of that
// thread. Usage: node bench/net-plane.ts [batched|portable] [seconds] [bytes per datagram]
// A second thread keeps WINDOW datagrams under way, so the forwarder is saturated as long as the machine has two cores.
import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { BatchedPlane } from "../src/net/batched.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../src/net/endpoint.ts";
import { type Libc, loadLibc } from "../src/net/libc.ts";
import type { Plane, PlaneHandler } from "../src/net/plane.ts";
import { openPortable } from "../src/net/portable.ts";
import { closeSockets, type OpenedSockets, openUdpSockets, type PlaneSocket } from "../src/net/sockets.ts";

interface Start {
  readonly role: "forward" | "generate";
  readonly io: string;
  readonly sockets: readonly PlaneSocket[];
  readonly control: SharedArrayBuffer;
  readonly port: number;
  readonly bytes: number;
}

const STOP = 0;
const WINDOW = 256;
const CLIENTS = 16;
const RECEIVE_BUFFER = 1 << 22;
const WARM_UP = 1_000;

/** Sends every datagram back to where it came from. */
class Forwarder implements PlaneHandler {
  forwarded = 0;
  turns = 0;
  readonly #plane: Plane;
  readonly #control: Int32Array;

  constructor(plane: Plane, control: Int32Array) {
    this.#plane = plane;
    this.#control = control;
  }

  receive(count: number): void {
    const { inbox, outbox } = this.#plane;
    for (let i = 0; i < count; i++) {
      const start = inbox.start[i]!;
      const end = inbox.end[i]!;
      inbox.bytes.copy(outbox.bytes, outbox.claim(), start, end);
      outbox.commit(end - start, inbox.listener[i]!, inbox.peer, i * ENDPOINT_WORDS);
    }
    this.forwarded += count;
  }

  tick(): number {
    this.turns++;
    if (Atomics.load(this.#control, STOP) !== 0) this.#plane.stop();
    return 100;
  }

  arm(): boolean {
    return true;
  }

  disarm(): void {}

  unreachable(): void {}
}

function generate(libc: Libc, start: Start): void {
  const plane = new BatchedPlane(libc, start.sockets, -1);
  const target = new Int32Array(ENDPOINT_WORDS);
  parseEndpoint("127.0.0.1", start.port, target, 0);
  for (let i = 0; i < WINDOW; i++) {
    plane.outbox.claim();
    plane.outbox.commit(start.bytes, i % CLIENTS, target, 0);
  }
  plane.run(new Forwarder(plane, new Int32Array(start.control)));
}

async function forward(libc: Libc, start: Start): Promise<void> {
  const address = { host: "127.0.0.1", port: start.port };
  let plane: Plane = new BatchedPlane(libc, start.sockets, -1);
  if (start.io === "portable") {
    const opened = await openPortable([address], { shared: false, receiveBuffer: RECEIVE_BUFFER });
    if (!opened.ok) throw new Error(opened.problem);
    plane = opened.plane;
  }
  const forwarder = new Forwarder(plane, new Int32Array(start.control));
  parentPort?.postMessage("ready");
  plane.run(forwarder);
  while (start.io === "portable" && Atomics.load(new Int32Array(start.control), STOP) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { user, system } = process.threadCpuUsage();
  parentPort?.postMessage({ forwarded: forwarder.forwarded, turns: forwarder.turns, user, system });
}

function openOrThrow(libc: Libc, host: string, count: number): OpenedSockets {
  const opened = openUdpSockets(
    libc,
    Array.from({ length: count }, () => ({ host, port: 0 })),
    1,
    RECEIVE_BUFFER,
  );
  if (!opened.ok) throw new Error(opened.problem);
  return opened.sockets;
}

function spawn(start: Start): Worker {
  return new Worker(fileURLToPath(import.meta.url), { workerData: start });
}

async function main(libc: Libc, io: string, seconds: number, bytes: number): Promise<void> {
  const near = openOrThrow(libc, "127.0.0.1", 1);
  const far = openOrThrow(libc, "127.0.0.2", CLIENTS);
  const port = near.ports[0]!;
  if (io === "portable") closeSockets(libc, near);
  const control = new SharedArrayBuffer(4);
  const forwarder = spawn({
    role: "forward",
    io,
    sockets: io === "portable" ? [] : near.workers[0]!,
    control,
    port,
    bytes,
  });
  await new Promise((resolve) => forwarder.once("message", resolve));
  const generator = spawn({ role: "generate", io, sockets: far.workers[0]!, control, port, bytes });
  const finished = new Promise((resolve) => generator.once("exit", resolve));
  const result = new Promise<{ forwarded: number; turns: number; user: number; system: number }>((resolve) =>
    forwarder.once("message", resolve),
  );
  await new Promise((resolve) => setTimeout(resolve, WARM_UP + seconds * 1_000));
  Atomics.store(new Int32Array(control), STOP, 1);
  const { forwarded, turns, user, system } = await result;
  await finished;
  const cpu = user + system;
  console.log(
    `${io} ${bytes} B: ${Math.round((forwarded / cpu) * 1e6)} messages per CPU second, ` +
      `${(cpu / forwarded).toFixed(2)} us/message (user ${(user / forwarded).toFixed(2)}), ` +
      `${Math.round(forwarded / (seconds + WARM_UP / 1_000))} messages/s, ${(forwarded / turns).toFixed(1)} per turn`,
  );
}

const loaded = loadLibc();
if (!loaded.ok) {
  console.error(`this benchmark needs the batched plane: ${loaded.reason}`);
  process.exitCode = 1;
} else if (isMainThread) {
  const [io = "batched", seconds = "3", bytes = "818"] = process.argv.slice(2);
  await main(loaded.libc, io, Number(seconds), Number(bytes));
} else {
  const start = workerData as Start;
  if (start.role === "generate") generate(loaded.libc, start);
  else await forward(loaded.libc, start);
}
