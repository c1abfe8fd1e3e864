// Proves the struct layouts at start: a batched plane sends datagrams to itself on loopback, and every byte, length and
// address must come back. A machine where this fails gets the portable plane.
import { BatchedPlane } from "./batched.ts";
import { ENDPOINT_WORDS, parseEndpoint, sameAddress, sameEndpoint } from "./endpoint.ts";
import { emptyEndpoint } from "./layout.ts";
import type { Libc } from "./libc.ts";
import type { ListenAddress } from "./listen.ts";
import type { PlaneHandler } from "./plane.ts";
import { closeSockets, type OpenedSockets, openUdpSockets } from "./sockets.ts";

const SIZES = [1, 0, 333, 1_500, 9_000, 40_000];
/** Milliseconds until a datagram on loopback counts as lost. */
const PATIENCE = 2_000;
const RECEIVE_BUFFER = 1 << 18;

/** Sends a batch of datagrams to oneself on loopback and compares bytes, lengths and addresses; "" or what differed. */
export function verifyLayout(libc: Libc, patience: number = PATIENCE): string {
  const problem = verifyFamily(libc, "127.0.0.1", "0.0.0.0", patience);
  if (problem !== "") return problem;
  // A machine without IPv6 is no reason against the batched plane.
  const v6 = openUdpSockets(libc, [{ host: "::1", port: 0 }], 1, RECEIVE_BUFFER);
  if (!v6.ok) return "";
  closeSockets(libc, v6.sockets);
  return verifyFamily(libc, "::1", "::", patience);
}

function verifyFamily(libc: Libc, loopback: string, wildcard: string, patience: number): string {
  const listeners: ListenAddress[] = [
    { host: loopback, port: 0 },
    { host: wildcard, port: 0 },
  ];
  const opened = openUdpSockets(libc, listeners, 1, RECEIVE_BUFFER);
  if (!opened.ok) return opened.problem;
  try {
    return new SelfTest(libc, opened.sockets, loopback, patience).run();
  } finally {
    closeSockets(libc, opened.sockets);
  }
}

/** Listener 0 (bound to loopback) and listener 1 (wildcard) write to each other. */
class SelfTest implements PlaneHandler {
  readonly #plane: BatchedPlane;
  readonly #ends: Int32Array = new Int32Array(2 * ENDPOINT_WORDS);
  readonly #arrived: number[] = [0, 0];
  readonly #deadline: number;
  #problem = "";

  constructor(libc: Libc, sockets: OpenedSockets, loopback: string, patience: number) {
    this.#deadline = performance.now() + patience;
    this.#plane = new BatchedPlane(libc, sockets.workers[0] ?? [], -1);
    for (const [i, port] of sockets.ports.entries()) parseEndpoint(loopback, port, this.#ends, i * ENDPOINT_WORDS);
  }

  run(): string {
    const { outbox } = this.#plane;
    for (const from of [0, 1]) {
      for (const [i, size] of SIZES.entries()) {
        const at = outbox.claim();
        for (let k = 0; k < size; k++) outbox.bytes[at + k] = pattern(i, k);
        outbox.commit(size, from, this.#ends, (1 - from) * ENDPOINT_WORDS);
        if (from === 1) outbox.from(this.#ends, ENDPOINT_WORDS);
      }
    }
    this.#plane.run(this);
    return this.#problem;
  }

  receive(count: number): void {
    for (let i = 0; i < count; i++) {
      const problem = this.#compare(i);
      if (problem !== "") this.#fail(problem);
    }
    if (this.#arrived.every((n) => n === SIZES.length)) this.#plane.stop();
  }

  tick(): number {
    if (performance.now() > this.#deadline) this.#fail("datagrams sent to oneself did not arrive");
    return 10;
  }

  arm(): boolean {
    return true;
  }

  disarm(): void {}

  unreachable(): void {
    this.#fail("a datagram sent to oneself was refused");
  }

  #fail(problem: string): void {
    this.#problem ||= `self-test of recvmmsg and sendmmsg failed: ${problem}`;
    this.#plane.stop();
  }

  #compare(i: number): string {
    const { inbox } = this.#plane;
    const listener = inbox.listener[i]!;
    const turn = this.#arrived[listener]!++;
    const size = SIZES[turn] ?? -1;
    const start = inbox.start[i]!;
    if (inbox.end[i]! - start !== size) return `length ${inbox.end[i]! - start} instead of ${size}`;
    for (let k = 0; k < size; k++) if (inbox.bytes[start + k] !== pattern(turn, k)) return `byte ${k} differs`;
    if (!sameEndpoint(inbox.peer, i * ENDPOINT_WORDS, this.#ends, (1 - listener) * ENDPOINT_WORDS)) {
      return "the sender's address differs";
    }
    const local = listener === 1 ? this.#ends : emptyEndpoint();
    if (!sameAddress(inbox.local, i * 4, local, 0)) return "the local address differs";
    return "";
  }
}

function pattern(turn: number, at: number): number {
  return (turn * 31 + at * 7 + (at >> 8)) & 0xff;
}
