// A batched plane in the test's own thread, over real sockets.
import assert from "node:assert/strict";
import { BatchedPlane } from "../../src/net/batched.ts";
import { ENDPOINT_WORDS, formatAddress, formatEndpoint, parseEndpoint } from "../../src/net/endpoint.ts";
import type { Libc } from "../../src/net/libc.ts";
import type { PlaneHandler, SpareTime } from "../../src/net/plane.ts";
import { closeAll, openUdpSockets } from "../../src/net/sockets.ts";
import { libcOrThrow } from "./echo-plane.ts";

/** Asked for by every socket of these tests, in bytes. */
export const RECEIVE_BUFFER = 1 << 20;

/** Where ports begin that nobody is given, and that no test listens on. */
const CLOSED_PORTS = 20_500;

/** A plane in this thread, with a handler that writes down what it is told. */
export class Bench implements PlaneHandler {
  readonly plane: BatchedPlane;
  readonly ports: readonly number[];
  readonly refused: { readonly text: string; readonly peer: string }[] = [];
  /** How many of these were refused only because there was no room to pass them on. */
  short = 0;
  /** Between `arm` and `disarm`. */
  isArmed = false;
  got: { readonly text: string; readonly listener: number }[] = [];
  locals: string[] = [];
  peers: string[] = [];
  readonly #libc: Libc;
  readonly #fds: readonly number[];
  readonly #makePlane: (worker: number) => BatchedPlane;
  readonly #other: BatchedPlane;
  #closed = 0;
  #isDone: () => boolean = () => true;
  #deadline = 0;
  /** Times in a row that it went to sleep without anything having come since. */
  #sleeps = 0;
  #came = 0;
  #current: BatchedPlane;

  /** With `apart`, what may begin something has sockets of its own. */
  constructor(
    hosts: readonly string[],
    workers = 1,
    libc: Libc = libcOrThrow(),
    apart = false,
    isWithoutTrains = false,
    coalesces = false,
  ) {
    this.#libc = libc;
    const opened = openUdpSockets(
      this.#libc,
      hosts.map((host) => ({ host, port: 0 })),
      workers,
      RECEIVE_BUFFER,
      apart,
    );
    if (!opened.ok) throw new Error(opened.problem);
    const sockets = {
      ...opened.sockets,
      workers: opened.sockets.workers.map((own) => own.map((socket) => ({ ...socket, isWithoutTrains }))),
    };
    this.#other = new BatchedPlane(libcOrThrow(), sockets.workers[0]!, -1);
    this.ports = opened.sockets.ports;
    this.#fds = sockets.workers.flat().map(({ fd }) => fd);
    this.#makePlane = (worker) => new BatchedPlane(this.#libc, sockets.workers[worker]!, -1, coalesces);
    this.plane = this.#makePlane(0);
    this.#current = this.plane;
  }

  /** Queues a text; `local` is the source address, for wildcard listeners; `call` whose it is (0: not known). */
  send(listener: number, host: string, port: number, text: string, local = "", call = 0): void {
    const { outbox } = this.#current;
    outbox.currentCall = call;
    const peer = new Int32Array(ENDPOINT_WORDS);
    assert.ok(parseEndpoint(host, port, peer, 0));
    const at = outbox.claim();
    outbox.commit(outbox.bytes.write(text, at, "latin1"), listener, peer, 0);
    if (local === "") return;
    assert.ok(parseEndpoint(local, 0, peer, 0));
    outbox.from(peer, 0);
  }

  flush(): void {
    this.#current.outbox.flush();
  }

  /** Runs turns until the condition holds, at most ten seconds. */
  runUntil(isDone: () => boolean, spareTime: SpareTime | null = null): void {
    this.#isDone = isDone;
    this.#deadline = performance.now() + 10_000;
    this.#current.run(this, spareTime);
    assert.ok(isDone(), "within ten seconds");
  }

  /** Forgets what came; a plane runs once, so another one takes the sockets over, as a replacement worker does. */
  clear(): void {
    this.got = [];
    this.locals = [];
    this.peers = [];
    this.#current = this.#makePlane(0);
  }

  /** Runs a worker's plane until it has slept for want of anything to do, and then found nothing again. */
  runUntilIdle(worker: number): void {
    this.#current = this.#makePlane(worker);
    this.#sleeps = 0;
    this.runUntil(() => this.#sleeps > 1);
  }

  /** Sends a datagram to a closed port from the first socket, beside the plane. */
  refuseOne(port: number): void {
    const peer = new Int32Array(ENDPOINT_WORDS);
    assert.ok(parseEndpoint("127.0.0.1", port, peer, 0));
    const { outbox } = this.#other;
    outbox.commit(outbox.bytes.write("other", outbox.claim(), "latin1"), 0, peer, 0);
    outbox.flush();
  }

  /** A port on which nobody listens: below those that the system gives out, which another process could be given meanwhile. */
  closedPort(): number {
    return CLOSED_PORTS + this.#closed++;
  }

  receive(count: number): void {
    const { inbox } = this.#current;
    for (let i = 0; i < count; i++) {
      this.got.push({
        text: inbox.bytes.toString("latin1", inbox.start[i], inbox.end[i]),
        listener: inbox.listener[i]!,
      });
      this.locals.push(formatAddress(inbox.local, i * 4));
      this.peers.push(formatEndpoint(inbox.peer, i * ENDPOINT_WORDS));
    }
  }

  tick(): number {
    if (this.#isDone() || performance.now() > this.#deadline) this.#current.stop();
    return 20;
  }

  arm(): boolean {
    const came = this.got.length + this.refused.length;
    this.#sleeps = came === this.#came ? this.#sleeps + 1 : 0;
    this.#came = came;
    this.isArmed = true;
    return true;
  }

  disarm(): void {
    this.isArmed = false;
  }

  unreachable(bytes: Buffer, start: number, end: number, peer: Int32Array, at: number, isOurs = false): void {
    if (isOurs) this.short++;
    this.refused.push({ text: bytes.toString("latin1", start, end), peer: formatEndpoint(peer, at) });
  }

  [Symbol.dispose](): void {
    closeAll(this.#libc, this.#fds);
  }
}
