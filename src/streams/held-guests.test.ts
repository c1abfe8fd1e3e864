// Who an accept filter may hold, by the rules of everybody who connects, and what becomes of them.
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { test } from "node:test";
import { until } from "../../test/kit/wait.ts";
import type { StreamCounter, StreamLimits, StreamPolicy } from "../bridge/stream-start.ts";
import { openBell } from "../net/bell.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { loadLibc } from "../net/libc.ts";
import { Admission } from "./admission.ts";
import type { FilteredListener } from "./filter-handler.ts";
import { FirstWords } from "./first-words.ts";
import { Gate } from "./gate.ts";
import { Handshakes } from "./handshakes.ts";
import { HeldGuests } from "./held-guests.ts";
import { isOpen, queued } from "./testing/queued.ts";

const loaded = loadLibc();
const skip = loaded.ok ? false : loaded.reason;

function peerAt(host: string): Int32Array {
  const peer = new Int32Array(ENDPOINT_WORDS);
  assert.ok(parseEndpoint(host, 5060, peer, 0));
  return peer;
}

function onlyOf(host: string): Int32Array {
  const address = peerAt(host).subarray(0, 4);
  return Int32Array.of(...address, ...address);
}

const [CALLER, OTHER, TRUSTED, PROXY] = ["127.0.0.1", "127.0.0.2", "127.0.0.8", "127.0.0.9"].map(peerAt) as [
  Int32Array,
  Int32Array,
  Int32Array,
  Int32Array,
];
const NOBODY = new Int32Array(0);
const LIMITS = {
  connectionsPerSource: 2,
  messageTimeout: 10_000,
  handshakeTimeout: 5_000,
  handshakes: 100,
  handshakesPerSource: 1,
  reserve: 0,
} as StreamLimits;
/** Listener 0 hears everybody, listener 1 only one, and has a proxy before it. */
const POLICY: StreamPolicy = {
  listeners: [
    { allow: NOBODY, proxies: [] },
    { allow: onlyOf("127.0.0.1"), proxies: [{ words: PROXY, prefix: 128 }] },
  ],
  trusted: onlyOf("127.0.0.8"),
  destinations: NOBODY,
  departed: NOBODY,
};
const SIP: FilteredListener = { index: 0, fd: -1, words: FirstWords.sip };
const TLS: FilteredListener = { index: 0, fd: -1, words: FirstWords.tls };
const HTTP: FilteredListener = { index: 0, fd: -1, words: FirstWords.http };
const PROXIED: FilteredListener = { index: 1, fd: -1, words: FirstWords.sip };

/** Guests, and what was told of them. */
class House {
  readonly counted: StreamCounter[] = [];
  readonly failures: (readonly [listener: number, fault: string, address: string, why: string])[] = [];
  readonly admitted: { readonly listener: number; readonly socket: Socket; readonly heldFor: number }[] = [];
  fullness: StreamCounter | null = null;
  readonly admission = new Admission(LIMITS, POLICY);
  readonly guests: HeldGuests;

  constructor() {
    assert.ok(loaded.ok);
    const countUp = (name: StreamCounter): void => void this.counted.push(name);
    const { admission } = this;
    const gate = new Gate({ limits: LIMITS, admission, fullness: () => this.fullness, countUp });
    this.guests = new HeldGuests({
      libc: loaded.libc,
      admission,
      gate,
      upgrades: new Handshakes(LIMITS, gate),
      countUp,
      failed: (...told) => void this.failures.push(told),
      admit: (listener, socket, heldFor) => void this.admitted.push({ listener, socket, heldFor }),
    });
  }
}

test("who is not let in is not held either, and counted as refused", { skip }, () => {
  const { guests, counted } = new House();
  const house = new House();
  assert.deepEqual([guests.isAdmitted(PROXIED, CALLER), guests.isAdmitted(PROXIED, OTHER)], [true, false]);
  assert.deepEqual(counted, ["not_allowed"]);
  house.fullness = "reserved";
  assert.equal(house.guests.isAdmitted(SIP, CALLER), false);
  assert.deepEqual(house.counted, ["reserved"]);
});

test("a proxy is one on the listener that has it, and nobody else is", { skip }, () => {
  const { guests } = new House();
  const asked = [guests.isProxy(PROXIED, PROXY), guests.isProxy(PROXIED, CALLER), guests.isProxy(SIP, PROXY)];
  assert.deepEqual(asked, [true, false, false]);
});

