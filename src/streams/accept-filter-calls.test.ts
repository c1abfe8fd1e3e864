// What the accept filter asks of the system, and when, and what becomes of it where that says no, over real sockets.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../test/kit/wait.ts";
import { EPOLL_CTL_ADD, Errno, type Libc, loadLibc } from "../net/libc.ts";
import { FirstWords } from "./first-words.ts";
import { options } from "./testing/accepted.ts";
import { Clock } from "./testing/clock.ts";
import { Filtered, LIMITS, skip } from "./testing/filtered-bench.ts";

const loaded = loadLibc();
// Where there is none, no test calls it.
const libc = (loaded.ok ? loaded.libc : {}) as Libc;
const PIECE = options(1).slice(0, 7);
const REST = options(1).slice(7);

test("who comes in two pieces waits for no step, and the next one after that does", { skip }, async (t) => {
  // No step is made at all but by the test.
  t.mock.timers.enable({ apis: ["setInterval"] });
  let looked = (): unknown => null;
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    recv(...all) {
      const length = libc.recv(...all);
      if (length === PIECE.length) looked();
      return length;
    },
  });
  const [swift, slow] = [await one.connects(t), await one.connects(t)];
  await one.holds(2);
  // Between the look at the first piece and its being watched with those who come in pieces.
  looked = () => swift.write(REST);
  swift.write(PIECE);
  await until("it to be let through", () => one.received === options(1));
  let isSeen = false;
  looked = () => {
    isSeen = true;
  };
  slow.write(PIECE);
  await until("the other to be seen", () => isSeen);
  await pause(50);
  slow.write(REST);
  await pause(50);
  assert.equal(one.filter.count, 1);
  t.mock.timers.tick(10);
  await until("both to be let through", () => one.received === options(1) + options(1));
});

test("nobody is watched any more who was let through, whether a piece had come before it was accepted or not", {
  skip,
}, async (t) => {
  let isOpen = false;
  const watched = new Set<string>();
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    accept4: (...all) => (isOpen ? libc.accept4(...all) : -1),
    errno: () => (isOpen ? libc.errno() : Errno.EMFILE),
    epoll_ctl(epoll, operation, fd, eventAt) {
      const result = libc.epoll_ctl(epoll, operation, fd, eventAt);
      if (result === 0 && operation === EPOLL_CTL_ADD) watched.add(`${fd} by ${epoll}`);
      else if (result === 0) watched.delete(`${fd} by ${epoll}`);
      return result;
    },
  });
  const early = await one.connects(t);
  early.write(PIECE);
  isOpen = true;
  await one.holds(1);
  const silent = await one.connects(t);
  await one.holds(2);
  assert.equal(watched.size, 3, "each by one, and the listener");
  early.write(REST);
  await until("it to be let through", () => one.received === options(1));
  silent.write(options(2));
  await until("both to be let through", () => one.received === options(1) + options(2));
  assert.equal(watched.size, 1, "the listener");
});

test("whose first piece is seen when the time for silence is over has the time for a message", { skip }, async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = new Clock(t);
  let isHere = false;
  let isBlind = true;
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    recv(...all) {
      const length = libc.recv(...all);
      isHere ||= length > 0;
      return isBlind ? -1 : length;
    },
    errno: () => (isBlind ? Errno.EAGAIN : libc.errno()),
  });
  const socket = await one.connects(t);
  await one.holds(1);
  socket.write(PIECE);
  await until("it to be there", () => isHere);
  clock.jump(LIMITS.idle + 1_000);
  isBlind = false;
  t.mock.timers.tick(10);
  assert.deepEqual(one.closures, []);
  clock.jump(LIMITS.messageTimeout - 1_000);
  t.mock.timers.tick(10);
  assert.equal(one.filter.count, 1);
  clock.jump(2_000);
  t.mock.timers.tick(10);
  assert.deepEqual(one.closures, ["late, begun"]);
});

test("a system that has run out of descriptors is asked again, and not all the time", { skip }, async (t) => {
  let asked = 0;
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    accept4(...all) {
      if (asked++ < 5) return -1;
      return libc.accept4(...all);
    },
    errno: () => (asked <= 5 ? Errno.EMFILE : libc.errno()),
  });
  const began = performance.now();
  await one.connects(t);
  await one.holds(1);
  const took = performance.now() - began;
  assert.ok(took > 400, `accepted after ${took} ms, asked ${asked} times`);
});

test("a filter that has ended while the system was short of descriptors asks for nothing more", { skip }, async (t) => {
  let asked = 0;
  let waits = 0;
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    accept4: () => {
      asked++;
      return -1;
    },
    errno: () => Errno.EMFILE,
    epoll_wait(...all) {
      waits++;
      return libc.epoll_wait(...all);
    },
    epollWaitLater(...all) {
      waits++;
      libc.epollWaitLater(...all);
    },
  });
  await one.connects(t);
  await until("it to be asked", () => asked > 0);
  one.filter.end();
  const before = waits;
  await pause(200);
  assert.equal(waits, before);
});

test("a filter that has ended just after a first piece does not look for the next one", { skip }, async (t) => {
  let isOver = false;
  let waits = 0;
  const one = await Filtered.open(t, FirstWords.sip, {
    ...libc,
    recv(...all) {
      const length = libc.recv(...all);
      if (length > 0) setImmediate(end);
      return length;
    },
    epoll_wait(...all) {
      if (isOver) waits++;
      return libc.epoll_wait(...all);
    },
  });
  const end = (): void => {
    one.filter.end();
    isOver = true;
  };
  const socket = await one.connects(t);
  await one.holds(1);
  socket.write(PIECE);
  await until("it to be seen", () => isOver);
  await pause(50);
  assert.equal(waits, 0);
});
