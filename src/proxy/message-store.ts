// Bytes that outlive the batch they came in: stored requests, stored responses. Blocks of graded sizes, carved from
// chunks that are reserved on demand and reused for ever. The first of them lie in the packets' memory: what is copied within it is
// copied 16 bytes at a time.
import { LEAST_COPY } from "../sip/copier.ts";
import { copyPacket, placeOf, storedBytes } from "../sip/packet-memory.ts";
import { plainMemory, type Reserve } from "./reserve.ts";

const LEAST = LEAST_COPY;
const UNIT = 64;
const CHUNK_UNITS = 1 << 18;
const CHUNK_BYTES = CHUNK_UNITS * UNIT;
/** Largest block: one datagram. */
const MAX_BLOCK = 65_536;
/** Block sizes in units: 4 steps per doubling, from 256 bytes up to 64 KiB, so at most a fifth is wasted. */
const SIZES: readonly number[] = [
  4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448,
  512, 640, 768, 896, 1024,
];
const CLASS_OF_UNITS = new Uint8Array(MAX_BLOCK / UNIT + 1);
for (let units = 0, c = 0; units < CLASS_OF_UNITS.length; units++) {
  if (units > SIZES[c]!) c++;
  CLASS_OF_UNITS[units] = c;
}

const NOTHING = Buffer.alloc(0);

/** A pool of byte blocks. A handle is a positive number; 0 means nothing. */
export class MessageStore {
  readonly #limit: number;
  readonly #reserve: Reserve;
  /** As many places as chunks may be: an empty array is of another kind than one with a chunk, and what was compiled for it thrown away. */
  readonly #chunks: Buffer[];
  #reserved = 0;
  /** Where each of them lies in the packets' memory (`placeOf`). */
  readonly #places: Int32Array;
  /** Free blocks of each class. Not linked through the blocks: a block that is given back is no longer in the cache. */
  readonly #free: number[][] = SIZES.map(() => []);
  #fresh = 1;
  #end = 0;
  #used = 0;

  /** At most `limit` bytes, rounded up to one chunk of 16 MiB. */
  constructor(limit: number, reserve: Reserve = plainMemory) {
    this.#reserve = reserve;
    this.#limit = Math.max(1, Math.ceil(limit / CHUNK_BYTES));
    this.#chunks = Array.from({ length: this.#limit }, () => NOTHING);
    this.#places = new Int32Array(this.#limit);
  }

  /** Bytes in blocks that are handed out. */
  get used(): number {
    return this.#used;
  }

  /**
   * Stores a copy of `bytes[start..end)`; 0 when the store is full or the range is larger than a datagram. `place`: where `bytes` lies in
   * the packets' memory (`placeOf`), if it is known.
   */
  put(bytes: Buffer, start: number, end: number, place = -1): number {
    const units = (end - start + UNIT - 1) >>> 6;
    if (units >= CLASS_OF_UNITS.length) return 0;
    const c = CLASS_OF_UNITS[units]!;
    const free = this.#free[c]!;
    let handle = 0;
    if (free.length > 0) handle = free.pop()!;
    else handle = this.#carve(SIZES[c]!);
    if (handle === 0) return 0;
    this.#used += SIZES[c]! * UNIT;
    const to = this.#places[handle >>> 18]!;
    const at = this.start(handle);
    if ((place | to) >= 0 && end - start >= LEAST) copyPacket(place + start, end - start, to + at);
    else bytes.copy(this.#chunks[handle >>> 18]!, at, start, end);
    return handle;
  }

  #carve(units: number): number {
    if (this.#fresh + units > this.#end) {
      if (this.#reserved === this.#limit) return 0;
      // What is left of the old chunk is too small for this class; it is given up.
      const chunk = storedBytes(CHUNK_BYTES) ?? Buffer.from(this.#reserve(CHUNK_BYTES));
      this.#fresh = this.#reserved * CHUNK_UNITS + (this.#reserved === 0 ? 1 : 0);
      this.#places[this.#reserved] = placeOf(chunk);
      this.#chunks[this.#reserved++] = chunk;
      this.#end = this.#reserved * CHUNK_UNITS;
    }
    const handle = this.#fresh;
    this.#fresh += units;
    return handle;
  }

  /** The chunk in which a block lies. */
  bytes(handle: number): Buffer {
    return this.#chunks[handle >>> 18]!;
  }

  /** Where a block begins in its chunk. */
  start(handle: number): number {
    return (handle & (CHUNK_UNITS - 1)) * UNIT;
  }

  /** Gives a block back; `length` is the length it was stored with. */
  drop(handle: number, length: number): void {
    if (handle === 0) return;
    const c = CLASS_OF_UNITS[(length + UNIT - 1) >>> 6]!;
    this.#free[c]!.push(handle);
    this.#used -= SIZES[c]! * UNIT;
  }
}
