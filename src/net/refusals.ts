// Datagrams that the system refused to send at once (no route, not permitted). They are kept until the turn ends, because
// the handler must not be called while it is sending.
import type { Outbox } from "./batch.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "./endpoint.ts";
import type { PlaneHandler } from "./plane.ts";

const PLACES = 64;
/** As much of each datagram as an ICMP error would bring back, and some more: Via and branch are in it. */
const KEPT_BYTES = 1_280;

/** Refused datagrams, at most 64 per turn; more are only counted. */
export class Refusals {
  readonly #bytes: Buffer = Buffer.from(new ArrayBuffer(PLACES * KEPT_BYTES));
  readonly #end: Int32Array = new Int32Array(PLACES);
  readonly #isOurs: Uint8Array = new Uint8Array(PLACES);
  readonly #peer: Int32Array = new Int32Array(PLACES * ENDPOINT_WORDS);
  #count = 0;

  /** Keeps the i-th datagram of the outbox; with `isOurs`, only we had no room for it. */
  add(outbox: Outbox, i: number, isOurs: boolean): void {
    if (this.#count === PLACES) return;
    const place = this.#count++;
    this.#isOurs[place] = isOurs ? 1 : 0;
    const start = outbox.start[i]!;
    const length = Math.min(outbox.end[i]! - start, KEPT_BYTES);
    outbox.bytes.copy(this.#bytes, place * KEPT_BYTES, start, start + length);
    this.#end[place] = place * KEPT_BYTES + length;
    copyEndpoint(outbox.peer, i * ENDPOINT_WORDS, this.#peer, place * ENDPOINT_WORDS);
  }

  /** Hands them to the handler; returns how many. What the handler then sends may be refused as well: that is for the next turn. */
  deliver(handler: PlaneHandler): number {
    const count = this.#count;
    for (let i = 0; i < count; i++) {
      handler.unreachable(
        this.#bytes,
        i * KEPT_BYTES,
        this.#end[i]!,
        this.#peer,
        i * ENDPOINT_WORDS,
        this.#isOurs[i] === 1,
      );
    }
    this.#count = 0;
    return count;
  }
}
