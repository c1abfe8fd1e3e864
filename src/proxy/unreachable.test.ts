import assert from "node:assert/strict";
import { test } from "node:test";
import { createCountersMemory } from "../bridge/counters.ts";
import { createRingMemory, RecordKind, Ring } from "../bridge/handoff.ts";
import { createLiveTablesMemory } from "../bridge/live-memory.ts";
import { createSourceMemory } from "../bridge/source-memory.ts";
import { CONTROL_WORDS } from "../bridge/worker-start.ts";
import { parseEndpoint } from "../net/endpoint.ts";
import { Adopted } from "./adopted.ts";
import { Context } from "./context.ts";
import { Loop } from "./loop.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";
import { SilentPlane } from "./silent-plane.ts";
import { syntheticSnapshot } from "./synthetic-snapshot.ts";

const WORKERS = 2;

/** Two workers that share everything but a thread. */
function pair() {
  const snapshot = syntheticSnapshot(true);
  const control = new SharedArrayBuffer(WORKERS * CONTROL_WORDS * 4);
  const words = new Int32Array(control);
  const live = createLiveTablesMemory(WORKERS);
  const counters = createCountersMemory(WORKERS);
  const sources = createSourceMemory(64);
  const between = [createRingMemory(1 << 18), createRingMemory(1 << 18)];
  const woken: number[] = [];
  const workers = [0, 1].map((index) => {
    words[index * CONTROL_WORDS] = snapshot.generation;
    const plane = new SilentPlane();
    const limits = { transactions: 1024, dialogs: 1024, messageBytes: 1 << 24 };
    const start = {
      index,
      workers: WORKERS,
      io: "batched",
      sockets: [],
      bells: [],
      coalesces: false,
      control,
      live,
      counters,
      sources,
    } as const;
    const context = new Context(
      { ...start, priority: null, rings: [], streams: null, snapshot, limits, receiveBuffer: 0, seed: [1, 2] },
      plane.outbox,
      new Ring(createRingMemory(1 << 16)),
      new Adopted(snapshot),
      0,
    );
    const outgoing = [0, 1].map((to) => (to === index ? null : new Ring(between[to]!)));
    const loop = new Loop(context, plane, {
      incoming: [new Ring(between[index]!)],
      streams: null,
      outgoing,
      control: words,
      now: () => 0,
      wake: (thread) => void woken.push(thread),
      adopt() {},
    });
    return { plane, loop, context };
  });
  return { workers, woken, between };
}

function receive({ plane, loop }: ReturnType<typeof pair>["workers"][number], text: string): string {
  const { inbox, outbox, sent } = plane;
  inbox.end[0] = inbox.start[0]! + inbox.bytes.write(text, inbox.start[0]!, "latin1");
  parseEndpoint("192.0.2.3", 5060, inbox.peer, 0);
  loop.receive(1);
  outbox.flush();
  return sent.at(-1)?.bytes.toString("latin1") ?? "";
}

const invite = (call: number) =>
  `INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.3:5060;branch=z9hG4bK${call}\r\nMax-Forwards: 70\r\n` +
  `From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${call}\r\nCSeq: 1 INVITE\r\n` +
  "Contact: <sip:alice@192.0.2.3>\r\nContent-Length: 0\r\n\r\n";

test("what the network refused is told to the worker that sent it, whichever socket hears of it", () => {
  const { workers, woken } = pair();
  const [owner, other] = [workers[0]!, workers[1]!];
  let forwarded = "";
  for (let call = 1; !forwarded.startsWith("INVITE"); call++) forwarded = receive(owner, invite(call));
  const bytes = Buffer.from(forwarded, "latin1");
  other.loop.unreachable(bytes, 0, bytes.length, new Int32Array(6), 0);
  other.loop.tick();
  assert.ok(woken.includes(0));
  owner.loop.tick();
  owner.plane.outbox.flush();
  assert.match(owner.plane.sent.at(-1)!.bytes.toString("latin1"), /^SIP\/2\.0 5\d\d /);
  assert.equal(other.plane.sent.length, 0);
});

