// What calls take of named resources: where they are tried, all or none, until they are over.
import assert from "node:assert/strict";
import { test } from "node:test";
import { RECOUNT_SHIFT, RecountColumns, RecountWish } from "../bridge/recount.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { PLAIN_RULE } from "../dispatch/resources.ts";
import type { ResourceRule } from "../dispatch/types.ts";
import { obeyMain } from "./orders.ts";
import { destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

/** Capacities of each destination, by resource; what calls need; options of the set. */
function withResources(
  capacities: readonly (readonly number[])[],
  needed: number,
  rule: Partial<ResourceRule> = {},
  accounts = capacities.map((_, slot) => slot),
): NonNullable<RigOptions["reshape"]> {
  const stride = capacities[0]!.length;
  return (snapshot): Snapshot => ({
    ...snapshot,
    resources: {
      stride,
      accounts: Int32Array.from(accounts),
      capacities: Int32Array.from(capacities.flat()),
      names: capacities[0]!.map((_, number) => `r${number}`),
    },
    sets: snapshot.sets.map((set) => ({ ...set, rule: { ...PLAIN_RULE, ...rule } })),
    routes: snapshot.routes.map((route) =>
      route.action.kind === "dispatch" ? { ...route, action: { ...route.action, resources: needed } } : route,
    ),
  });
}

function rigOf(reshape: NonNullable<RigOptions["reshape"]>, destinations: number, more: RigOptions = {}): Rig {
  return new Rig({ destinations, algorithm: "load-balancer", failover: { codes: [503] }, reshape, ...more });
}

function loads(rig: Rig, destinations: number, resource = 0): number[] {
  return Array.from({ length: destinations }, (_, account) => rig.context.live.resourceLoad(account, resource));
}

/** Where the INVITE of a new call went: the last digit of the address, or the answer. */
function call(rig: Rig, id: string): { readonly at: string; readonly sent: Left } {
  const left = rig.receive(request("INVITE", { call: id }));
  const sent = left.find(({ text }) => kind(text) === "INVITE") ?? left[0]!;
  return { at: kind(sent.text) === "INVITE" ? sent.to.slice(10, 11) : kind(sent.text), sent };
}

function hangUp(rig: Rig, id: string, invite: Left): void {
  const more = `Route: ${header(invite.text, "Record-Route")}\r\n`;
  const [bye] = rig.receive(request("BYE", { call: id, cseq: 2, toTag: "t", more }));
  rig.receive(response(bye!.text, 200), bye!.to);
}

test("calls go where most is free of what is scarcest, and a call that is over makes room", () => {
  const rig = rigOf(
    withResources(
      [
        [2, 9],
        [1, 9],
      ],
      0b11,
    ),
    2,
  );
  const first = call(rig, "1");
  rig.receive(response(first.sent.text, 200), first.sent.to);
  assert.deepEqual([first.at, call(rig, "2").at, call(rig, "3").at, call(rig, "4").at], ["1", "1", "2", "503"]);
  assert.equal(rig.counter("rejected_full"), 1);
  assert.equal(rig.counter("rejected_no_destination"), 0);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [2, 1],
      [2, 1],
    ],
  );
  hangUp(rig, "1", first.sent);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [1, 1],
      [1, 1],
    ],
  );
  assert.equal(call(rig, "5").at, "1");
});

test("a destination without one of the resources is never asked; with none left of any, nobody is", () => {
  const rig = rigOf(
    withResources(
      [
        [50, -1],
        [1, 1],
      ],
      0b11,
    ),
    2,
  );
  assert.deepEqual([call(rig, "1").at, call(rig, "2").at], ["2", "503"]);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [0, 1],
      [0, 1],
    ],
  );
  rig.context.live.setState(0, 2);
  rig.context.live.setState(1, 2);
  assert.equal(call(rig, "3").at, "503");
  assert.equal(rig.counter("rejected_no_destination"), 1);
});

test("at failover who failed gives back, and the next is who has most room then, among all that were not tried", () => {
  const rig = rigOf(withResources([[9], [8], [7]], 1), 3);
  const { at, sent } = call(rig, "1");
  assert.equal(at, "1");
  // Meanwhile the second one gets busy.
  for (let i = 0; i < 5; i++) rig.context.live.resources.force(0, 1, 1);
  const left = rig.receive(response(sent.text, 503), sent.to);
  const next = left.find(({ text }) => kind(text) === "INVITE")!;
  assert.equal(next.to.slice(10, 11), "3");
  assert.deepEqual(loads(rig, 3), [0, 5, 1]);
  const last = rig.receive(response(next.text, 503), next.to).find(({ text }) => kind(text) === "INVITE")!;
  assert.equal(last.to.slice(10, 11), "2");
  rig.receive(response(last.text, 486), last.to);
  assert.deepEqual(loads(rig, 3), [0, 5, 0]);
});

test("at failover, after whichever answer, who was full when the call came is asked, too, if he has room then", () => {
  for (const status of [500, 503]) {
    const rig = rigOf(withResources([[1], [1]], 1), 2, { failover: { codes: [500, 503] } });
    const [first, second] = [call(rig, "1"), call(rig, "2")];
    assert.deepEqual([first.at, second.at], ["1", "2"]);
    rig.receive(response(first.sent.text, 486), first.sent.to);
    const [moved] = rig
      .receive(response(second.sent.text, status), second.sent.to)
      .filter(({ text }) => kind(text) === "INVITE");
    assert.equal(moved?.to.slice(10, 11), "1", `after ${status}`);
    assert.deepEqual(loads(rig, 2), [1, 0]);
    // Nobody is left who was not asked.
    const left = rig.receive(response(moved!.text, status), moved!.to);
    assert.deepEqual(
      left.map(({ text }) => kind(text)),
      ["ACK", "500"],
    );
    assert.deepEqual(loads(rig, 2), [0, 0]);
  }
});

