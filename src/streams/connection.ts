// One connection, made by somebody else or by us: what carries its messages, and what waits until it is there.
import type { Socket } from "node:net";
import type { StreamCounter, StreamLimits } from "../bridge/stream-start.ts";
import { parsePeer } from "../net/dgram-address.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Message } from "../sip/message.ts";
import type { Carrier, CarrierHandler, Carry } from "./carrier.ts";
import { Outflow } from "./outflow.ts";
import { Pongs } from "./pongs.ts";
import { NOBODY } from "./proxied.ts";
import type { Share } from "./shares.ts";
import { WaitingRoom } from "./waiting.ts";

/** Who takes what comes over connections. */
export interface Intake {
  /** A number for `message`: which worker this message is for. */
  choose(message: Message): number;
  /** A whole message; false when there is no room for it just now. */
  message(connection: Connection, bytes: Buffer, start: number, end: number, worker: number): boolean;
  /** Whether messages of it wait to be offered again. */
  isHeld(connection: Connection): boolean;
  /** Whether one that is gone is kept until they all have been. */
  isKept(connection: Connection): boolean;
  /** Nothing can be framed any more; the headers of what cannot, and the status to answer with (0: none). */
  broken(connection: Connection, bytes: Buffer, start: number, end: number, status: number): void;
  /** A message is refused and the connection goes on: its headers, and the status to answer with. False: not just now. */
  refused(connection: Connection, bytes: Buffer, start: number, end: number, status: number): boolean;
  /** What comes is not of the protocol below SIP; the peer has been told. */
  garbled(connection: Connection): void;
}

/** What a connection tells its owner. */
export interface ConnectionOwner {
  readonly intake: Intake;
  /** The headers of a message have come over a connection of which `isAliasSought`. */
  headers(connection: Connection, message: Message): void;
  /** Something that came has been read as far as it goes. */
  progressed(): void;
  /** A connection that we tried to make is there. */
  connected(connection: Connection): void;
  /** The other end has said its last word: `leave` is to be called soon. Called at most once, before `closed`. */
  leaving(connection: Connection): void;
  /** It is over, for whatever reason, and its socket is closed; called once. */
  closed(connection: Connection): void;
}

/** An old connection is closed when nothing has passed for so long, or when it is so much too old, in milliseconds. */
const QUIET = 1_000;
const PATIENCE = 60_000;

const SCRATCH = new Int32Array(ENDPOINT_WORDS);

/** A connection. */
export class Connection implements CarrierHandler {
  /** Its place in the table, and the word that names it there (bridge/way-back.ts). */
  readonly place: number;
  readonly word: number;
  readonly listener: number;
  /** Its other end: address, port, `word`. */
  readonly peer: Int32Array = new Int32Array(ENDPOINT_WORDS);
  /** Its own address. */
  readonly local: Int32Array = new Int32Array(4);
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #carrier: Carrier;
  /** What is to be sent when it is connected. */
  readonly waiting = new WaitingRoom();
  #isConnected: boolean;
  #isClosed = false;
  #isEnding = false;
  /** What is heard when what came before it is with the workers: the other end's last word, and that nothing is left of it. */
  #hasEnded = false;
  #isGone = false;
  /** By performance.now, since when it is to close when everything has left; 0: it is not. */
  #leavingSince = 0;
  /** What it may hand in while others wait, and by which rules (shares.ts). */
  share: Share | null = null;
  rules = 0;
  /** For whom alone it was made; port 0: for nobody in particular. */
  caller: Int32Array = NOBODY;
  /** The table's key of its address. */
  readonly key: string | number;
  #isUnverified = false;
  /** Whether somebody made it over whose connections we may send, if a request asks for that; it has not asked yet. */
  isAliasSought = false;
  /** The endpoint whose messages it has carried besides its own, or still does (aliases.ts); null: none. */
  alias: Int32Array | null = null;
  /** Whether messages were sent to its address, not only over the connection that something had come by. */
  isAddressed = false;
  /** Whether it was found overdue and waits for its turn to be closed: the sweep comes by again meanwhile. */
  isCondemned = false;
  /** By performance.now: when something passed last, and when the unfinished message at hand began (0: there is none). */
  active: number;
  partialSince = 0;
  /** When something came last, and when the peer was asked for a sign of life since then (0: it was not). */
  heard: number;
  #asked = 0;
  readonly #since: number;
  readonly #outflow = new Outflow();
  readonly #pongs = new Pongs();

  constructor(
    owner: ConnectionOwner,
    socket: Socket,
    place: number,
    word: number,
    listener: number,
    peer: Int32Array,
    key: string | number,
    carry: Carry,
    isConnected: boolean,
  ) {
    this.#owner = owner;
    this.socket = socket;
    this.place = place;
    this.word = word;
    this.listener = listener;
    this.key = key;
    copyEndpoint(peer, 0, this.peer, 0);
    this.peer[5] = word;
    this.#isConnected = isConnected;
    this.active = performance.now();
    this.heard = this.active;
    this.#since = this.active;
    this.#carrier = carry(this, isConnected);
  }

  /** The other end did not prove who it is, so it comes to nothing. */
  noteUnverified(): void {
    this.#isUnverified = true;
  }

  get isUnverified(): boolean {
    return this.#isUnverified;
  }

