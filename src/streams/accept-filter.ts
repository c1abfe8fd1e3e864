// What FreeBSD calls an accept filter: a connection becomes one of ours when something whole has come over it, the headers of a message or
// a record of TLS. Until then it is a descriptor and a row of numbers, and what came waits in the kernel, so that thousands who are slow,
// or say nothing at all, cost calls nothing.

import { WAITING } from "../bridge/stream-start.ts";
import { ENDPOINT_WORDS } from "../net/endpoint.ts";
import { Memory, NAME_BYTES, readName } from "../net/layout.ts";
import { Errno, type Libc, MSG_DONTWAIT, MSG_PEEK, SOCK_CLOEXEC, SOCK_NONBLOCK, SocketOption } from "../net/libc.ts";
import { MOST_READY, Readiness } from "../net/readiness.ts";
import type { FilteredListener, FilterHandler, FilterLimits } from "./filter-handler.ts";
import { areWorthReading, FirstWords } from "./first-words.ts";
import { STEP, STEPS } from "./sweep.ts";
import { Turns } from "./turns.ts";
import { Unheard } from "./unheard.ts";

/** Accepted from one listener in one go. */
const MOST_ACCEPTED = 64;
/** In one go, milliseconds of looking at those who come in pieces: as many as there are, short of a standstill. */
const MOST_LOOKING = 5;
/** How soon those are looked at when one more of them has come, milliseconds: the rest is on its way. Then at every step only. */
const SOON = 2;
/** At a step, of all places so many at least are looked through for what is late. */
const LEAST_JUDGED = 16;
/** And so many at most are closed: where thousands are late at once, calls pass between. */
const MOST_CLOSED = 16;
/** How long nobody is accepted when the system has run out of something, milliseconds. */
const PAUSE = 100;
/** Looked at, in bytes. */
const LONGEST = 16_384;
/** Where somebody was, more may come: the event loop looks by itself so often in vain before the pool waits again, which costs ten times as much. */
const MISSES = 4;
/** What the system has run out of may be there again a little later. */
const SHORT: readonly number[] = [Errno.EMFILE, Errno.ENFILE, Errno.ENOBUFS, Errno.ENOMEM];
/** Nothing has come, or it cannot be looked at just now. */
const LATER: readonly number[] = [Errno.EAGAIN, Errno.EINTR, Errno.ENOMEM, Errno.ENOBUFS];
/** The longest wait: whoever ends the thread waits for that. */
const WAIT = 100;

/** The filter before some listeners. */
export class AcceptFilter {
  readonly #libc: Libc;
  readonly #listeners: readonly FilteredListener[];
  readonly #limits: FilterLimits;
  readonly #handler: FilterHandler;
  readonly #unheard: Unheard;
  /** Listeners, and those over which nothing has come. */
  readonly #ready: Readiness;
  /** Those who come in pieces, of whom some have come. */
  readonly #slow: Readiness;
  /** In a round of the event loop one is let through, and more where hundreds wait. */
  readonly #turns = new Turns(256);
  readonly #bytes: Memory;
  readonly #view: Buffer;
  readonly #name: Memory;
  readonly #length: Memory;
  readonly #peer = new Int32Array(ENDPOINT_WORDS);
  /** By `FirstWords`. */
  readonly #counts = new Int32Array(Object.keys(FirstWords).length);
  /** What has not become whole in so many bytes is let through: who reads it says what is wrong with it. */
  readonly #longest: number;
  #isShort = false;
  #isSoon = false;
  #isOver = false;
  /** The place that is judged next. */
  #at = 0;

