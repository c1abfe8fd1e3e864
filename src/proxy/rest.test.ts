import assert from "node:assert/strict";
import { test } from "node:test";
import { type DispatchAction, type RouteEntry, routeOfAll } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { hashEndpoint, parseEndpoint } from "../net/endpoint.ts";
import { WITHOUT_TRANSACTIONS } from "./action-fake.ts";
import { destinationAt, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

/** A 503 with these lines to what left. */
function busy(text: string, lines: string): string {
  return response(text, 503).replace("Content-Length", `${lines}Content-Length`);
}

/** Where each of `count` new calls goes. */
function places(rig: Rig, count: number): string[] {
  return Array.from({ length: count }, () => {
    const left = rig.receive(request("INVITE", { call: `n${rig.left.length}` }));
    return left.map(({ text, to }) => (kind(text) === "INVITE" ? to : kind(text))).join();
  });
}

const there = (rig: Rig): string[] => [...new Set(places(rig, 6))].sort();

test("a destination that answers 503 with Retry-After gets no new requests; its calls go on, and so does the one it refused", () => {
  const rig = new Rig({ destinations: 2, failover: { codes: [503] } });
  const [sent] = rig.receive(request("INVITE", { call: "a" }));
  const [ok] = rig.receive(response(sent!.text, 200), sent!.to);
  assert.equal(sent!.to, destinationAt(0));
  places(rig, 1);
  const [next] = rig.receive(request("INVITE", { call: "b" }));
  assert.equal(next!.to, destinationAt(0));
  const moved = rig.receive(busy(next!.text, "Retry-After: 30\r\n"), next!.to);
  assert.deepEqual(
    moved.map(({ text, to }) => `${kind(text)} ${to}`),
    [`ACK ${next!.to}`, `INVITE ${destinationAt(1)}`],
  );
  assert.deepEqual(there(rig), [destinationAt(1)]);
  const inside = { call: "a", toTag: "t", cseq: 2, more: `Route: ${header(ok!.text, "Record-Route")}\r\n` };
  assert.equal(rig.receive(request("BYE", inside))[0]!.to, destinationAt(0));
  rig.context.live.wake(0);
  assert.deepEqual(there(rig), [destinationAt(0), destinationAt(1)]);
});

test("the last usable destination of a set gets no rest: one caller's 503 does not silence all", () => {
  const rig = new Rig({ destinations: 2 });
  for (const call of ["b", "c"]) {
    const [sent] = rig.receive(request("INVITE", { call }));
    rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), sent!.to);
  }
  assert.deepEqual(there(rig), [destinationAt(1)]);
});

test("Retry-After is read as RFC 3261 20.33 writes it, and only where it says a time", () => {
  const rests = (lines: string, cap = 60_000, status = 503): boolean => {
    const rig = new Rig({ destinations: 2, failover: { retryAfterCap: cap } });
    const [sent] = rig.receive(request("INVITE", { call: "x" }));
    rig.receive(busy(sent!.text, lines).replace("SIP/2.0 503", `SIP/2.0 ${status}`), sent!.to);
    return rig.context.live.isResting(0);
  };
  for (const value of ["1", "18000;duration=3600", "120 (I'm in a meeting)", "120(x)", "99999999999999999999", "  7  "])
    assert.equal(rests(`Retry-After: ${value}\r\n`), true, value);
  for (const value of ["0", "", "soon", "-5", "5x", "Fri, 26 Sep 1997 12:00:00 GMT", "0x10"])
    assert.equal(rests(`Retry-After: ${value}\r\n`), false, value);
  assert.equal(rests(""), false);
  assert.equal(rests("Retry-After: 30\r\n", 0), false);
  assert.equal(rests("Retry-After: 30\r\n", 60_000, 486), false);
  assert.equal(rests("Retry-After: 30\r\n", 60_000, 500), false);
});

test("nobody puts a destination to rest by guessing: another branch, another nonce, no branch of ours", () => {
  const rig = new Rig({ destinations: 2 });
  const [sent] = rig.receive(request("INVITE", { call: "x" }));
  const answer = busy(sent!.text, "Retry-After: 3600\r\n");
  const branch = /branch=z9hG4bK([^;\r]+)/.exec(answer)![1]!;
  // Worker and row, and the nonce; what follows is not ours to check.
  for (let at = 1; at <= 16; at++) {
    const other = `${branch.slice(0, at)}${branch[at] === "0" ? "1" : "0"}${branch.slice(at + 1)}`;
    rig.receive(answer.replace(branch, other), sent!.to);
  }
  rig.receive(answer.replace(branch, "whatever"), sent!.to);
  assert.equal(rig.context.live.isResting(0), false);
  rig.receive(answer, sent!.to);
  assert.equal(rig.context.live.isResting(0), true);
});

