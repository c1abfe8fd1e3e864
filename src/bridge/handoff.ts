// Hand-off rings: how a message reaches the thread that owns its call. One ring per ordered pair of threads, single
// producer and single consumer, variable-length records in a SharedArrayBuffer.
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";

/** What a record is. */
export const RecordKind = {
  /** A datagram that another worker received and this one owns. */
  datagram: 1,
  /**
   * Main to worker: send these bytes from that listener (probes). Worker to streams: over a connection of that listener, on behalf of
   * whoever is at the address in local and the port in time (0: nobody in particular).
   */
  send: 2,
  /** Worker to main: the answer to a probe. */
  probeAnswer: 3,
  /** Worker to main: a probe could not be delivered (ICMP). */
  probeUnreachable: 4,
  /** An INVITE that names a dialog of this worker (Replaces, Join): look it up and pass it on. */
  naming: 8,
  /** Worker to main: one access-log record (see access-log.ts). */
  accessLog: 5,
  /** Worker to main: a text for the log; bytes are UTF-8 JSON {level, message, ...}. */
  log: 6,
  /**
   * What the receiver's transaction sent was refused; peer is where it had been sent. Worker to worker: by the network
   * (ICMP). Streams to worker: no connection could be made, or it takes nothing more.
   */
  unreachable: 7,
  /** Streams to worker: the same, but only because we have no room for one more connection: it tells nothing of peer. */
  noRoom: 15,
  /** Streams to worker: a message that came over a connection. As if from the wire: its owner may be another worker. */
  framed: 9,
  /** Streams to worker: the header section of a message that cannot be framed; `time` is the status to answer with. */
  unframed: 10,
  /**
   * Streams to worker: the connection to peer is lost, with what was sent over it; port 0: all connections are, and `time` is the
   * number by which a new stream worker says so. Otherwise local and `time` are whom it was there for alone (port 0: for everybody).
   */
  lost: 11,
  /** Worker to main: the destination in slot `listener` failed in a way it is marked for; `time` is the status, local see `MarkWord`. */
  marked: 14,
  /** Worker to main: the destination in slot `listener` asked for `time` ms without new requests. */
  resting: 12,
  /**
   * Worker to streams: what stands before this was for connections that are lost, and has been given up. `time` is the number of that
   * `lost`.
   */
  anew: 13,
  /**
   * Streams to worker: a request (its first bytes) waits for a connection to peer that takes long to be made. `time` is a number for the
   * answer, and the first word of local how many other addresses have been named to it before.
   */
  slow: 16,
  /**
   * Worker to streams: the answer to the `slow` of the number `time`. That request may leave by a connection from this listener to peer
   * instead, if that is made first; the first word of local is the slot of the destination there.
   */
  dial: 17,
  /**
   * Streams to worker: a request (its first bytes) waits no longer, and has not left: the connection to the destination in the slot
   * `time`, of which a `dial` spoke, was there first.
   */
  outrun: 18,
} as const;
export type RecordKind = (typeof RecordKind)[keyof typeof RecordKind];

/** Header words of a record: length in bytes, kind, listener, time (ms, low 32 bits), peer (6), local (4), two spare words. */
const HEADER_WORDS = 16;
/** Positions are kept in words 0 (tail, producer) and 16 (head, consumer): two cache lines. */
const HEAD = 16;
/** 1 between `next` and `take`: beside the head, the consumer's own. */
const OPENED = 17;
const FIRST_BYTE = 128;
const SKIP = -1;

/** The shared memory of one ring. */
export interface RingMemory {
  readonly buffer: SharedArrayBuffer;
}

/** Reserves a ring of `bytes` (default 4 MiB). RangeError unless it is a multiple of 64 and at least 128. */
export function createRingMemory(bytes: number = 1 << 22): RingMemory {
  if (bytes % 64 !== 0 || bytes < 128) throw new RangeError(`a ring of ${bytes} bytes`);
  return { buffer: new SharedArrayBuffer(FIRST_BYTE + bytes) };
}