test("with overbook who is full is taken when nobody has room; loads are told as they are", () => {
  const rig = rigOf(withResources([[1], [1]], 1, { mayOverbook: true }), 2);
  const went = ["1", "2", "3", "4", "5"].map((id) => call(rig, id).at);
  assert.deepEqual(went, ["1", "2", "1", "2", "1"]);
  assert.deepEqual(loads(rig, 2), [3, 2]);
});

test("a server that stands in two places has its lines once", () => {
  const rig = rigOf(withResources([[2], [2], [1]], 1, {}, [0, 0, 2]), 3);
  assert.deepEqual(
    ["1", "2", "3", "4"].map((id) => call(rig, id).at),
    ["1", "1", "3", "503"],
  );
});

test("requests that are no calls take nothing, and get through when all lines are busy", () => {
  const rig = rigOf(withResources([[1], [2]], 1), 2);
  for (const id of ["1", "2", "3"]) call(rig, id);
  assert.equal(call(rig, "4").at, "503");
  const [message] = rig.receive(request("MESSAGE", { call: "5" }));
  assert.equal(kind(message!.text), "MESSAGE");
  assert.deepEqual(loads(rig, 2), [1, 2]);
});

test("under any other algorithm the lines are counted and kept to all the same", () => {
  const rig = rigOf(withResources([[1], [2]], 1), 2, { algorithm: "round-robin" });
  assert.deepEqual(
    ["1", "2", "3", "4"].map((id) => call(rig, id).at),
    ["1", "2", "2", "503"],
  );
  assert.deepEqual([rig.context.live.load(0), rig.context.live.load(1)], [1, 2]);
});

test("max_calls counts beside them: who has reached it has no room", () => {
  const rig = rigOf(withResources([[9], [9]], 1), 2, { maxCalls: 1 });
  assert.deepEqual(
    ["1", "2", "3"].map((id) => call(rig, id).at),
    ["1", "2", "503"],
  );
  assert.deepEqual(loads(rig, 2), [1, 1]);
});

test("a recount finds what calls hold of each resource, and mends what was counted besides", () => {
  const rig = rigOf(
    withResources(
      [
        [5, 5],
        [4, 4],
      ],
      0b11,
    ),
    2,
  );
  const { live } = rig.context;
  live.resources.rows = 2;
  const [talking, ringing] = [call(rig, "1"), call(rig, "2")];
  assert.deepEqual([talking.at, ringing.at], ["1", "1"]);
  rig.receive(response(talking.sent.text, 200), talking.sent.to);
  const drifts = (wishes: number) => {
    const control = new Int32Array(CONTROL_WORDS);
    control[ControlWord.recount] = (1 << RECOUNT_SHIFT) | wishes;
    obeyMain(rig.context, control, 0);
    const { resources } = new RecountColumns(live.memory.recounts, 0, 1);
    return [resources[0], resources[1], resources[32], resources[33]];
  };
  assert.deepEqual(drifts(0), [0, 0, 0, 0]);
  live.resources.force(0, 0, 0b01);
  live.resources.force(0, 1, 0b11);
  assert.deepEqual(drifts(0), [1, 0, 1, 1]);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [3, 1],
      [2, 1],
    ],
  );
  assert.deepEqual(drifts(RecountWish.repair), [1, 0, 1, 1]);
  assert.deepEqual(drifts(0), [0, 0, 0, 0]);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [2, 0],
      [2, 0],
    ],
  );
  hangUp(rig, "1", talking.sent);
  rig.receive(response(ringing.sent.text, 486), ringing.sent.to);
  assert.deepEqual(
    [loads(rig, 2), loads(rig, 2, 1)],
    [
      [0, 0],
      [0, 0],
    ],
  );
});

test("a call that a gateway makes takes its lines, there or not, until it is over; who only passes through takes none", () => {
  const plain = withResources([[2], [5]], 1);
  const fromPool = (snapshot: Snapshot): Snapshot => {
    const base = plain(snapshot);
    const own = {
      ...base.routes[0]!,
      fromSet: 0,
      senderResources: 1,
      action: { kind: "forward", stateful: true } as const,
    };
    return { ...base, routes: [own, ...base.routes] };
  };
  const rig = rigOf(fromPool, 2);
  const out = (id: string, method = "INVITE", more = {}) =>
    rig.receive(request(method, { call: id, uri: "sip:bob@192.0.2.50", ...more }), destinationAt(0));
  const [talking] = out("1");
  rig.receive(response(talking!.text, 200), talking!.to);
  const [ringing] = out("2");
  out("2");
  assert.deepEqual([loads(rig, 2), rig.context.callsOutside], [[2, 0], 2]);
  // Its two lines are busy: calls towards it go elsewhere. One more of its own is there all the same.
  assert.equal(call(rig, "3").at, "2");
  const [third] = out("4");
  assert.deepEqual(loads(rig, 2), [3, 1]);
  rig.receive(response(third!.text, 486), third!.to);
  assert.deepEqual(loads(rig, 2), [2, 1]);
  out("2", "CANCEL");
  rig.receive(response(ringing!.text, 487), ringing!.to);
  assert.deepEqual(loads(rig, 2), [1, 1]);
  const more = `Route: ${header(talking!.text, "Record-Route")}\r\n`;
  const [bye] = out("1", "BYE", { cseq: 2, toTag: "t", more });
  rig.receive(response(bye!.text, 200), bye!.to);
  assert.deepEqual(loads(rig, 2), [0, 1]);
  out("5", "MESSAGE");
  assert.deepEqual(loads(rig, 2), [0, 1]);
});