  /** Notes its own address, once there is one. */
  noteLocal(): void {
    const { localAddress } = this.socket;
    if (localAddress === undefined || !parsePeer(localAddress, 0, SCRATCH, 0)) return;
    for (let i = 0; i < this.local.length; i++) this.local[i] = SCRATCH[i]!;
  }

  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** Bytes that wait to leave. */
  get backlog(): number {
    return this.#isConnected ? this.#carrier.backlog : this.waiting.bytes;
  }

  /** Sends `start..end`, which may be overwritten afterwards: when it is connected, at the next `flush`. */
  send(worker: number, bytes: Buffer, start: number, end: number): void {
    if (this.#isConnected) {
      this.#outflow.given += end - start;
      this.#carrier.write(bytes, start, end);
      return;
    }
    this.waiting.add(worker, bytes, start, end);
  }

  /** Lets go what `send` was given. */
  flush(): void {
    if (this.#carrier.flush()) this.active = performance.now();
    if (this.#isEnding) this.#carrier.leave();
  }

  /** Reads nothing more; what is sent from now on is the last. */
  endSoon(): void {
    this.#isEnding = true;
  }

  get isEnding(): boolean {
    return this.#isEnding;
  }

  /** Whether something can be sent over it, the last words of an ending one included. */
  get isOpen(): boolean {
    return !this.#isConnected || (this.#leavingSince === 0 && this.#carrier.isOpen);
  }

  /** Offers again what had no room, and reads on if it has now; false: not yet. */
  resume(): boolean {
    if (this.#isClosed) return true;
    const isFree = this.#carrier.resume();
    this.#notePartial(performance.now());
    if (isFree && this.#isGone) this.close();
    else if (isFree && this.#hasEnded) this.ended();
    return isFree;
  }

  /** Closes it at once. */
  close(): void {
    this.#carrier.destroy();
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#owner.closed(this);
  }

  /** Closes it when everything has left; whoever does not take that in time is told off by `overdue`. */
  leave(): void {
    if (this.#isClosed) return;
    if (this.#leavingSince === 0) this.#leavingSince = performance.now();
    this.flush();
    this.#carrier.leave();
  }

  /**
   * Why it is to be closed `now` (by performance.now); null: it is not. Of one that `isHeld` there are messages for which a
   * worker has no room: what is late then is late because of us.
   */
  overdue(now: number, limits: StreamLimits, isHeld: boolean): StreamCounter | null {
    if (this.#outflow.stoodFor(now, this) > limits.writeTimeout) return "stalled";
    // Its end has been counted already, where it was one of ours.
    if (this.#leavingSince !== 0) return now - this.#leavingSince > limits.writeTimeout ? "stalled" : null;
    if (isHeld) return null;
    const { idle, lifetime, messageTimeout, ping } = limits;
    if (this.partialSince !== 0 && now - this.partialSince > messageTimeout) return "unfinished";
    // Who says nothing is asked for a sign of life first.
    if (this.#asked !== 0 && now - this.#asked > ping) return "silent";
    if (this.#asked === 0 && now - this.heard > ping && this.#carrier.ping()) this.#asked = now;
    if (now - this.active > idle) return "idle";
    const age = now - this.#since;
    if (lifetime === 0 || age < lifetime || this.partialSince !== 0 || this.backlog > 0) return null;
    return now - this.active > QUIET || age > lifetime + PATIENCE ? "lifetime" : null;
  }

  headers(message: Message): number {
    if (this.isAliasSought) this.#owner.headers(this, message);
    return this.#owner.intake.choose(message);
  }

  message(bytes: Buffer, start: number, end: number, mark: number): boolean {
    // Whoever has left the table does not come back into it.
    if (this.#isClosed) return true;
    const isTaken = this.#owner.intake.message(this, bytes, start, end, mark);
    // What comes after it has a time of its own, even if it has begun to come already.
    if (isTaken) this.partialSince = 0;
    return isTaken;
  }

  ping(): void {
    this.#pongs.note();
  }

  broken(bytes: Buffer, start: number, end: number, status: number): void {
    this.#owner.intake.broken(this, bytes, start, end, status);
  }

  refused(bytes: Buffer, start: number, end: number, status: number): boolean {
    return this.#isClosed || this.#owner.intake.refused(this, bytes, start, end, status);
  }

  garbled(): void {
    this.#owner.intake.garbled(this);
  }

  received(): void {
    this.active = performance.now();
    this.heard = this.active;
    this.#asked = 0;
    this.#notePartial(this.active);
    this.#pongs.sendOver(this.#carrier);
    this.#owner.progressed();
  }

  ended(): void {
    this.#hasEnded = this.#owner.intake.isHeld(this);
    if (this.#hasEnded || this.#isClosed || this.#leavingSince !== 0) return;
    if (!this.#isConnected) {
      this.close();
      return;
    }
    // Nothing new is sent there, what waits still leaves. Its place and its descriptor stay taken until then.
    this.#leavingSince = performance.now();
    this.#owner.leaving(this);
  }

  closed(): void {
    if (!this.#isClosed && this.#owner.intake.isKept(this)) this.#isGone = true;
    else this.close();
  }

  opened(): void {
    this.#isConnected = true;
    this.active = performance.now();
    this.heard = this.active;
    this.#owner.connected(this);
    for (const { worker, bytes } of this.waiting.takeAll()) this.send(worker, bytes, 0, bytes.length);
    this.flush();
  }

  #notePartial(now: number): void {
    if (!this.#carrier.isPartial) this.partialSince = 0;
    else if (this.partialSince === 0) this.partialSince = now;
  }
}
