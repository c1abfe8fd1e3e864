// A TCP listener that swallows attempts to connect, as a host behind a firewall does: its queue is full, and it accepts nobody until it
// is woken. What it hears then is kept.
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { Worker } from "node:worker_threads";
import { until } from "./wait.ts";

/** The thread is held, and with it everything that would accept. */
const SCRIPT = `const { parentPort, workerData } = require("node:worker_threads");
  const { host, port, held } = workerData;
  const server = require("node:net").createServer((socket) => {
    parentPort.postMessage({ accepted: true });
    socket.on("error", () => undefined).on("data", (data) => parentPort.postMessage({ heard: data.toString("latin1") }));
  });
  server.listen({ port, host, backlog: 1 }, () => {
    parentPort.postMessage({ port: server.address().port });
    // At once: whoever were accepted before would leave a place in the queue.
    Atomics.wait(held, 0, 0);
  });`;

/** One of them. */
export class DeafListener {
  readonly port: number;
  readonly #held: Int32Array;
  readonly #worker: Worker;
  readonly #fillers: readonly Socket[];
  #heard = "";

  private constructor(port: number, held: Int32Array, worker: Worker, fillers: readonly Socket[]) {
    this.port = port;
    this.#held = held;
    this.#worker = worker;
    this.#fillers = fillers;
    worker.on("message", ({ heard = "" }: { heard?: string }) => {
      this.#heard += heard;
    });
  }

  /** Opens one; port 0: any. Its queue is full when this resolves. */
  static async open(host = "127.0.0.1", port = 0): Promise<DeafListener> {
    const held = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(SCRIPT, { eval: true, workerData: { host, port, held } });
    const [opened] = (await once(worker, "message")) as [{ port: number }];
    // Two find room in the queue; all others hear nothing.
    const there: Socket[] = [];
    const fillers = Array.from({ length: 4 }, () => {
      const socket: Socket = connect(opened.port, host, () => there.push(socket)).on("error", () => undefined);
      return socket;
    });
    await until("its queue to be full", () => there.length === 2);
    for (const one of fillers) if (!there.includes(one)) one.destroy();
    return new DeafListener(opened.port, held, worker, there);
  }

  /** All that came over connections, once it has been woken. */
  get heard(): string {
    return this.#heard;
  }

  /** From now on it accepts. */
  wake(): void {
    Atomics.store(this.#held, 0, 1);
    Atomics.notify(this.#held, 0);
  }

  async close(): Promise<void> {
    for (const one of this.#fillers) one.destroy();
    await this.#worker.terminate();
  }
}
