// What one worker gives to other threads: messages that belong to another worker's call, and what main has to know. Who was
// given something is woken once, at the end of the turn.
import type { RecordKind, Ring } from "../bridge/handoff.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { type Context, Count } from "./context.ts";
import type { Surroundings } from "./surroundings.ts";

/**
 * Longest wait for room in another worker's ring, in milliseconds. A worker that takes nothing for so long is dead or hangs:
 * until it takes something again, what is for it is lost at once, or it would hold up the others too.
 */
const RING_PATIENCE = 100;
const nobody = new Int32Array(4);

/** The sending ends of a worker's rings. */
export class Exchange {
  readonly #c: Context;
  readonly #around: Surroundings;
  /** Threads whose rings were filled this turn, as bits. */
  #toWake = 0;
  /** Workers that took nothing for RING_PATIENCE, as bits. */
  #deaf = 0;

  constructor(context: Context, around: Surroundings) {
    this.#c = context;
    this.#around = around;
  }

  /** Gives a record to another worker; false when its ring is full. */
  pass(
    owner: number,
    kind: RecordKind,
    listener: number,
    peer: Int32Array,
    peerAt: number,
    local: Int32Array,
    localAt: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const ring = this.#around.outgoing[owner]!;
    if (!ring.push(kind, listener, this.#c.now, peer, peerAt, local, localAt, bytes, start, end)) return false;
    this.#toWake |= 1 << owner;
    return true;
  }

  /** Whether it is worth waiting for room in a worker's ring after `since`; wakes it meanwhile. */
  mayWait(owner: number, since: number): boolean {
    if ((this.#deaf & (1 << owner)) !== 0) return false;
    this.#around.wake(owner);
    if (((this.#c.now - since - RING_PATIENCE) | 0) < 0) return true;
    this.#deaf |= 1 << owner;
    return false;
  }

  /** The worker took something. */
  heard(owner: number): void {
    this.#deaf &= ~(1 << owner);
    this.#c.count(Count.handed_off);
  }

  /** Tells main; a full ring loses the news. */
  tellMain(
    kind: RecordKind,
    listener: number,
    peer: Int32Array,
    at: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const c = this.#c;
    if (c.toMain.push(kind, listener, c.now, peer, at, nobody, 0, bytes, start, end)) this.#toWake |= 1 << c.workers;
  }

  /** Wakes everybody who was given something since the last time; main, where it rests, for whatever waits in its ring. */
  ring(): void {
    this.#ringMain();
    const threads = this.#toWake;
    if (threads === 0) return;
    this.#toWake = 0;
    for (let thread = 0; thread <= this.#c.workers; thread++) {
      if ((threads & (1 << thread)) !== 0) this.#around.wake(thread);
    }
  }

  #ringMain(): void {
    const { control } = this.#around;
    const rests = this.#c.worker * CONTROL_WORDS + ControlWord.mainRests;
    if (Atomics.load(control, rests) === 0 || this.#c.toMain.isEmpty) return;
    Atomics.store(control, rests, 0);
    this.#toWake |= 1 << this.#c.workers;
  }
}

/** Sends what another thread asks this worker to send as it is. */
export function sendFor({ outbox }: Context, ring: Ring): void {
  const at = outbox.claim();
  ring.bytes.copy(outbox.bytes, at, ring.start, ring.end);
  outbox.commit(ring.end - ring.start, ring.listener, ring.peer, 0);
}