test("one that is held is one of its source, until it is released", { skip }, () => {
  const { guests, counted } = new House();
  for (let i = 0; i < 2; i++) {
    assert.equal(guests.isAdmitted(SIP, CALLER), true);
    guests.held(SIP, CALLER);
    guests.held(SIP, TRUSTED);
  }
  assert.equal(guests.isAdmitted(SIP, CALLER), false);
  assert.deepEqual([guests.isAdmitted(SIP, OTHER), guests.isAdmitted(SIP, TRUSTED)], [true, true]);
  guests.released(SIP, CALLER);
  assert.equal(guests.isAdmitted(SIP, CALLER), true);
  assert.deepEqual(counted, ["source_full"]);
});

test("a handshake of a WebSocket is under way while it is held, one of TLS is not", { skip }, () => {
  const { guests, counted } = new House();
  guests.held(TLS, CALLER);
  assert.equal(guests.isAdmitted(HTTP, CALLER), true);
  guests.released(TLS, CALLER);
  guests.held(HTTP, CALLER);
  assert.deepEqual([guests.isAdmitted(HTTP, CALLER), guests.isAdmitted(TLS, CALLER)], [false, true]);
  assert.deepEqual(counted, ["handshake_source_full"]);
  guests.released(HTTP, CALLER);
  assert.equal(guests.isAdmitted(HTTP, CALLER), true);
});

test("one that is closed is counted as one with a socket would be", { skip }, () => {
  const cases: readonly [FilteredListener, boolean, boolean, readonly StreamCounter[]][] = [
    [SIP, false, false, []],
    [SIP, false, true, []],
    [SIP, true, false, ["idle"]],
    [SIP, true, true, ["unfinished"]],
    [HTTP, false, false, ["upgrade_failed"]],
    [HTTP, true, true, ["upgrade_failed"]],
  ];
  for (const [listener, isLate, isBegun, expected] of cases) {
    const { guests, counted, failures } = new House();
    guests.closed(listener, CALLER, isLate, isBegun);
    assert.deepEqual([counted, failures], [expected, []]);
  }
  const { guests, counted, failures } = new House();
  for (const isLate of [false, true]) for (const isBegun of [false, true]) guests.closed(TLS, CALLER, isLate, isBegun);
  assert.deepEqual(failures, [
    [0, "handshake_not_begun", "127.0.0.1", "it did not begin"],
    [0, "handshake_failed", "127.0.0.1", "it did not end"],
    [0, "handshake_timeout", "127.0.0.1", "it did not begin"],
    [0, "handshake_timeout", "127.0.0.1", "it did not end"],
  ]);
  assert.deepEqual(counted, [], "whoever is told counts it");
});

test("one that is let through comes with what it sent, and is one of its source until it closes", {
  skip,
}, async (t) => {
  assert.ok(loaded.ok);
  const { guests, admitted, counted } = new House();
  const { theirs, accepts } = await queued(t, loaded.libc);
  theirs.write("hello");
  guests.enter(0, await accepts(), 1_234);
  assert.deepEqual(
    admitted.map(({ listener, heldFor }) => [listener, heldFor]),
    [[0, 1_234]],
  );
  const { socket } = admitted[0]!;
  t.after(() => socket.destroy());
  let received = "";
  socket.on("data", (data) => {
    received += data.toString("latin1");
  });
  await until("what it sent", () => received === "hello");
  guests.held(SIP, CALLER);
  assert.equal(guests.isAdmitted(SIP, CALLER), false);
  theirs.destroy();
  await until("it to be closed", () => socket.closed);
  assert.equal(guests.isAdmitted(SIP, CALLER), true);
  assert.deepEqual(counted, ["source_full"]);
});

test("one that is let through has its place, whoever took all others meanwhile", { skip }, async (t) => {
  assert.ok(loaded.ok);
  const house = new House();
  const { accepts } = await queued(t, loaded.libc);
  house.fullness = "reserved";
  house.guests.enter(0, await accepts(), 0);
  for (const { socket } of house.admitted) socket.destroy();
  assert.deepEqual([house.admitted.length, house.counted], [1, []]);
});

test("one that a reload does not let in any more is reset when it is let through", { skip }, async (t) => {
  assert.ok(loaded.ok);
  const house = new House();
  const { theirs, accepts } = await queued(t, loaded.libc);
  const [, ...rest] = POLICY.listeners;
  house.admission.adopt({ ...POLICY, listeners: [{ allow: onlyOf("127.0.0.2"), proxies: [] }, ...rest] });
  house.guests.enter(0, await accepts(), 0);
  await until("it to be closed", () => theirs.closed);
  assert.equal((theirs.errored as NodeJS.ErrnoException | null)?.code, "ECONNRESET");
  assert.deepEqual([house.admitted, house.counted], [[], ["not_allowed"]]);
});

test("what no socket can be made of is closed", { skip }, () => {
  assert.ok(loaded.ok);
  const { guests, admitted } = new House();
  const bell = openBell(loaded.libc);
  guests.enter(0, bell, 0);
  assert.deepEqual([isOpen(loaded.libc, bell), admitted], [false, []]);
});