test("nobody behind a destination puts it to rest by answering past it; the destination does, from any port, and who is trusted", () => {
  for (const [from, trusted, rests] of [
    ["198.51.100.9:5060", [], false],
    ["198.51.100.9:5060", ["198.51.100.9"], true],
    [destinationAt(0), [], true],
    [destinationAt(0).replace(":5060", ":40000"), [], true],
  ] as const) {
    const rig = new Rig({ destinations: 2, trusted });
    const [sent] = rig.receive(request("INVITE", { call: "x" }));
    assert.equal(sent!.to, destinationAt(0));
    rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), from);
    assert.equal(rig.context.live.isResting(0), rests, from);
  }
});

test("without transactions a destination's Retry-After counts as well", () => {
  const rig = new Rig({
    destinations: 2,
    stateful: false,
    action: WITHOUT_TRANSACTIONS,
  });
  const [sent] = rig.receive(request("INVITE", { call: "x" }));
  rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), sent!.to);
  assert.equal(rig.context.live.isResting(0), true);
});

/** As many sets as `addresses`, with one destination each, whose address ends so; one route for each list of sets. */
function oneInEach(
  addresses: readonly number[],
  routes: readonly (readonly number[])[],
  options: RigOptions = {},
): Rig {
  const reshape = (snapshot: Snapshot): Snapshot => {
    const { destinations, endpoints } = snapshot;
    const base = snapshot.sets[0]!;
    endpoints.fill(0);
    const sets = addresses.map((address, index) => {
      const row = index * DESTINATION_WORDS;
      parseEndpoint(`192.0.2.${address}`, 5060, destinations, row);
      destinations[row + DestinationColumn.set] = index;
      let place = hashEndpoint(destinations, row) & (endpoints.length - 1);
      while (endpoints[place] !== 0) place = (place + 1) & (endpoints.length - 1);
      endpoints[place] = index + 1;
      return { ...base, index, name: `set-${index}`, slots: base.slots.subarray(index, index + 1) };
    });
    const action = snapshot.routes[0]!.action as DispatchAction;
    const entries = routes.map(([set, ...others], at): RouteEntry => {
      return {
        ...routeOfAll(`route-${at}`, { ...action, set: set!, others }),
        methods: at === 0 ? [] : [Buffer.from("FOO")],
      };
    });
    return { ...snapshot, sets, routes: entries };
  };
  return new Rig({ destinations: addresses.length, ...options, reshape });
}

/** Whether the only destination of the first set rests after a call by the first route that it refused so. */
function restsByRoute(rig: Rig): boolean {
  const [sent] = rig.receive(request("INVITE", { call: "x" }));
  assert.equal(sent!.to, destinationAt(0));
  rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), sent!.to);
  return rig.context.live.isResting(0);
}

test("the only destination of a set rests where each route to it leads to another set that has somebody", () => {
  const rig = oneInEach([101, 102], [[0, 1]]);
  assert.equal(restsByRoute(rig), true);
  assert.deepEqual(there(rig), [destinationAt(1)]);
  const [sent] = rig.receive(request("INVITE", { call: "last" }));
  rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), sent!.to);
  assert.equal(rig.context.live.isResting(1), false, "the last one of the route");
  assert.equal(
    restsByRoute(
      oneInEach(
        [101, 102, 103],
        [
          [0, 1],
          [2, 0],
          [2, 1],
        ],
      ),
    ),
    true,
  );
});

test("it does not rest where another route has nobody else: one caller's 503 does not silence that", () => {
  assert.equal(restsByRoute(oneInEach([101, 102], [[0, 1], [0]])), false);
  assert.equal(restsByRoute(oneInEach([101], [[0]])), false);
  const rig = oneInEach(
    [101, 102, 103],
    [
      [0, 1],
      [2, 0],
    ],
  );
  rig.context.live.rest(2);
  assert.equal(restsByRoute(rig), false);
});

test("without transactions a server rests in whichever set it is", () => {
  const rig = oneInEach(
    [101, 101, 102],
    [
      [1, 2],
      [0, 2],
    ],
    { stateful: false, action: WITHOUT_TRANSACTIONS },
  );
  const [sent] = rig.receive(request("INVITE", { call: "x" }));
  assert.equal(sent!.to, destinationAt(0));
  rig.receive(busy(sent!.text, "Retry-After: 30\r\n"), sent!.to);
  const { live } = rig.context;
  assert.deepEqual([live.isResting(0), live.isResting(1), live.isResting(2)], [true, true, false]);
});
