// One worker's turn: whose message is it, and what is it. Everything before the decision is in here, nothing after it.
import { BranchKind, MAGIC_BYTES } from "../bridge/branch-format.ts";
import { RecordKind, type Ring } from "../bridge/handoff.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { type Inbox, MAX_DATAGRAM } from "../net/batch.ts";
import { copyEndpoint, ENDPOINT_WORDS } from "../net/endpoint.ts";
import type { Plane, PlaneHandler } from "../net/plane.ts";
import { Method } from "../sip/method.ts";
import { packetBytes } from "../sip/packet-memory.ts";
import { Reason } from "../sip/reason.ts";
import { validateResponse } from "../sip/validate.ts";
import { branchRefused } from "./client.ts";
import { type Context, Count } from "./context.ts";
import { DatagramCount } from "./datagram-count.ts";
import { Exchange, sendFor } from "./exchange.ts";
import { isPortless, isShutOut } from "./gate.ts";
import { showGauges } from "./gauges.ts";
import { callOf, hashCall } from "./identity.ts";
import { dropCount } from "./judge.ts";
import { keepAliveAnswered } from "./keep-alive.ts";
import { LostConnections } from "./lost-connections.ts";
import { obeyMain } from "./orders.ts";
import { branchOwner, branchRow, findBranch, isOurs } from "./own-branch.ts";
import { Pressure } from "./pressure.ts";
import { isFloodOverStream } from "./rate-limit.ts";
import { HINT_SHIFT, hashNamedCall, LISTENER_MASK, NO_DIALOG, namesDialog, slotOfNamedDialog } from "./replaces.ts";
import { forgetAnswer, reply } from "./reply.ts";
import { handleRequest } from "./request.ts";
import { handleResponse } from "./response.ts";
import { statelessResponse } from "./stateless.ts";
import { isStreamNews } from "./stream-news.ts";
import { HELD_WAIT } from "./stream-rings.ts";
import { answerStun } from "./stun.ts";
import type { Surroundings } from "./surroundings.ts";
import { Timers } from "./timers.ts";
import { writeRefusal } from "./unsent.ts";
import { TICK } from "./wheel.ts";

const LONGEST_WAIT = 100;
const nobody = new Int32Array(4);
/** A ring's messages are copied here, where vector instructions read them. Whoever drains while it is at a message has that from the wire. */
const desk = packetBytes(MAX_DATAGRAM);
const HALF_DESK = MAX_DATAGRAM >> 1;

/** The handler that a plane drives. */
export class Loop implements PlaneHandler {
  readonly #c: Context;
  readonly #plane: Plane;
  /** The plane's own: planes differ in class, inboxes do not, and the compiled code relies on that. */
  readonly #inbox: Inbox;
  readonly #pressure: Pressure;
  readonly #around: Surroundings;
  readonly #own: number;
  readonly #datagrams: DatagramCount;
  readonly #exchange: Exchange;
  readonly #lost: LostConnections = new LostConnections();
  readonly #timers: Timers;

  constructor(context: Context, plane: Plane, around: Surroundings) {
    this.#c = context;
    this.#plane = plane;
    this.#inbox = plane.inbox;
    this.#pressure = new Pressure(context, plane, around);
    this.#around = around;
    this.#own = context.worker * CONTROL_WORDS;
    this.#datagrams = new DatagramCount(context, plane);
    this.#exchange = new Exchange(context, around);
    // What the worker before us was at when it died must not kill us too.
    for (const ring of around.incoming) ring.discardOpened();
    this.#timers = new Timers(context);
  }

  receive(count: number): void {
    const inbox = this.#inbox;
    const c = this.#c;
    const now = this.#around.now();
    c.now = Math.floor(now) | 0;
    c.counters.column[Count.received]! += count;
    const { hasGate } = c.adopted;
    if (hasGate) c.sources.now = now + c.skew;
    const isDire = this.#pressure.begin();
    for (let i = 0; i < count; i++) {
      if (isPortless(c, inbox, i) || (hasGate && isShutOut(c, inbox, i))) continue;
      // After the gate: chance strikes everybody alike, and who floods takes part in it with no more than a source may send.
      if (isDire && this.#pressure.leavesUnread(i)) continue;
      this.#handle(
        inbox.bytes,
        inbox.start[i]!,
        inbox.end[i]!,
        inbox.listener[i]!,
        inbox.peer,
        i * ENDPOINT_WORDS,
        inbox.local,
        i * 4,
        0,
      );
    }
    c.outbox.currentCall = 0;
  }

