// What comes over streams waits in a ring, and whoever fills that waits when it is full: nothing is lost, so nothing need be refused early.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { STREAM_WORDS } from "../bridge/stream-start.ts";
import { connectionWord } from "../bridge/way-back.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "../net/endpoint.ts";
import { Transport } from "../net/transport.ts";
import { WITHOUT_TRANSACTIONS } from "./action-fake.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, type RequestFields, request } from "./rig-message.ts";
import { linkStreams } from "./stream-link.ts";
import { StreamRings } from "./stream-rings.ts";

const STRANGER = "192.0.2.77";
const PORT = 43_210;
const nobody = new Int32Array(ENDPOINT_WORDS);
const peer = new Int32Array(ENDPOINT_WORDS);
parseEndpoint(STRANGER, PORT, peer, 0);
peer[5] = connectionWord(7, 3);

function kindsOf(left: readonly Left[]): string[] {
  return left.map(({ text }) => kind(text));
}

/** A worker, and the stream worker's ends of its rings. */
class Pair {
  readonly rig: Rig;
  /** Of a ring as large as in production, and of one that little fills. */
  readonly toWorker: Ring;
  readonly fromWorker: Ring;
  readonly #filler: Ring;
  #calls = 0;

  /** With `isLinked` what leaves goes into the ring to the stream worker, and only what has no room there is in `rig.left`. */
  constructor(toBytes = 1 << 14, isLinked = false, more: RigOptions = {}) {
    const [from, to] = [createRingMemory(), createRingMemory(toBytes)];
    this.toWorker = new Ring(from);
    this.fromWorker = new Ring(to);
    this.#filler = new Ring(to);
    this.rig = new Rig({ transactions: 16_384, streams: new StreamRings(new Ring(from), this.#filler), ...more });
    const words = new SharedArrayBuffer(STREAM_WORDS * 4);
    if (isLinked) linkStreams(this.rig.context.outbox, { toStreams: to, fromStreams: from, words });
    this.catchesUp();
  }

  /** A stranger calls over its connection; false when the ring is full. */
  calls(): boolean {
    const text = request("INVITE", { call: `c${this.#calls}`, caller: `${STRANGER}:${PORT}` }).replace("/UDP", "/TCP");
    const bytes = Buffer.from(text, "latin1");
    if (!this.toWorker.push(RecordKind.framed, 1, 0, peer, 0, nobody, 0, bytes, 0, bytes.length)) return false;
    this.#calls++;
    return true;
  }

  /** So many calls as the ring has room for; returns how many. */
  fills(): number {
    const before = this.#calls;
    while (this.calls());
    return this.#calls - before;
  }

  /** The stream worker has not taken for a while what the worker sends. */
  lags(): void {
    const bytes = Buffer.alloc(4_096);
    while (this.#filler.push(RecordKind.send, 1, 0, peer, 0, nobody, 0, bytes, 0, bytes.length));
  }

  /** It takes all of it; returns how much there was. */
  catchesUp(): number {
    let count = 0;
    for (; this.fromWorker.next(); count++) this.fromWorker.take();
    return count;
  }
}

test("calls over TCP that piled up while others had the processor are taken, however many the ring holds", () => {
  const pair = new Pair();
  pair.rig.pass(500);
  const calls = pair.fills();
  pair.rig.pass(20);
  assert.deepEqual([pair.rig.counter("rejected_overload"), pair.rig.counter("transactions_created")], [0, calls]);
  console.log(
    `streams: ${pair.rig.counter("transactions_created")} of ${calls} calls that came at once over TCP were taken`,
  );
});

test("calls over TCP are refused when the ring has been full for 200 ms, and taken again when it has not", () => {
  const pair = new Pair();
  pair.lags();
  const calls = pair.fills();
  pair.rig.pass(220);
  pair.catchesUp();
  pair.rig.pass(10);
  const refused = pair.rig.counter("rejected_overload");
  // Until the ring is less full than what refuses anybody.
  assert.ok(refused > calls / 3 && refused < calls, `${refused} of ${calls}`);
  pair.calls();
  const before = pair.rig.left.length;
  pair.rig.pass(220);
  assert.deepEqual(kindsOf(pair.rig.left.slice(before)).slice(0, 1), ["INVITE"]);
});

test("a worker that has just held itself up looks again before it sleeps, and sleeps shortly then", () => {
  const pair = new Pair();
  const { loop } = pair.rig;
  loop.tick();
  pair.calls();
  pair.lags();
  assert.equal(loop.arm(), false);
  assert.equal(loop.tick(), 1);
  assert.equal(loop.arm(), true);
});

test("a stream worker that does not keep up has nobody refused who comes by UDP", () => {
  const pair = new Pair();
  pair.lags();
  pair.fills();
  pair.rig.pass(500);
  assert.deepEqual(kindsOf(pair.rig.receive(request("INVITE", { call: "datagram" }))), ["INVITE"]);
  assert.equal(pair.rig.counter("rejected_overload"), 0);
});

test("while the stream worker does not take what a worker sends, its messages wait, and nothing that they lead to is lost", () => {
  const pair = new Pair();
  pair.lags();
  pair.calls();
  assert.deepEqual(pair.rig.pass(100), []);
  // Others are served meanwhile.
  const others = pair.rig.receive(request("INVITE", { call: "datagram" }));
  assert.deepEqual(kindsOf(others), ["INVITE"]);
  pair.catchesUp();
  assert.deepEqual(kindsOf(pair.rig.pass(10)).slice(0, 1), ["INVITE"]);
});

test("of long messages that have piled up no more are taken than there is room for what they lead to", () => {
  const pair = new Pair(1 << 22, true);
  const via = `;x=${"x".repeat(15_000)};branch=`;
  const text = request("OPTIONS", { call: "long", caller: `${STRANGER}:${PORT}` })
    .replace("/UDP", "/TCP")
    .replace(";branch=", via)
    .replace("Max-Forwards: 70", "Max-Forwards: 0");
  const bytes = Buffer.from(text, "latin1");
  const asks = (): boolean => pair.toWorker.push(RecordKind.framed, 1, 0, peer, 0, nobody, 0, bytes, 0, bytes.length);
  let [asked, answered] = [0, 0];
  // Nearly half of the ring, and then as many more as the other one holds.
  while (asked < 120 && asks()) asked++;
  pair.rig.pass(1);
  while (asks()) asked++;
  for (pair.rig.pass(1); !pair.toWorker.isEmpty || !pair.fromWorker.isEmpty; pair.rig.pass(1))
    answered += pair.catchesUp();
  assert.deepEqual([kindsOf(pair.rig.left), answered], [[], asked]);
});

/** What a call for which nobody is there is answered with. */
const NOBODY = { status: 404, reason: "", retryAfter: 0 };

for (const stateful of [true, false]) {
  test(`a ${stateful ? "" : "stateless "}call by UDP that finds no room on its way to TCP is answered 503, and none is lost`, () => {
    const action = { ...WITHOUT_TRANSACTIONS, stateful, noDestination: NOBODY };
    const pair = new Pair(1 << 17, true, { farTcp: true, stateful, destinations: 2, action });
    const left = Array.from({ length: 400 }, (_, i) => pair.rig.receive(request("INVITE", { call: `u${i}` }))).flat();
    const refused = left.filter(({ text }) => kind(text) === "503");
    assert.deepEqual(
      [left.length, refused.every(({ text }) => Number(header(text, "Retry-After")) > 0)],
      [refused.length, true],
    );
    const { live } = pair.rig.context;
    assert.ok(refused.length > 100 && refused.length < 400, `${refused.length} refused`);
    assert.deepEqual([live.failures(0), live.failures(1)], [0, 0]);
    // However many destinations it might have gone to, and for nothing else.
    const counts = (["stream_queue_full", "rejected_full", "rejected_no_destination"] as const).map((name) =>
      pair.rig.counter(name),
    );
    assert.deepEqual(counts, [refused.length, 0, 0]);
    assert.equal(pair.catchesUp(), 400 - refused.length);
    assert.deepEqual(pair.rig.receive(request("INVITE", { call: "later" })), []);
    assert.equal(pair.catchesUp(), 1);
  });
}

test("a call that finds no room on its way to TCP goes to a candidate that is reached otherwise", () => {
  const reshape = (snapshot: Snapshot): Snapshot => {
    snapshot.destinations[DESTINATION_WORDS + DestinationColumn.listener] = -1;
    snapshot.destinations[DESTINATION_WORDS + DestinationColumn.transport] = Transport.udp;
    return snapshot;
  };
  const pair = new Pair(1 << 17, true, { farTcp: true, algorithm: "priority", destinations: 2, reshape });
  const left = Array.from({ length: 400 }, (_, i) => pair.rig.receive(request("INVITE", { call: `u${i}` }))).flat();
  assert.deepEqual([...new Set(left.map(({ text, to }) => `${kind(text)} ${to}`))], [`INVITE ${destinationAt(1)}`]);
  assert.deepEqual([left.length + pair.catchesUp(), pair.rig.counter("stream_queue_full")], [400, left.length]);
});

test("a call by UDP to several over TCP at once of whom none can be reached for want of room is answered 503", () => {
  const action = { ...WITHOUT_TRANSACTIONS, stateful: true, noDestination: NOBODY };
  const fork = { algorithm: "parallel", maxBranches: 2, destinations: 2 };
  const pair = new Pair(1 << 17, true, { farTcp: true, action, ...fork });
  const left = Array.from({ length: 400 }, (_, i) => pair.rig.receive(request("INVITE", { call: `u${i}` }))).flat();
  assert.deepEqual([...new Set(kindsOf(left))], ["503"]);
  // The last one that was taken may have found room for one branch.
  const halves = pair.rig.counter("stream_queue_full") - left.length;
  assert.ok(halves === 0 || halves === 1, `${halves} calls with one branch`);
  assert.equal(pair.catchesUp(), 2 * (400 - left.length) - halves);
});

const LONG: RequestFields = { more: `X-Long: ${"x".repeat(9_000)}\r\n` };
const FROM_POOL: RequestFields = {
  ...LONG,
  uri: `sip:alice@${STRANGER}:${PORT};transport=tcp`,
  caller: destinationAt(0),
};
for (const { what, fields, options } of [
  { what: "to a set", fields: LONG, options: { farTcp: true } },
  {
    what: "to a set, with a limit",
    fields: LONG,
    options: { farTcp: true, overload: { newCalls: 10_000, burst: 5_000 } },
  },
  { what: "from the pool", fields: FROM_POOL, options: {} },
])
  test(`without transactions the copies of a call by UDP to TCP fare as the first one, whatever room there is [${what}]`, () => {
    const pair = new Pair(1 << 17, true, { stateful: false, ...options });
    const calls = Array.from({ length: 20 }, (_, i) => request("INVITE", { call: `u${i}`, ...fields }));
    const say = (some: readonly string[] = calls): string[][] =>
      some.map((text) => kindsOf(pair.rig.receive(text, fields.caller ?? CALLER)));
    const first = say();
    const taken = first.filter((left) => left.length === 0).length;
    assert.ok(taken > 4 && taken < 16, `${taken} taken`);
    assert.deepEqual(
      first,
      calls.map((_, i) => (i < taken ? [] : ["503"])),
    );
    assert.deepEqual(say(), first);
    assert.equal(pair.catchesUp(), taken);
    // With room again, those that were taken are passed on once more, the rest are still refused.
    assert.deepEqual([say(calls.slice(0, 4)), say(calls.slice(taken))], [first.slice(0, 4), first.slice(taken)]);
    assert.equal(pair.catchesUp(), 4);
    const { rig } = pair;
    assert.deepEqual([rig.counter("stream_queue_full"), rig.counter("retransmissions_absorbed")], [20 - taken, taken]);
  });
