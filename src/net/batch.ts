// Datagrams in and datagrams out, as offsets into two slabs. A plane fills the inbox and empties the outbox; the proxy
// between them sees numbers only.
import { packetBytes, placeOf } from "../sip/packet-memory.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "./endpoint.ts";

/** Datagrams per receive call; 64 is where the gain of batching ends (reference: bench). */
export const BATCH = 64;
/**
 * So many datagrams at once are a crowd: what leaves in it goes in trains, and after one a worker may wait for the next. Fewer go one by one,
 * at once: then there is time, and whoever listens on the wire of this machine (sngrep, HOMER's agents) sees each by itself; of a
 * train such tools see the first message only.
 */
export const CROWD = 16;
/** Largest UDP payload over IPv4. */
export const MAX_DATAGRAM = 65_507;
/** Bytes per inbound slot: 64 KiB and 17 cache lines, so that equal offsets of neighbours do not share cache sets. */
const SLOT_BYTES = 65_536 + 17 * 64;
const OUTBOX_BYTES = 1 << 21;
const OUTBOX_PLACES = 256;

/** One batch of received datagrams. Slot i lies at `start[i]..end[i]`. */
export class Inbox {
  readonly bytes: Buffer;
  readonly slotBytes: number = SLOT_BYTES;
  readonly start: Int32Array = new Int32Array(BATCH);
  readonly end: Int32Array = new Int32Array(BATCH);
  /** Where it came from; ENDPOINT_WORDS per slot. */
  readonly peer: Int32Array = new Int32Array(BATCH * ENDPOINT_WORDS);
  /** The local address it was sent to, 4 words per slot; zeros unless the listener is a wildcard (PKTINFO). */
  readonly local: Int32Array = new Int32Array(BATCH * 4);
  /** Index of the listener that received it. */
  readonly listener: Int32Array = new Int32Array(BATCH);

  /** `bytes`: those of another inbox, which is not used at the same time. */
  constructor(bytes: Buffer = packetBytes(BATCH * SLOT_BYTES)) {
    this.bytes = bytes;
    for (let i = 0; i < BATCH; i++) this.start[i] = i * SLOT_BYTES;
  }
}

/** Datagrams to be sent, packed one behind the other. */
export class Outbox {
  readonly bytes: Buffer;
  /** The same for writers of whole words. */
  readonly view: DataView;
  /** Where in the packets' memory they lie (`placeOf`). */
  readonly place: number;
  readonly start: Int32Array = new Int32Array(OUTBOX_PLACES);
  readonly end: Int32Array = new Int32Array(OUTBOX_PLACES);
  readonly peer: Int32Array = new Int32Array(OUTBOX_PLACES * ENDPOINT_WORDS);
  readonly local: Int32Array = new Int32Array(OUTBOX_PLACES * 4);
  readonly listener: Int32Array = new Int32Array(OUTBOX_PLACES);
  /** The port of whom a message for a stream is sent for, its address being in `local`; 0: nobody in particular. */
  readonly callerPort: Int32Array = new Int32Array(OUTBOX_PLACES);
  /** The call that each belongs to (0: not known): those of one call leave in their order, others may change places. */
  readonly call: Int32Array = new Int32Array(OUTBOX_PLACES);
  /** The call of what is committed from now on; 0: not known. */
  currentCall = 0;
  count = 0;
  /** Datagrams that left by `flush`, since the outbox was made. */
  flushed = 0;
  /**
   * Takes the i-th message, which is for a listener without a datagram socket; false when it cannot. Set by whoever owns
   * such listeners.
   */
  passOn: (outbox: Outbox, i: number) => boolean = () => false;
  /** Whether there is room for more new requests with whoever `passOn` gives to; what follows from earlier ones has more. Set as `passOn` is. */
  takesNew: () => boolean = () => true;
  /**
   * What was passed on so far is not to be sent any more, if it has not left: on the word of `number` (bridge/handoff.ts, `lost`). False:
   * everything was passed on after that. Set as `passOn` is.
   */
  passAnew: (number: number) => boolean = () => true;
  /**
   * A request that waits for a connection, by the number that its waiting goes by, may go to the endpoint in `peer[at]` instead, which is
   * that of the destination in `slot` (bridge/handoff.ts, `dial`). Set as `passOn` is.
   */
  passDial: (listener: number, peer: Int32Array, at: number, number: number, slot: number) => void = () => undefined;
  #next = 0;
  #send: (outbox: Outbox) => void;

  /**
   * `send` empties the outbox onto the wire; it is called when the outbox is full and by `flush`. `bytes`: those of another outbox,
   * which is empty whenever this one is used.
   */
  constructor(send: (outbox: Outbox) => void, bytes: Buffer = packetBytes(OUTBOX_BYTES)) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.place = placeOf(bytes);
    this.#send = send;
  }

  /** Bytes that wait here, with as much for each message as a ring adds (bridge/handoff.ts). */
  get pending(): number {
    return this.#next + this.count * 64;
  }

  /** Offset at which a message of up to 64 KiB may be written; sends what is waiting when there is no room. */
  claim(): number {
    if (this.count === OUTBOX_PLACES || this.#next + SLOT_BYTES > OUTBOX_BYTES) this.flush();
    return this.#next;
  }

  /** Queues what was written at the last `claim`: `length` bytes for `peer[at]`, from `listener`. */
  commit(length: number, listener: number, peer: Int32Array, at: number): void {
    const i = this.count++;
    this.start[i] = this.#next;
    this.end[i] = this.#next + length;
    this.#next = (this.#next + length + 63) & ~63;
    this.listener[i] = listener;
    copyEndpoint(peer, at, this.peer, i * ENDPOINT_WORDS);
    this.local[i * 4 + 2] = 0;
    this.local[i * 4 + 3] = 0;
    this.local[i * 4] = 0;
    this.local[i * 4 + 1] = 0;
    this.callerPort[i] = 0;
    this.call[i] = this.currentCall;
  }

  /** Sets the source address of the message just committed (wildcard listeners: answer from where it was addressed). */
  from(local: Int32Array, at: number): void {
    const i = (this.count - 1) * 4;
    this.local[i] = local[at]!;
    this.local[i + 1] = local[at + 1]!;
    this.local[i + 2] = local[at + 2]!;
    this.local[i + 3] = local[at + 3]!;
  }

  /**
   * Says whose message that is that was just committed for a listener of streams: the endpoint in `caller[at]`, which its
   * destination may want to know (PROXY protocol).
   */
  onBehalfOf(caller: Int32Array, at: number): void {
    this.from(caller, at);
    this.callerPort[this.count - 1] = caller[at + 4]!;
  }

  /** Sends everything that is queued. */
  flush(): void {
    if (this.count > 0) this.#send(this);
    this.flushed += this.count;
    this.count = 0;
    this.#next = 0;
  }
}