  tick(): number {
    const c = this.#c;
    const { control } = this.#around;
    const own = this.#own;
    c.now = Math.floor(this.#around.now()) | 0;
    control[own + ControlWord.heartbeat] = (control[own + ControlWord.heartbeat]! + 1) | 0;
    if (Atomics.load(control, own + ControlWord.generation) !== c.adopted.snapshot.generation) this.#around.adopt();
    if (control[own + ControlWord.stop] !== 0) this.#plane.stop();
    obeyMain(c, control, own);
    if (c.adopted.snapshot.rates !== null) c.sources.now = this.#around.now() + c.skew;
    this.#pressure.update();
    const drained = this.#drain();
    const isDone = this.#timers.fire(this.#pressure.mayBeAnswered());
    showGauges(c, control, own);
    this.#datagrams.update();
    this.#exchange.ring();
    if (drained || !isDone) return 0;
    if (this.#around.streams?.endTurn() === true) return HELD_WAIT;
    return c.transactions.wheel.armed + c.branches.wheel.armed > 0 ? TICK : LONGEST_WAIT;
  }

  arm(): boolean {
    const { control, incoming, streams } = this.#around;
    Atomics.store(control, this.#own + ControlWord.sleeping, 1);
    for (const ring of incoming) if (!ring.isEmpty && streams?.heldAtEnd(ring) !== true) return false;
    return Atomics.load(control, this.#own + ControlWord.generation) === this.#c.adopted.snapshot.generation;
  }

  disarm(): void {
    Atomics.store(this.#around.control, this.#own + ControlWord.sleeping, 0);
  }

  unreachable(bytes: Buffer, start: number, end: number, peer: Int32Array, at: number, isOurs = false): void {
    const c = this.#c;
    const branch = findBranch(bytes, start, end);
    if (branch < 0) return;
    const kind = bytes[branch + MAGIC_BYTES];
    if (kind === BranchKind.probe) this.#exchange.tellMain(RecordKind.probeUnreachable, 0, peer, at, bytes, start, end);
    if (kind !== BranchKind.stateful) return;
    const owner = branchOwner(c, bytes, branch);
    if (owner === c.worker) branchRefused(c, branchRow(c, bytes, branch), isOurs);
    else if (owner >= 0) {
      // Workers share the port, and the kernel tells any of them. A full ring costs the owner the news, not the timeout.
      this.#exchange.pass(owner, RecordKind.unreachable, 0, peer, at, nobody, 0, bytes, start, end);
    }
  }

  /** What another thread could not send, or has heard of. */
  #unsent(ring: Ring): void {
    this.unreachable(ring.bytes, ring.start, ring.end, ring.peer, 0, ring.kind === RecordKind.noRoom);
    const end = writeRefusal(this.#c, ring, desk, HALF_DESK);
    if (end > 0) this.#handle(desk, HALF_DESK, end, ring.listener, ring.peer, 0, ring.local, 0, RecordKind.datagram);
  }

  #handle(
    bytes: Buffer,
    start: number,
    end: number,
    listener: number,
    peer: Int32Array,
    peerAt: number,
    local: Int32Array,
    localAt: number,
    /** The kind of the record it came in; 0: from the wire. */
    record: number,
  ): void {
    const c = this.#c;
    const { message } = c;
    const reason = message.reset(bytes, start, end);
    c.outbox.currentCall = callOf(message);
    if (record === RecordKind.framed && c.adopted.snapshot.rates !== null && isFloodOverStream(c, listener, peer))
      return;
    const mayHandOff = record !== RecordKind.datagram;
    let owner = -1;
    let kind: RecordKind = RecordKind.datagram;
    c.hint = listener >>> HINT_SHIFT;
    if (message.isRequest) {
      // Also of a malformed request: our answer to it has a tag by which we know its ACK.
      if (message.callIdStart >= 0) hashCall(c);
      else c.call1 = c.call2 = 0;
      const hasCall = reason === Reason.ok && message.callIdStart >= 0;
      if (hasCall && mayHandOff && c.workers > 1 && c.adopted.anyStateful) {
        owner = (c.call1 >>> 0) % c.workers;
        if (namesDialog(message)) {
          // The worker of the named call looks its destination up; the INVITE itself is its own call's worker's.
          const named = (hashNamedCall(c, message) >>> 0) % c.workers;
          if (named === c.worker) c.hint = NO_DIALOG + 1 + slotOfNamedDialog(c);
          else {
            owner = named;
            kind = RecordKind.naming;
          }
        }
      }
    } else if (mayHandOff && c.workers > 1 && reason === Reason.ok) owner = this.#responseOwner();
    if (owner >= 0 && owner !== c.worker) {
      const word = (listener & LISTENER_MASK) | (c.hint << HINT_SHIFT);
      this.#handOff(owner, kind, word, peer, peerAt, local, localAt, bytes, start, end, record === 0);
      return;
    }
    c.listener = listener & LISTENER_MASK;
    copyEndpoint(peer, peerAt, c.peer, 0);
    for (let i = 0; i < 4; i++) c.local[i] = local[localAt + i]!;
    if (!message.isRequest) {
      this.#response(reason, bytes, start, end);
      return;
    }
    const status = handleRequest(c);
    if (status === 0) return;
    if (message.method === Method.ACK || !message.canAnswer) {
      c.count(Count.dropped_malformed);
      forgetAnswer(c);
    } else reply(c, status);
  }

  /** The worker whose branch the response at hand carries, or -1: nobody's. */
  #responseOwner(): number {
    const { bytes, topVia } = this.#c.message;
    const kind = isOurs(topVia) ? bytes[topVia.branchStart + MAGIC_BYTES] : 0;
    return kind === BranchKind.stateful || kind === BranchKind.keepAlive
      ? branchOwner(this.#c, bytes, topVia.branchStart)
      : -1;
  }

  #response(reason: Reason, bytes: Buffer, start: number, end: number): void {
    const c = this.#c;
    const { message } = c;
    if (reason !== Reason.ok || validateResponse(message) !== Reason.ok) {
      if (reason === Reason.stun) answerStun(c, bytes, message.start, end);
      else c.count(dropCount(reason));
      return;
    }
    const { branchStart } = message.topVia;
    const kind = isOurs(message.topVia) ? bytes[branchStart + MAGIC_BYTES] : 0;
    if (kind === BranchKind.stateful) {
      const row = branchRow(c, bytes, branchStart);
      if (row === 0) c.count(Count.dropped_unmatched_response);
      else handleResponse(c, row);
    } else if (kind === BranchKind.stateless) statelessResponse(c);
    else if (kind === BranchKind.keepAlive) keepAliveAnswered(c);
    else if (kind === BranchKind.probe && c.adopted.isDestination(c.peer, c.listener))
      this.#exchange.tellMain(RecordKind.probeAnswer, c.listener, c.peer, 0, bytes, start, end);
    else c.count(Count.dropped_unmatched_response);
  }

  #handOff(
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
    mayWait: boolean,
  ): void {
    const c = this.#c;
    const since = c.now;
    while (!this.#exchange.pass(owner, kind, listener, peer, peerAt, local, localAt, bytes, start, end)) {
      if (!mayWait || !this.#exchange.mayWait(owner, since)) {
        c.count(Count.dropped_table_full);
        return;
      }
      // A full ring does not drop: we stop receiving, and go on with what is ours, or two full rings would wait for each other.
      this.#drain();
      c.now = Math.floor(this.#around.now()) | 0;
    }
    this.#exchange.heard(owner);
  }

  /** Handles what other threads passed on; true when a ring had more than one portion. */
  #drain(): boolean {
    const c = this.#c;
    let hasMore = false;
    const { incoming, streams } = this.#around;
    for (const ring of incoming) {
      let left = 256;
      while (left-- > 0 && streams?.holds(ring) !== true && ring.next()) {
        c.outbox.currentCall = 0;
        if (ring.kind === RecordKind.send) sendFor(c, ring);
        else if (ring.kind === RecordKind.lost) {
          this.#lost.drain(c, ring);
          continue;
        } else if (ring.kind === RecordKind.unreachable || ring.kind === RecordKind.noRoom) this.#unsent(ring);
        else if (!isStreamNews(c, ring)) {
          if (ring.kind === RecordKind.framed) c.count(Count.received);
          const end = ring.bytes.copy(desk, 0, ring.start, ring.end);
          this.#handle(desk, 0, end, ring.listener, ring.peer, 0, ring.local, 0, ring.kind);
        }
        ring.take();
      }
      if (left < 0) hasMore = true;
    }
    c.outbox.currentCall = 0;
    return hasMore;
  }
}
