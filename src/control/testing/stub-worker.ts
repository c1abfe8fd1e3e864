// A worker that carries no traffic: it adopts snapshots, ticks its heartbeat, and can be told to throw or to hang.
import { parentPort, receiveMessageOnPort, workerData } from "node:worker_threads";
import { RecordKind, Ring } from "../../bridge/handoff.ts";
import { CONTROL_WORDS, ControlWord, type ToWorker, type WorkerStart } from "../../bridge/worker-start.ts";

const port = parentPort;
const start = (workerData ?? (await assignment())) as WorkerStart;
const control = new Int32Array(start.control, start.index * CONTROL_WORDS * 4, CONTROL_WORDS);
const toMain = start.rings[start.index]?.[start.workers];
const fromMain = start.rings[start.workers]?.[start.index];
const nowhere = new Int32Array(8);
const out = toMain ? new Ring(toMain) : null;
const incoming = fromMain ? new Ring(fromMain) : null;

Atomics.store(control, ControlWord.adopted, start.snapshot.generation);
Atomics.store(control, ControlWord.ready, 1);
port?.postMessage({ kind: "listening", worker: start.index, receiveBuffer: start.receiveBuffer, isQuick: true });

function assignment(): Promise<WorkerStart> {
  port?.postMessage({ kind: "spare", thread: 0 });
  return new Promise((resolve) => {
    port?.once("message", (message: ToWorker) => {
      if (message.kind === "start") resolve(message.start);
    });
  });
}

/** Sends the first line of every probe back as a log record: the tests see what would have gone out. */
function echo(): void {
  while (incoming?.next()) {
    const text = incoming.bytes.toString("utf8", incoming.start, incoming.end).split("\r\n")[0] ?? "";
    const bytes = Buffer.from(JSON.stringify({ level: "info", message: "sent", text }));
    incoming.take();
    out?.push(RecordKind.log, 0, 0, nowhere, 0, nowhere, 0, bytes, 0, bytes.length);
    port?.postMessage({ kind: "bell" });
  }
}

while (control[ControlWord.stop] === 0) {
  Atomics.add(control, ControlWord.heartbeat, 1);
  const fault = Atomics.load(control, ControlWord.fault);
  if (fault === 1) throw new Error("injected fault");
  while (Atomics.load(control, ControlWord.fault) === 2) Atomics.wait(control, ControlWord.fault, 2, 1000);
  const posted = port === null ? undefined : receiveMessageOnPort(port);
  const message = posted?.message as ToWorker | undefined;
  if (message?.kind === "snapshot") {
    // Generation -1 in a route name is the tests' way to say: do not adopt.
    if (!message.snapshot.routes.some((route) => route.name === "never-adopted")) {
      Atomics.store(control, ControlWord.adopted, message.snapshot.generation);
    }
  }
  echo();
  Atomics.wait(control, ControlWord.stop, 0, 5);
}
process.exit(0);
