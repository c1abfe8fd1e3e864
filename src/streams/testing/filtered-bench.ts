// An accept filter before one listener, and what it lets through, over real sockets.
import assert from "node:assert/strict";
import { connect, Socket } from "node:net";
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { formatAddress } from "../../net/endpoint.ts";
import { type Libc, loadLibc } from "../../net/libc.ts";
import { closeLeft } from "../../net/sockets.ts";
import { AcceptFilter } from "../accept-filter.ts";
import type { FilteredListener, FilterHandler } from "../filter-handler.ts";
import { listenForFilter } from "../filtered.ts";
import { FirstWords } from "../first-words.ts";

/** Times in milliseconds. */
export const LIMITS = { idle: 60_000, messageTimeout: 30_000, handshakeTimeout: 10_000, headerBytes: 32_768 };
const STEP = 5;
const LOOKS = 2_000;
/** Connections that it may hold. */
export const PLACES = 400;
const loaded = loadLibc();
/** Why there is no filter here; false: there is. */
export const skip = loaded.ok ? false : loaded.reason;

/** Resolves when a connection is over. */
export async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

/** A filter before one listener, and what it has told. */
export class Filtered implements FilterHandler {
  readonly port: number;
  readonly filter: AcceptFilter;
  readonly fds = new Int32Array(PLACES + 2);
  /** Sockets of those that were let through, and what came over them. */
  readonly entered: Socket[] = [];
  /** Of their time, in milliseconds. */
  readonly spent: number[] = [];
  received = "";
  readonly closures: string[] = [];
  /** How many are held, as told. */
  told = 0;
  /** Whether anybody may come in, and whether somebody else speaks for whoever does. */
  isOpen = true;
  isProxied = false;

  /** One, until the end of the test. `libc` stands for the real one. */
  static async open(
    t: TestContext,
    words: FirstWords = FirstWords.sip,
    libc?: Libc,
    headerBytes = LIMITS.headerBytes,
  ): Promise<Filtered> {
    assert.ok(loaded.ok);
    let port = 0;
    const fd = await listenForFilter(loaded.libc, { host: "127.0.0.1", port: 0 }, 1_000, (server) => {
      const address = server.address();
      port = typeof address === "object" && address !== null ? address.port : 0;
    });
    assert.ok(typeof fd === "number", String(fd));
    const one = new Filtered(libc ?? loaded.libc, { index: 3, fd, words }, port, headerBytes);
    t.after(() => {
      one.filter.end();
      for (const socket of one.entered) socket.destroy();
      closeLeft(loaded.libc, one.fds);
      loaded.libc.close(fd);
    });
    return one;
  }

  private constructor(libc: Libc, listener: FilteredListener, port: number, headerBytes: number) {
    this.port = port;
    this.filter = new AcceptFilter(libc, this.fds, [listener], { ...LIMITS, headerBytes }, this);
  }

  /** A connection to it. */
  async connects(t: TestContext): Promise<Socket> {
    const socket = connect({ port: this.port, host: "127.0.0.1", noDelay: true, allowHalfOpen: true });
    socket.on("error", () => undefined).resume();
    t.after(() => socket.destroy());
    // Who is refused may be so before it has heard that it is connected.
    await Promise.race([new Promise((resolve) => socket.once("connect", resolve)), closed(socket)]);
    return socket;
  }

  isProxy(): boolean {
    return this.isProxied;
  }

  isAdmitted(): boolean {
    return this.isOpen;
  }

  enter(listener: number, fd: number, spent: number): void {
    assert.equal(listener, 3);
    this.spent.push(spent);
    const socket = new Socket({ fd, readable: true, writable: true });
    socket.on("data", (data) => {
      this.received += data.toString("latin1");
    });
    this.entered.push(socket.on("error", () => undefined));
  }

  closed(_: FilteredListener, peer: Int32Array, isLate: boolean, isBegun: boolean): void {
    assert.equal(formatAddress(peer, 0), "127.0.0.1");
    this.closures.push(`${isLate ? "late" : "gone"}, ${isBegun ? "begun" : "silent"}`);
  }

  held(): void {
    this.told++;
  }

  released(): void {
    this.told--;
  }

  /** Resolves when so many are held. */
  async holds(count: number): Promise<void> {
    for (let looks = 0; this.filter.count !== count && looks < LOOKS; looks++) await pause(STEP);
    assert.equal(this.filter.count, count);
    assert.deepEqual([this.told, this.filter.countOf(FirstWords.sip)], [count, count]);
  }
}
