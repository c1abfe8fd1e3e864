// Whatever happens, in whatever order: when time has passed, nothing is held any more and no load is counted.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { OUTSIDE, RECOUNT_SHIFT, RecountColumns } from "../bridge/recount.ts";
import { ACCOUNT_SHIFT } from "../bridge/resource-loads.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { CONTROL_WORDS, ControlWord } from "../bridge/worker-start.ts";
import { obeyMain } from "./orders.ts";
import { destinationAt, type Left, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const DAY = 2 * 3_600_000;
const CALLS = 4;
const DESTINATIONS = 3;
const METHODS = [
  "INVITE",
  "INVITE",
  "INVITE",
  "ACK",
  "CANCEL",
  "BYE",
  "UPDATE",
  "OPTIONS",
  "SUBSCRIBE",
  "PRACK",
] as const;
const STATUSES = [100, 180, 183, 200, 202, 302, 401, 404, 407, 408, 486, 487, 500, 503, 600];

const requested = fc.record({
  kind: fc.constant("request" as const),
  method: fc.constantFrom(...METHODS),
  call: fc.nat(CALLS - 1),
  cseq: fc.integer({ min: 1, max: 3 }),
  toTag: fc.constantFrom("", "", "t", "u"),
  route: fc.boolean(),
  fromPool: fc.constantFrom(false, false, false, true),
});
const answered = fc.record({
  kind: fc.constant("response" as const),
  which: fc.nat(40),
  status: fc.constantFrom(...STATUSES),
  session: fc.constantFrom("", "Session-Expires: 90\r\n", "x: 1800;refresher=uac\r\n"),
  tag: fc.constantFrom("t", "t", "u", "v"),
});
const refused = fc.record({ kind: fc.constant("refused" as const), which: fc.nat(40) });
const passed = fc.record({
  kind: fc.constant("time" as const),
  milliseconds: fc.constantFrom(10, 150, 600, 2100, 8000, 33_000, 182_000),
});
/** Mostly requests and answers: calls have to meet. */
const event = fc.oneof(
  { weight: 5, arbitrary: requested },
  { weight: 3, arbitrary: answered },
  { weight: 1, arbitrary: refused },
  { weight: 1, arbitrary: passed },
);
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

/** Requests of ours that a destination got, newest first. */
function atDestinations(left: readonly Left[]): Left[] {
  return left.filter(({ text }) => !text.startsWith("SIP/2.0 ") && kind(text) !== "ACK").reverse();
}

function play(rig: Rig, run: number, one: Event): void {
  const known = atDestinations(rig.left);
  if (one.kind === "time") rig.pass(one.milliseconds, one.milliseconds > 5000 ? 100 : 10);
  else if (one.kind === "request") {
    const invite = known.find(({ text }) => header(text, "Call-ID") === `${run}-${one.call}`);
    const recorded = invite === undefined ? "" : header(invite.text, "Record-Route");
    const more = one.route && recorded !== "" ? `Route: ${recorded}\r\n` : "";
    const { cseq, toTag } = one;
    const text = request(one.method, {
      call: `${run}-${one.call}`,
      cseq,
      toTag,
      more,
      branch: `${run}-${one.call}-${cseq}-${one.method === "CANCEL" || one.method === "ACK" ? "INVITE" : one.method}`,
    });
    rig.receive(text, one.fromPool ? destinationAt(0) : undefined);
  } else if (known.length > 0) {
    const to = known[one.which % known.length]!;
    if (one.kind === "refused") rig.refuse(to);
    else
      rig.receive(
        response(to.text, one.status, one.tag).replace("Content-Length", `${one.session}Content-Length`),
        to.to,
      );
  }
}

/** What is counted, of resources as well, is what transactions and dialogs hold. */
function assertNoDrift(rig: Rig): void {
  rig.context.live.resources.rows = DESTINATIONS;
  const control = new Int32Array(CONTROL_WORDS);
  control[ControlWord.recount] = 1 << RECOUNT_SHIFT;
  obeyMain(rig.context, control, 0);
  const { transactions, dialogs, held, resources } = new RecountColumns(rig.context.live.memory.recounts, 0, 1);
  for (const row of [0, 1, 2, OUTSIDE]) assert.equal(held[row], transactions[row]! + dialogs[row]!, `row ${row}`);
  const drifts = resources.subarray(0, DESTINATIONS << ACCOUNT_SHIFT);
  assert.ok(
    drifts.every((drift) => drift === 0),
    `resources, by account and number: ${drifts}`,
  );
}

/** Whether calls are counted there whether there is room or not: those of the pool, and answers of which we hear too late or twice. */
function isForced(one: Event): boolean {
  return one.kind === "request" ? one.fromPool : one.kind === "response" && one.status >= 200 && one.status < 300;
}

function loads(rig: Rig): number[] {
  return [0, 1, 2].map((slot) => rig.context.live.load(slot));
}

/** Every call takes one of both; the destinations have 2 and 4 of them each. */
function resources(snapshot: Snapshot): Snapshot {
  return {
    ...snapshot,
    resources: {
      stride: 2,
      accounts: Int32Array.of(0, 1, 2),
      capacities: Int32Array.of(2, 4, 2, 4, 2, 4),
      names: ["pstn", "transc"],
    },
    routes: [
      { ...snapshot.routes[0]!, fromSet: -2, senderResources: 0b01, action: { kind: "forward", stateful: true } },
      ...snapshot.routes.map((route) => ({ ...route, action: { ...route.action, resources: 0b11 } })),
    ],
  };
}

function inUse(rig: Rig): number[] {
  return [0, 1, 2].flatMap((account) => [0, 1].map((number) => rig.context.live.resourceLoad(account, number)));
}

for (const [title, options] of [
  ["round robin", { destinations: 3, failover: { codes: [500, 503] } }],
  ["failover after a provisional", { destinations: 3, failover: { codes: [500, 503, 600], afterProvisional: true } }],
  ["max_calls 1", { destinations: 1, maxCalls: 1 }],
  ["tables of three rows", { destinations: 3, transactions: 3, dialogs: 3 }],
  ["by hash of the call", { destinations: 3, algorithm: "hash-call-id" }],
  ["resources", { destinations: 3, algorithm: "load-balancer", failover: { codes: [500, 503] }, reshape: resources }],
] as const) {
  test(`everything is released in the end: ${title}`, { timeout: 60_000 }, () => {
    let run = 0;
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), (events) => {
        run++;
        const rig = new Rig(options);
        for (const one of events) {
          const before = loads(rig);
          play(rig, run, one);
          const negative = loads(rig).findIndex((load) => load < 0);
          assert.equal(negative, -1, `load of destination ${negative} is below zero`);
          assert.ok(
            inUse(rig).every((load) => load >= 0),
            `resources in use: ${inUse(rig)}`,
          );
          if ("maxCalls" in options && !isForced(one))
            assert.ok(
              loads(rig).every((load, slot) => load <= Math.max(before[slot]!, options.maxCalls)),
              `max_calls ${options.maxCalls}: ${before}, then ${loads(rig)}`,
            );
        }
        assertNoDrift(rig);
        rig.pass(300_000, 100);
        rig.pass(DAY, 60_000);
        assert.equal(rig.held(), "");
        assert.deepEqual(inUse(rig), [0, 0, 0, 0, 0, 0]);
      }),
      { numRuns: runs(60) },
    );
  });
}
