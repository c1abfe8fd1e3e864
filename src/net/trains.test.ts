// Which datagrams go together, and that nobody's order suffers from it.
import assert from "node:assert/strict";
import { test } from "node:test";

import { fc, runs } from "../../test/kit/property.ts";
import { Outbox } from "./batch.ts";
import { ENDPOINT_WORDS, parseEndpoint } from "./endpoint.ts";
import { RefusedPeers } from "./refused-peers.ts";
import { Trains } from "./trains.ts";

interface Datagram {
  readonly port: number;
  readonly length: number;
  readonly call: number;
  readonly method?: string;
}

const LONGEST = 1_472;

function outboxOf(datagrams: readonly Datagram[]): Outbox {
  const outbox = new Outbox(() => assert.fail("nothing is sent here"));
  const peer = new Int32Array(ENDPOINT_WORDS);
  for (const { port, length, call, method = "INVITE" } of datagrams) {
    assert.ok(parseEndpoint("127.0.0.1", port, peer, 0));
    outbox.bytes.write(method, outbox.claim(), "latin1");
    outbox.currentCall = call;
    outbox.commit(length, 0, peer, 0);
  }
  return outbox;
}

/** Trains as lists of datagrams, by their place in the outbox. */
function sorted(datagrams: readonly Datagram[], trains = new Trains(256), from = 0): number[][] {
  trains.sort(outboxOf(datagrams), from, datagrams.length, LONGEST);
  const lists: number[][] = Array.from({ length: trains.count }, () => []);
  for (let i = from; i < datagrams.length; i++) lists[trains.trainOf[i]!]!.push(i);
  for (const [train, list] of lists.entries()) {
    assert.equal(list[0], trains.first[train]);
    assert.equal(list.length, trains.members[train]);
  }
  return lists;
}

test("datagrams of one length for one peer go together, whoever stands between them", () => {
  const list = [500, 300, 500, 300, 500].map((length, i) => ({ port: 5060, length, call: i + 1 }));
  assert.deepEqual(sorted(list), [
    [0, 2, 4],
    [1, 3],
  ]);
});

test("another port, another length, or one byte too many for an Ethernet packet is another train", () => {
  const list = [
    { port: 5060, length: 500, call: 1 },
    { port: 5061, length: 500, call: 2 },
    { port: 5060, length: 501, call: 3 },
    { port: 5060, length: LONGEST + 1, call: 4 },
    { port: 5060, length: LONGEST + 1, call: 5 },
    { port: 5060, length: LONGEST, call: 6 },
    { port: 5060, length: LONGEST, call: 7 },
  ];
  assert.deepEqual(sorted(list), [[0], [1], [2], [3], [4], [5, 6]]);
});

test("a BYE goes with no INVITE", () => {
  const list = ["INVITE", "BYE sip:", "INVITE", "BYE sip:"].map((method, i) => ({
    port: 5060,
    length: 300,
    call: i + 1,
    method,
  }));
  assert.deepEqual(sorted(list), [
    [0, 2],
    [1, 3],
  ]);
});

test("a call's ACK leaves before its BYE, though the BYE would fit a train that goes earlier", () => {
  const list = [
    { port: 5060, length: 400, call: 1 },
    { port: 5060, length: 390, call: 2 },
    { port: 5060, length: 400, call: 2 },
    { port: 5060, length: 400, call: 3 },
  ];
  assert.deepEqual(sorted(list), [[0], [1], [2, 3]]);
});

test("nothing passes what belongs to an unknown call, and that passes nothing", () => {
  const list = [
    { port: 5060, length: 400, call: 1 },
    { port: 5060, length: 300, call: 0 },
    { port: 5060, length: 400, call: 2 },
    { port: 5060, length: 400, call: 0 },
    { port: 5060, length: 300, call: 3 },
  ];
  assert.deepEqual(sorted(list), [[0], [1], [2, 3], [4]]);
});

test("a train has 64 datagrams and 60,000 bytes at most", () => {
  const of = (length: number, count: number): number[] =>
    sorted(Array.from({ length: count }, (_, i) => ({ port: 5060, length, call: i + 1 }))).map((list) => list.length);
  assert.deepEqual(of(100, 150), [64, 64, 22]);
  assert.deepEqual(of(1_400, 100), [42, 42, 16]);
});

test("who was refused something gets nothing in trains for a thousand crowds, whoever else was refused meanwhile", () => {
  const refused = new RefusedPeers();
  const trains = new Trains(256, refused);
  const list = [5060, 5060, 5061, 5061].map((port, i) => ({ port, length: 300, call: i + 1 }));
  const peer = new Int32Array(ENDPOINT_WORDS);
  const refuse = (port: number): void => {
    assert.ok(parseEndpoint("127.0.0.1", port, peer, 0));
    refused.add(peer, 0);
  };
  refuse(5060);
  const together = [
    [0, 1],
    [2, 3],
  ];
  const apart = [[0], [1], [2, 3]];
  for (let i = 0; i < 999; i++) assert.deepEqual(sorted(list, trains), apart);
  // Strangers' ports keep nobody else out of trains, however many there are.
  for (let port = 10_000; port < 30_000; port++) refuse(port);
  refuse(5060);
  assert.deepEqual(sorted(list, trains), apart);
  for (let i = 0; i < 998; i++) sorted(list, trains);
  assert.deepEqual(sorted(list, trains), together);
});

test("whatever is sorted, in whatever order: everything leaves once, and each call keeps its order", () => {
  const trains = new Trains(256);
  const datagram = fc.record({
    port: fc.integer({ min: 5060, max: 5062 }),
    length: fc.constantFrom(0, 300, 301, 400, 1_472, 1_500),
    call: fc.integer({ min: 0, max: 600 }),
  });
  fc.assert(
    fc.property(fc.array(datagram, { maxLength: 200 }), fc.nat({ max: 20 }), (list, from) => {
      const start = Math.min(from, list.length);
      const lists = sorted(list, trains, start);
      const order = lists.flat();
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        list.map((_, i) => i).slice(start),
      );
      const leavesAt = new Map(order.map((i, at) => [i, at]));
      for (const [i, one] of list.entries()) {
        for (let k = i + 1; i >= start && k < list.length; k++) {
          const other = list[k]!;
          if (one.call !== 0 && other.call !== 0 && one.call !== other.call) continue;
          assert.ok(leavesAt.get(i)! < leavesAt.get(k)!, `${i} before ${k}`);
        }
      }
      for (const train of lists) {
        assert.equal(new Set(train.map((i) => `${list[i]!.port} ${list[i]!.length}`)).size, 1);
      }
    }),
    { numRuns: runs(300) },
  );
});

test("seventy thousand sorts later it still forgets what it sorted before", () => {
  const trains = new Trains(256);
  const one = outboxOf([{ port: 5060, length: 300, call: 1 }]);
  for (let i = 0; i < 70_000; i++) {
    trains.sort(one, 0, 1, LONGEST);
    assert.equal(trains.count, 1);
  }
  assert.deepEqual(sorted([{ port: 5060, length: 300, call: 7 }], trains), [[0]]);
});