/** One end of a ring. Use it only as producer in one thread and only as consumer in one other. */
export class Ring {
  readonly bytes: Buffer;
  readonly #words: Int32Array;
  readonly capacity: number;
  /** The record that `next` found: where its bytes lie in `bytes`, and its header. */
  start = 0;
  end = 0;
  kind: RecordKind = RecordKind.datagram;
  listener = 0;
  time = 0;
  readonly peer: Int32Array = new Int32Array(ENDPOINT_WORDS);
  readonly local: Int32Array = new Int32Array(4);

  constructor(memory: RingMemory) {
    this.bytes = Buffer.from(memory.buffer);
    this.#words = new Int32Array(memory.buffer);
    this.capacity = memory.buffer.byteLength - FIRST_BYTE;
  }

  /**
   * Appends a record; false when there is no room (nothing was written). A record, header included, may take at most half
   * the ring: an empty ring has room for that wherever its positions stand.
   */
  push(
    kind: RecordKind,
    listener: number,
    time: number,
    peer: Int32Array,
    peerAt: number,
    local: Int32Array,
    localAt: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): boolean {
    const words = this.#words;
    const capacity = this.capacity;
    const size = (HEADER_WORDS * 4 + (end - start) + 63) & ~63;
    if (size > capacity >> 1) return false;
    let tail = words[0]!;
    const head = Atomics.load(words, HEAD);
    // One granule (64 bytes, as all sizes are rounded) always stays free, so that tail === head means empty.
    let free = head > tail ? head - tail - 64 : capacity - tail + head - 64;
    if (tail + size > capacity) {
      // Records do not wrap: skip to the front, if the consumer has left it.
      if (head > tail || head <= size) return false;
      words[(FIRST_BYTE + tail) >> 2] = SKIP;
      tail = 0;
      free = head - 64;
    }
    if (free < size) return false;
    const w = (FIRST_BYTE + tail) >> 2;
    words[w] = end - start;
    words[w + 1] = kind;
    words[w + 2] = listener;
    words[w + 3] = time;
    copyEndpoint(peer, peerAt, words, w + 4);
    for (let i = 0; i < 4; i++) words[w + 10 + i] = local[localAt + i]!;
    bytes.copy(this.bytes, FIRST_BYTE + tail + HEADER_WORDS * 4, start, end);
    tail += size;
    Atomics.store(words, 0, tail === capacity ? 0 : tail);
    return true;
  }

  /** Looks at the oldest record without taking it; false when the ring is empty. */
  next(): boolean {
    const words = this.#words;
    let head = words[HEAD]!;
    const tail = Atomics.load(words, 0);
    if (head === tail) return false;
    if (words[(FIRST_BYTE + head) >> 2] === SKIP) {
      // The tail was published after the record at the front, so there is one.
      head = 0;
      Atomics.store(words, HEAD, 0);
    }
    const w = (FIRST_BYTE + head) >> 2;
    this.start = FIRST_BYTE + head + HEADER_WORDS * 4;
    this.end = this.start + words[w]!;
    this.kind = words[w + 1]! as RecordKind;
    this.listener = words[w + 2]!;
    this.time = words[w + 3]!;
    copyEndpoint(words, w + 4, this.peer, 0);
    for (let i = 0; i < 4; i++) this.local[i] = words[w + 10 + i]!;
    words[OPENED] = 1;
    return true;
  }

  /** Gives the record that `next` found back to the producer; its bytes may be overwritten from now on. */
  take(): void {
    const size = (HEADER_WORDS * 4 + (this.end - this.start) + 63) & ~63;
    const head = this.#words[HEAD]! + size;
    this.#words[OPENED] = 0;
    Atomics.store(this.#words, HEAD, head === this.capacity ? 0 : head);
  }

  /** For a new consumer: drops the record that the one before it had looked at and not taken when it died, if any. */
  discardOpened(): void {
    if (this.#words[OPENED] === 1 && this.next()) this.take();
  }

  /** How full it is, from 0 to 255. */
  get fill(): number {
    return Math.floor((this.used * 255) / this.capacity);
  }

  /** Bytes of the records in it, of `capacity`. */
  get used(): number {
    const used = Atomics.load(this.#words, 0) - Atomics.load(this.#words, HEAD);
    return used < 0 ? used + this.capacity : used;
  }

  /** Whether there is nothing to take. */
  get isEmpty(): boolean {
    return this.#words[HEAD] === Atomics.load(this.#words, 0);
  }
}