  /** `fds` is shared with whoever closes what is left when this thread is gone: a word for each connection that may be held, and two more. */
  constructor(
    libc: Libc,
    fds: Int32Array,
    listeners: readonly FilteredListener[],
    limits: FilterLimits,
    handler: FilterHandler,
  ) {
    this.#libc = libc;
    this.#listeners = listeners;
    this.#limits = limits;
    this.#handler = handler;
    this.#ready = new Readiness(libc);
    this.#slow = new Readiness(libc);
    fds[0] = this.#ready.fd;
    fds[1] = this.#slow.fd;
    this.#unheard = new Unheard(fds.subarray(WAITING));
    this.#longest = Math.min(LONGEST, limits.headerBytes);
    this.#bytes = new Memory(libc, LONGEST);
    this.#view = Buffer.from(this.#bytes.buffer);
    this.#name = new Memory(libc, NAME_BYTES);
    this.#length = new Memory(libc, 8);
    for (const [i, { fd }] of listeners.entries()) this.#ready.addListener(fd, -1 - i);
    setInterval(() => this.#step(), STEP).unref();
    this.#wait();
  }

  /** How many it holds. */
  get count(): number {
    return this.#unheard.count;
  }

  /** Accepts nobody and tells nothing any more: its descriptors may be closed. */
  end(): void {
    this.#isOver = true;
  }

  /** How many of them are to begin like this. */
  countOf(words: FirstWords): number {
    return this.#counts[words]!;
  }

  #wait(): void {
    const ready = (data: number, isOver: boolean): void => {
      if (this.#isOver) return;
      if (data < 0) this.#accept(-1 - data);
      else this.#look(data, isOver);
    };
    let misses = 0;
    const done = (found: number): void => {
      if (this.#isOver) return;
      misses = found > 0 ? 0 : misses + 1;
      if (this.#isShort) setTimeout(() => done(this.#isOver ? 0 : this.#ready.look(ready)), PAUSE);
      else if (misses < MISSES) setImmediate(() => done(this.#isOver ? 0 : this.#ready.look(ready)));
      else this.#ready.wait(WAIT, ready, done);
      this.#isShort = false;
    };
    done(1);
  }

  #accept(which: number): void {
    const libc = this.#libc;
    const listener = this.#listeners[which]!;
    const { index, fd } = listener;
    const peer = this.#peer;
    for (let i = 0; i < MOST_ACCEPTED; i++) {
      this.#length.words[0] = NAME_BYTES;
      const accepted = libc.accept4(fd, this.#name.address, this.#length.address, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted < 0) {
        const error = libc.errno();
        if (SHORT.includes(error)) this.#isShort = true;
        if (error === Errno.EAGAIN || this.#isShort) return;
        // Only that one is no longer there.
        continue;
      }
      readName(this.#name.words, 0, peer, 0);
      if (this.#handler.isProxy(listener, peer)) this.#handler.enter(index, accepted, 0);
      else if (!this.#handler.isAdmitted(listener, peer)) this.#reset(accepted);
      else this.#hold(which, accepted);
    }
  }

  #hold(which: number, fd: number): void {
    const peer = this.#peer;
    const place = this.#unheard.add(fd, which, peer, performance.now());
    // As many places as there may be connections: whoever is admitted finds one.
    if (place < 0) {
      this.#reset(fd);
      return;
    }
    const listener = this.#listeners[which]!;
    this.#counts[listener.words]!++;
    this.#handler.held(listener, peer);
    // What has come already would be told at once: one way into the kernel less for who speaks first.
    this.#look(place, false);
    const { fds, isLeaving, seen } = this.#unheard;
    if (fds[place] !== fd || isLeaving[place] === 1 || seen[place] !== 0) return;
    if (!this.#ready.add(fd, place)) this.#letThrough(place);
  }

  /** Looks at what has come over a connection; `isOver`: nothing will follow. */
  #look(place: number, isOver: boolean): void {
    const table = this.#unheard;
    const fd = table.fds[place]!;
    if (fd === 0 || table.isLeaving[place] === 1) return;
    const length = this.#libc.recv(fd, this.#bytes.address, LONGEST, MSG_PEEK | MSG_DONTWAIT);
    if (length < 0 && LATER.includes(this.#libc.errno())) return;
    if (length <= 0) {
      this.#close(place, false);
      return;
    }
    const seen = table.seen[place]!;
    // To be watched is to be told of what has been seen already.
    if (length === seen && !isOver) return;
    const { words } = this.#listenerOf(place);
    if (isOver || length >= this.#longest || areWorthReading(words, this.#view, length, seen)) {
      this.#letThrough(place);
      return;
    }
    table.seen[place] = length;
    if (seen === 0) this.#slowDown(place);
  }

  /** The first piece has come: the next ones wake nobody. */
  #slowDown(place: number): void {
    const table = this.#unheard;
    const fd = table.fds[place]!;
    table.begun[place] = performance.now();
    this.#ready.remove(fd);
    if (!this.#slow.add(fd, place)) {
      this.#letThrough(place);
    } else if (!this.#isSoon) {
      this.#isSoon = true;
      setTimeout(() => {
        this.#isSoon = false;
        if (!this.#isOver) this.#lookAtSlow();
      }, SOON);
    }
  }

  #letThrough(place: number): void {
    const table = this.#unheard;
    table.isLeaving[place] = 1;
    this.#unwatch(place);
    this.#turns.add(() => {
      if (this.#isOver) return;
      const { index, words } = this.#listenerOf(place);
      const now = performance.now();
      const from = words === FirstWords.sip ? table.begun[place]! || now : table.since[place]!;
      this.#handler.enter(index, this.#release(place), now - from);
    });
  }

  #close(place: number, isLate: boolean): void {
    const listener = this.#listenerOf(place);
    const isBegun = this.#unheard.begun[place] !== 0;
    const fd = this.#release(place);
    // What nobody has received would make it a reset.
    if (isBegun) this.#libc.recv(fd, this.#bytes.address, LONGEST, MSG_DONTWAIT);
    this.#libc.close(fd);
    this.#handler.closed(listener, this.#peer, isLate, isBegun);
  }

  #listenerOf(place: number): FilteredListener {
    return this.#listeners[this.#unheard.listeners[place]!]!;
  }

  /** It is held no longer: returns its descriptor, and leaves its other end in `#peer`. */
  #release(place: number): number {
    const table = this.#unheard;
    const listener = this.#listenerOf(place);
    this.#peer.set(table.peers.subarray(place * ENDPOINT_WORDS, (place + 1) * ENDPOINT_WORDS));
    this.#counts[listener.words]!--;
    this.#handler.released(listener, this.#peer);
    return table.remove(place);
  }

  #reset(fd: number): void {
    const [level, name] = SocketOption.linger;
    this.#length.words.fill(0);
    // struct linger: on, for no time at all.
    this.#length.words[0] = 1;
    this.#libc.setsockopt(fd, level, name, this.#length.address, 8);
    this.#libc.close(fd);
  }

  #unwatch(place: number): void {
    const { fds, seen } = this.#unheard;
    // It changes over when the first of it is seen, see `#slowDown`.
    (seen[place] === 0 ? this.#ready : this.#slow).remove(fds[place]!);
  }

  #lookAtSlow(): void {
    const began = performance.now();
    const look = (place: number, isOver: boolean): void => this.#look(place, isOver);
    while (this.#slow.look(look) === MOST_READY && performance.now() - began < MOST_LOOKING);
  }

  #step(): void {
    if (this.#isOver) return;
    this.#lookAtSlow();
    const table = this.#unheard;
    const now = performance.now();
    let closed = 0;
    for (let left = Math.max(LEAST_JUDGED, table.end / STEPS); left > 0 && closed < MOST_CLOSED; left--) {
      if (this.#at >= table.end) this.#at = 0;
      const place = this.#at++;
      if (table.fds[place] === 0 || table.isLeaving[place] === 1 || !this.#isLate(place, now)) continue;
      // After a standstill of ours, what they have sent meanwhile counts.
      this.#look(place, false);
      if (table.fds[place] === 0 || table.isLeaving[place] === 1 || !this.#isLate(place, now)) continue;
      this.#close(place, true);
      closed++;
    }
  }

  #isLate(place: number, now: number): boolean {
    const { begun, since } = this.#unheard;
    const { idle, messageTimeout, handshakeTimeout } = this.#limits;
    if (this.#listenerOf(place).words !== FirstWords.sip) return now - since[place]! > handshakeTimeout;
    return begun[place] === 0 ? now - since[place]! > idle : now - begun[place]! > messageTimeout;
  }
}
