// Connections that become ours when something whole has come over them, over real sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../test/kit/wait.ts";
import { formatAddress } from "../net/endpoint.ts";
import { Errno, type Libc, loadLibc } from "../net/libc.ts";
import { closeLeft } from "../net/sockets.ts";
import { AcceptFilter, type FilteredListener, type FilterHandler } from "./accept-filter.ts";
import { listenForFilter } from "./filtered.ts";
import { FirstWords } from "./first-words.ts";
import { options } from "./testing/accepted.ts";
import { Clock } from "./testing/clock.ts";

const LIMITS = { idle: 60_000, messageTimeout: 30_000, handshakeTimeout: 10_000 };
const PLACES = 400;
const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;
const HELLO = "\x16\x03\x01\x00\x04hell";

/** Resolves when a connection is over. */
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
}

/** A filter before one listener, and what it has told. */
class Filtered implements FilterHandler {
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
  isOpen = true;
  isProxied = false;

  static async open(t: TestContext, words: FirstWords = FirstWords.sip, libc?: Libc): Promise<Filtered> {
    assert.ok(loaded.ok);
    let port = 0;
    const fd = await listenForFilter(loaded.libc, { host: "127.0.0.1", port: 0 }, 1_000, (server) => {
      const address = server.address();
      port = typeof address === "object" && address !== null ? address.port : 0;
    });
    assert.ok(typeof fd === "number", String(fd));
    const one = new Filtered(libc ?? loaded.libc, { index: 3, fd, words }, port);
    t.after(() => {
      one.filter.end();
      for (const socket of one.entered) socket.destroy();
      closeLeft(loaded.libc, one.fds);
      loaded.libc.close(fd);
    });
    return one;
  }

  private constructor(libc: Libc, listener: FilteredListener, port: number) {
    this.port = port;
    this.filter = new AcceptFilter(libc, this.fds, [listener], LIMITS, this);
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
    await until(`${count} to be held`, () => this.filter.count === count);
    assert.deepEqual([this.told, this.filter.countOf(FirstWords.sip)], [count, count]);
  }
}

test("a connection is let through when its first headers are whole, and nothing that came is lost", {
  skip,
}, async (t) => {
  const one = await Filtered.open(t);
  const message = `${options(1)}${options(2).slice(0, 50)}`;
  const socket = await one.connects(t);
  await one.holds(1);
  for (const byte of options(1).slice(0, -1)) {
    socket.write(byte);
    await pause(1);
  }
  await pause(100);
  assert.equal(one.entered.length, 0, "not before they are");
  socket.write(message.slice(options(1).length - 1));
  await until("all of it", () => one.received === message);
  await one.holds(0);
  assert.ok(one.fds.subarray(2).every((fd) => fd === 0));
  socket.destroy();
  await until("its end to be heard", () => one.entered[0]!.destroyed);
});

test("a record of TLS that comes in pieces is let through when it is whole", { skip }, async (t) => {
  const one = await Filtered.open(t, FirstWords.tls);
  const socket = await one.connects(t);
  socket.write(HELLO.slice(0, -1), "latin1");
  await until("it to be held", () => one.filter.countOf(FirstWords.tls) === 1);
  await pause(50);
  assert.equal(one.entered.length, 0);
  socket.write(HELLO.slice(-1));
  await until("all of it", () => one.received === HELLO);
});

test("hundreds that come at once are all let through, and each with what it sent", { skip }, async (t) => {
  const one = await Filtered.open(t);
  const sockets = await Promise.all(Array.from({ length: 300 }, () => one.connects(t)));
  for (const [i, socket] of sockets.entries()) socket.write(options(i));
  await until("all of them", () => one.received.split("OPTIONS sip:").length === 301);
  assert.equal(one.entered.length, 300);
  await one.holds(0);
});

test("whoever says nothing is closed after the idle time, whoever does not go on after the time for a message", {
  skip,
}, async (t) => {
  const clock = new Clock(t);
  const one = await Filtered.open(t);
  const silent = await one.connects(t);
  const slow = await one.connects(t);
  await one.holds(2);
  slow.write("OPTIONS");
  await pause(50);
  const ends = [silent, slow].map((socket) => once(socket, "end"));
  await clock.pass(LIMITS.messageTimeout - 1_000);
  assert.deepEqual(one.closures, []);
  await clock.pass(1_000);
  assert.deepEqual(one.closures, ["late, begun"]);
  await clock.pass(LIMITS.idle - LIMITS.messageTimeout);
  assert.deepEqual(one.closures, ["late, begun", "late, silent"]);
  // Not a reset, though nobody has read what it sent.
  await Promise.all(ends);
  await one.holds(0);
});