test("a report about nothing of ours is nobody's business", () => {
  const { workers, between } = pair();
  for (const text of [
    "",
    "z9hG4bK",
    `OPTIONS sip:x SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK${"f".repeat(40)}\r\n\r\n`,
  ]) {
    const bytes = Buffer.from(text);
    for (const { loop } of workers) loop.unreachable(bytes, 0, bytes.length, new Int32Array(6), 0);
  }
  assert.ok(between.every((memory) => new Ring(memory).isEmpty));
});

test("a worker does not read again what killed the one before it", () => {
  const memory = createRingMemory(1 << 16);
  const producer = new Ring(memory);
  const peer = new Int32Array(6);
  const push = (text: string) => {
    const bytes = Buffer.from(text);
    return producer.push(RecordKind.datagram, 0, 0, peer, 0, peer, 0, bytes, 0, bytes.length);
  };
  assert.ok(push("deadly") && push("harmless"));
  assert.ok(new Ring(memory).next());
  const { workers } = pair();
  const { context, plane } = workers[0]!;
  const incoming = new Ring(memory);
  const around = { streams: null, outgoing: [], control: new Int32Array(64), now: () => 0, wake() {}, adopt() {} };
  new Loop(context, plane, { ...around, incoming: [incoming] });
  assert.ok(incoming.next());
  assert.equal(incoming.bytes.toString("latin1", incoming.start, incoming.end), "harmless");
});

test("that we have no room for a connection moves the request on, and is not held against its destination", () => {
  for (const isOurs of [true, false]) {
    const rig = new Rig({ destinations: 1 });
    const [first] = rig.receive(request("INVITE"));
    assert.match(rig.refuse(first!, isOurs).at(-1)!.text, /^SIP\/2\.0 500 /);
    assert.equal(rig.context.live.failures(0), isOurs ? 0 : 1);
  }
});

test("what a caller wrote before our Via does not hide that its destination is gone", () => {
  const fake = "z9hG4bKs00000001000000010000000000000000".slice(0, 32);
  const plain = request("INVITE");
  const tricks = [
    plain.replace("sip:bob@example.com SIP", "sip:bob@example.com;branch=z9hG4bK SIP"),
    plain.replace("sip:bob@example.com SIP", `sip:bob@example.com;branch=${fake} SIP`),
    plain.replace("Via:", `Subject: Via: SIP/2.0/UDP 192.0.2.1;branch=${fake}\r\nVia:`),
    plain.replace("Via:", `Subject: x\r\n Via: SIP/2.0/UDP 192.0.2.1;branch=${fake}\r\nVia:`),
    plain.replace("Via:", `X-Via: SIP/2.0/UDP 192.0.2.1;branch=${fake}\r\nVia:`),
    plain.replace("Via:", `Record-Route: <sip:192.0.2.9;lr;branch=${fake}>\r\nVia:`),
  ];
  for (const [i, text] of tricks.entries()) {
    const rig = new Rig({ destinations: 2 });
    const [first] = rig.receive(text);
    const moved = rig.refuse(first!);
    assert.deepEqual([moved.length, kind(moved[0]?.text ?? "")], [1, "INVITE"], `trick ${i}: ${first!.text}`);
    assert.notEqual(moved[0]!.to, first!.to);
  }
});

test("a quotation that ends before or within our branch, or holds no Via of ours, is nobody's", () => {
  const rig = new Rig({ destinations: 2 });
  const [first] = rig.receive(request("INVITE"));
  const { text, to } = first!;
  const end = text.indexOf(";branch=z9hG4bK") + ";branch=z9hG4bK".length + 25;
  for (let length = 0; length < end; length++)
    assert.deepEqual(rig.refuse({ text: text.slice(0, length), to, at: 0 }), []);
  assert.deepEqual(rig.refuse({ text: `SUBJECT ${text.slice(end - 33, end)}`, to, at: 0 }), []);
  assert.equal(rig.refuse({ text: text.slice(0, end), to, at: 0 }).length, 1);
});
