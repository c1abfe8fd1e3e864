// Connections that become ours when something whole has come over them, over real sockets.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { until } from "../../test/kit/wait.ts";
import { FirstWords } from "./first-words.ts";
import { options } from "./testing/accepted.ts";
import { Clock } from "./testing/clock.ts";
import { closed, Filtered, LIMITS, PLACES, skip } from "./testing/filtered-bench.ts";

const HELLO = "\x16\x03\x01\x00\x04hell";

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

test("hundreds that say nothing are all closed when their time is over, a few at a step", { skip }, async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  const clock = new Clock(t);
  const one = await Filtered.open(t);
  await Promise.all(Array.from({ length: PLACES }, () => one.connects(t)));
  await one.holds(PLACES);
  clock.jump(LIMITS.idle + 1_000);
  for (let step = 1; step <= PLACES / 16; step++) {
    t.mock.timers.tick(10);
    assert.equal(one.closures.length, 16 * step, `after ${step} steps`);
  }
  await one.holds(0);
});

test("what does not become whole in a whole buffer, or where headers have to have ended, is let through", {
  skip,
}, async (t) => {
  for (const [headerBytes, sent] of [
    [LIMITS.headerBytes, 20_000],
    [1_024, 1_100],
  ] as const) {
    const one = await Filtered.open(t, FirstWords.sip, undefined, headerBytes);
    const socket = await one.connects(t);
    socket.write(`OPTIONS ${"x".repeat(sent)}`);
    await until("all of it", () => one.received.length === 8 + sent);
  }
});
