// The stream worker without its thread: connections with one worker, whose end of the rings is the test's.
import { after } from "node:test";
import { createRingMemory, Ring } from "../../bridge/handoff.ts";
import {
  STREAM_WORDS,
  type StreamCounter,
  type StreamLimits,
  type StreamStart,
  StreamWord,
  streamCounter,
} from "../../bridge/stream-start.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../../net/endpoint.ts";
import { Connections } from "../connections.ts";
import { Exchange } from "../exchange.ts";
import { type Guests, STRANGERS } from "../guests.ts";
import { NOBODY, Proxied } from "../proxied.ts";
import { untilNext } from "./until-next.ts";

/** How long a peer has to take what waits for it, in milliseconds. */
export const WRITE_TIMEOUT = 30_000;

const LIMITS: StreamLimits = {
  connections: 100,
  connectionsPerSource: 100,
  connectTimeout: 5_000,
  attemptDelay: 600_000,
  idle: 60_000,
  messageTimeout: 10_000,
  ping: 30_000,
  writeBuffer: 65_536,
  writeTimeout: WRITE_TIMEOUT,
  lifetime: 0,
  keepalive: 60_000,
  headerBytes: 32_768,
  handshakeTimeout: 5_000,
  handshakes: 100,
  handshakesPerSource: 100,
  reserve: 0,
};

/** Connections with one worker, whose end of the rings is the test's. */
export class Bench {
  readonly fromStreams: Ring;
  readonly connections: Connections;
  readonly proxied = new Proxied();
  readonly #words: Int32Array;

  constructor(limits: Partial<StreamLimits> = {}, ringBytes = 1 << 16, guests: Guests = STRANGERS) {
    const [to, from] = [createRingMemory(ringBytes), createRingMemory(ringBytes)];
    const words = new Int32Array(new SharedArrayBuffer(STREAM_WORDS * 4));
    const start = { toWorkers: [to], fromWorkers: [from], seed: [1, 2] } as unknown as StreamStart;
    this.fromStreams = new Ring(to);
    const exchange = new Exchange(start, words, () => undefined);
    const dials = new Map([[1, { from: undefined }]]);
    this.connections = new Connections(exchange, { ...LIMITS, ...limits }, words, dials, guests, this.proxied);
    this.#words = words;
    after(() => this.connections.leave());
  }

  /** Connections that are open, as the metrics say. */
  get open(): number {
    return this.#words[StreamWord.connections] ?? 0;
  }

  count(name: StreamCounter): number {
    return this.#words[streamCounter(name)] ?? 0;
  }

  send(text: string, port: number, word = 0, caller = NOBODY): void {
    const peer = new Int32Array(ENDPOINT_WORDS);
    parseEndpoint("127.0.0.1", port, peer, 0);
    peer[5] = word;
    const bytes = Buffer.from(text, "latin1");
    this.connections.send(0, 1, peer, bytes, 0, bytes.length, caller);
    this.connections.flush();
  }

  /** The next record for the worker: its kind, its text, the word of its peer, its time and the first word of local. */
  async next(): Promise<{ kind: number; text: string; word: number; time: number; first: number }> {
    const ring = this.fromStreams;
    await untilNext(ring);
    const { kind, time } = ring;
    const text = ring.bytes.toString("latin1", ring.start, ring.end);
    const found = { kind, text, word: ring.peer[5]!, time, first: ring.local[0]! };
    ring.take();
    return found;
  }
}