test("a handshake that does not begin, or not go on, has as much time as one that does", { skip }, async (t) => {
  const clock = new Clock(t);
  const one = await Filtered.open(t, FirstWords.tls);
  await one.connects(t);
  const slow = await one.connects(t);
  await until("both to be held", () => one.filter.count === 2);
  await clock.pass(LIMITS.handshakeTimeout - 1_000);
  slow.write("\x16\x03", "latin1");
  await pause(50);
  await clock.pass(1_000);
  assert.deepEqual(one.closures.toSorted(), ["late, begun", "late, silent"]);
});

test("what came while nobody looked counts before time does", { skip }, async (t) => {
  const clock = new Clock(t);
  const one = await Filtered.open(t);
  const socket = await one.connects(t);
  await one.holds(1);
  clock.jump(LIMITS.messageTimeout);
  for (const piece of ["O", "P", "T", "I", "O"]) {
    socket.write(piece);
    await pause(10);
  }
  clock.jump(LIMITS.messageTimeout * 2);
  socket.write(`NS${options(1).slice(7)}`);
  await until("all of it", () => one.received === options(1));
  assert.deepEqual(one.closures, []);
  const spent = one.spent[0]! / LIMITS.messageTimeout;
  assert.ok(spent >= 2 && spent < 3, `${one.spent[0]} ms since its first byte`);
});

test("the end of a connection is heard, with something on it and without", { skip }, async (t) => {
  const one = await Filtered.open(t);
  const silent = await one.connects(t);
  const reset = await one.connects(t);
  const partial = await one.connects(t);
  await one.holds(3);
  silent.end();
  await until("the silent one to be gone", () => one.closures.length === 1);
  reset.resetAndDestroy();
  await until("the other to be gone", () => one.closures.length === 2);
  assert.deepEqual(one.closures, ["gone, silent", "gone, silent"]);
  partial.write("OPTIONS");
  await pause(50);
  partial.end();
  await until("what it sent to be let through", () => one.received === "OPTIONS");
  await one.holds(0);
});

test("whoever may not come in is reset, whoever has somebody to speak for it is let through at once", {
  skip,
}, async (t) => {
  const one = await Filtered.open(t);
  one.isOpen = false;
  const refused = await one.connects(t);
  await closed(refused);
  assert.equal((refused.errored as NodeJS.ErrnoException | null)?.code, "ECONNRESET");
  one.isProxied = true;
  await one.connects(t);
  await until("it to be let through", () => one.entered.length === 1);
  assert.equal(one.told, 0);
});

test("one more than there are places for is reset, and a place that is free is taken again", { skip }, async (t) => {
  const one = await Filtered.open(t);
  const sockets = await Promise.all(Array.from({ length: PLACES }, () => one.connects(t)));
  await one.holds(PLACES);
  await closed(await one.connects(t));
  assert.equal(one.filter.count, PLACES);
  for (const socket of sockets.slice(0, 100)) socket.end();
  await one.holds(PLACES - 100);
  await one.connects(t);
  await one.holds(PLACES - 99);
});

test("who comes in hundreds of pieces is not let through before its headers are whole", { skip }, async (t) => {
  // Steps are made by the test, one for each piece.
  t.mock.timers.enable({ apis: ["setInterval"] });
  const one = await Filtered.open(t);
  const socket = await one.connects(t);
  await one.holds(1);
  const message = options(1).replace("Call-ID: ", `Subject: ${"x".repeat(400)}\r\nCall-ID: `);
  for (const byte of message.slice(0, -1)) {
    socket.write(byte);
    await pause(1);
    t.mock.timers.tick(50);
  }
  assert.equal(one.entered.length, 0);
  assert.equal(one.filter.count, 1);
  socket.write(message.slice(-1));
  await until("all of it", () => {
    t.mock.timers.tick(50);
    return one.received === message;
  });
});

test("what does not become whole in a whole buffer is let through", { skip }, async (t) => {
  const one = await Filtered.open(t);
  const socket = await one.connects(t);
  socket.write(`OPTIONS ${"x".repeat(20_000)}`);
  await until("all of it", () => one.received.length === 20_008);
});

test("a system that has run out of descriptors is asked again, and not all the time", { skip }, async (t) => {
  assert.ok(loaded.ok);
  let asked = 0;
  const { libc } = loaded;
  const short: Libc = {
    ...libc,
    accept4(...all) {
      if (asked++ < 5) return -1;
      return libc.accept4(...all);
    },
    errno: () => (asked <= 5 ? Errno.EMFILE : libc.errno()),
  };
  const one = await Filtered.open(t, FirstWords.sip, short);
  const began = performance.now();
  await one.connects(t);
  await one.holds(1);
  const took = performance.now() - began;
  assert.ok(took > 400, `accepted after ${took} ms, asked ${asked} times`);
});
