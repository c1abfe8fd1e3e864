// Main's ends of the hand-off rings: probes go out to a worker, answers, log records and access-log records come in.
import { RecordKind, Ring } from "../bridge/handoff.ts";
import { type MarkedFailure, MarkWord } from "../bridge/mark-word.ts";
import type { SharedMemory } from "./shared-memory.ts";

/** Who takes the records that workers send. Bytes are only valid during the call. */
export interface RecordSink {
  probeAnswer(bytes: Buffer, start: number, end: number, peer: Int32Array): void;
  probeUnreachable(bytes: Buffer, start: number, end: number, peer: Int32Array): void;
  accessLog(worker: number, bytes: Buffer, start: number, end: number): void;
  log(worker: number, text: string): void;
  /** A destination asked for `time` ms without new requests. */
  resting(slot: number, time: number): void;
  /** A destination failed in a way that it is marked for. */
  marked(slot: number, failure: MarkedFailure): void;
}

/** Records taken in one go, so that a flood of access-log records does not starve the event loop. */
const MOST_PER_DRAIN = 4096;
const NOWHERE = new Int32Array(4);

/** The rings as main sees them. */
export class MainRings {
  readonly #incoming: readonly Ring[];
  readonly #outgoing: readonly Ring[];
  readonly #sink: RecordSink;

  constructor(memory: SharedMemory, sink: RecordSink) {
    const main = memory.workers;
    const ends = (pick: (worker: number) => { buffer: SharedArrayBuffer } | null | undefined) =>
      Array.from({ length: main }, (_, worker) => {
        const ring = pick(worker);
        if (ring === null || ring === undefined) throw new Error(`no ring between main and worker ${worker}`);
        return new Ring(ring);
      });
    this.#incoming = ends((worker) => memory.rings[worker]?.[main]);
    this.#outgoing = ends((worker) => memory.rings[main]?.[worker]);
    this.#sink = sink;
  }

  /** Gives a datagram to a worker to send; false when its ring is full. Waking the worker is the caller's part. */
  send(worker: number, listener: number, peer: Int32Array, bytes: Buffer): boolean {
    const ring = this.#outgoing[worker];
    if (ring === undefined) return false;
    return ring.push(RecordKind.send, listener, 0, peer, 0, NOWHERE, 0, bytes, 0, bytes.length);
  }

  /** Whether no worker has put anything there. */
  get isEmpty(): boolean {
    return this.#incoming.every((ring) => ring.isEmpty);
  }

  /** Hands waiting records to the sink; true when there are more. */
  drain(): boolean {
    let left = MOST_PER_DRAIN;
    for (const [worker, ring] of this.#incoming.entries()) {
      while (left > 0 && ring.next()) {
        this.#give(worker, ring);
        ring.take();
        left--;
      }
    }
    return left === 0;
  }

  #give(worker: number, ring: Ring): void {
    const { bytes, start, end, peer } = ring;
    if (ring.kind === RecordKind.probeAnswer) this.#sink.probeAnswer(bytes, start, end, peer);
    else if (ring.kind === RecordKind.probeUnreachable) this.#sink.probeUnreachable(bytes, start, end, peer);
    else if (ring.kind === RecordKind.accessLog) this.#sink.accessLog(worker, bytes, start, end);
    else if (ring.kind === RecordKind.resting) this.#sink.resting(ring.listener, ring.time);
    else if (ring.kind === RecordKind.marked) this.#sink.marked(ring.listener, failureIn(ring));
    else if (ring.kind === RecordKind.log) this.#sink.log(worker, bytes.toString("utf8", start, end));
  }
}

function failureIn({ time: status, local }: Ring): MarkedFailure {
  const { sent, forGood, after } = MarkWord;
  return { status, sent: local[sent]!, isForGood: local[forGood] === 1, after: local[after]! };
}
