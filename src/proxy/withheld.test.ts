// Protected headers of a stranger steer nothing: to conditions, keys and templates it is as if they were not there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { FIRST_EXPRESSION } from "../bridge/key-expression.ts";
import type { DispatchAction, RouteEntry } from "../bridge/route-entry.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { automatonOfTexts } from "../config/patterns/automaton.ts";
import { compileExpression } from "../control/compile-keys.ts";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const POOL = "192.0.2.101:5060";
const TRUSTED = "192.0.2.4:5060";
const LISTED = ["P-Asserted-Identity", "X-Account", "Referred-By", "Subject"];
/** How a header stands in the message, and how it is asked for. */
const FORMS = [
  ["P-Asserted-Identity", "P-Asserted-Identity"],
  ["p-asserted-IDENTITY ", "p-asserted-identity"],
  ["X-Account", "X-ACCOUNT"],
  ["b", "Referred-By"],
  ["Referred-By", "b"],
  ["Subject", "s"],
] as const;

/** Before the usual route, one that refuses what has this text; `isNot`: what does not have it. */
function barring(name: string, isNot: boolean): (snapshot: Snapshot) => Snapshot {
  const match = [{ of: compileExpression(`{header:${name}}`), automaton: automatonOfTexts(["vip"], false), isNot }];
  const bar = (route: RouteEntry): RouteEntry => ({
    ...route,
    match,
    fromSet: -1,
    action: { kind: "reject", status: 403, reason: "", retryAfter: 0 },
  });
  return (snapshot) => ({ ...snapshot, routes: [bar(snapshot.routes[0]!), ...snapshot.routes] });
}

function answerTo(options: RigOptions, line: string, from = CALLER): string {
  const rig = new Rig({ protectedHeaders: LISTED, trusted: ["192.0.2.4"], ...options });
  return kind(rig.receive(request("MESSAGE", { more: `${line}\r\n` }), from)[0]!.text);
}

for (const [spelled, asked] of FORMS) {
  test(`a condition for ${asked} does not see a stranger's "${spelled}"`, () => {
    const is = { reshape: barring(asked, false) };
    assert.equal(answerTo(is, `${spelled}: vip`), "MESSAGE");
    assert.equal(answerTo(is, `${spelled}: other\r\n${spelled}: vip`), "MESSAGE");
    assert.equal(answerTo(is, `${spelled}: vip`, TRUSTED), "403");
    assert.equal(answerTo({ ...is, protectedHeaders: [] }, `${spelled}: vip`), "403");
    assert.equal(answerTo({ ...is, protectedHeaders: ["X-Accounts"] }, `${spelled}: vip`), "403");
    const not = { reshape: barring(asked, true) };
    assert.equal(answerTo(not, `${spelled}: vip`), "403");
    assert.equal(answerTo(not, `${spelled}: vip`, TRUSTED), "MESSAGE");
  });
}

test("other headers are seen as ever, also beside a protected one", () => {
  const reshape = barring("X-Class", false);
  assert.equal(answerTo({ reshape }, "X-Account: vip\r\nX-Class: vip"), "403");
  assert.equal(answerTo({ reshape }, "X-Account: vip\r\nX-Class: no"), "MESSAGE");
});

test("a key of a stranger's protected header is empty, so the Call-ID stands for it", () => {
  const reshape = (snapshot: Snapshot): Snapshot => ({
    ...snapshot,
    expressions: [compileExpression("{header:X-Account}")],
    routes: snapshot.routes.map((route) => ({
      ...route,
      action: { ...(route.action as DispatchAction), key: FIRST_EXPRESSION },
    })),
  });
  const chosen = (from: string, more: (call: number) => string): string[] => {
    const rig = new Rig({
      destinations: 4,
      algorithm: "hash-call-id",
      protectedHeaders: LISTED,
      trusted: ["192.0.2.4"],
      reshape,
    });
    return Array.from(
      { length: 12 },
      (_, call) => rig.receive(request("MESSAGE", { call, more: more(call) }), from)[0]!.to,
    );
  };
  const one = chosen(TRUSTED, () => "X-Account: 7\r\n");
  assert.equal(new Set(one).size, 1);
  assert.deepEqual(
    chosen(CALLER, () => "X-Account: 7\r\n"),
    chosen(CALLER, () => ""),
  );
});

test("a stranger's protected Replaces or Join leads to no destination, and keeps no call from going to several", () => {
  for (const name of ["Replaces", "Join"]) {
    for (const [from, isHeard] of [
      [CALLER, false],
      [TRUSTED, true],
    ] as const) {
      const rig = new Rig({ destinations: 2, protectedHeaders: [name], trusted: ["192.0.2.4"] });
      const [first] = rig.receive(request("INVITE"));
      rig.receive(response(first!.text, 200), first!.to);
      const more = `${name}: 1;to-tag=t;from-tag=f\r\n`;
      const [next] = rig.receive(request("INVITE", { call: 2, more }), from);
      assert.deepEqual([next!.to === first!.to, next!.text.includes(more)], [isHeard, isHeard]);
    }
    const forking = new Rig({ destinations: 2, algorithm: "parallel", maxBranches: 2, protectedHeaders: [name] });
    const left = forking.receive(request("INVITE", { more: `${name}: 1;to-tag=t;from-tag=f\r\n` }));
    assert.deepEqual(
      left.map(({ to }) => to),
      [destinationAt(0), destinationAt(1)],
    );
  }
});

/** Puts the caller's name into a header of ours. */
function naming(snapshot: Snapshot): Snapshot {
  const value = compileExpression("<{header:P-Asserted-Identity}>");
  const treatment = {
    identity: "names",
    failover: null,
    rewritesHost: false,
    translations: [],
    headers: { remove: [], add: [{ name: "X-Caller", value }] },
  };
  return {
    ...snapshot,
    routes: snapshot.routes.map((route) => ({ ...route, action: { ...(route.action as DispatchAction), treatment } })),
  };
}

for (const stateful of [true, false]) {
  test(`a template has nothing of a stranger's protected header [${stateful ? "stateful" : "stateless"}]`, () => {
    const more = "P-Asserted-Identity: sip:admin@lb.test\r\n";
    const callers = (left: readonly Left[]): string[] => left.map(({ text }) => header(text, "X-Caller"));
    const reshape = (snapshot: Snapshot): Snapshot => {
      const named = naming(snapshot);
      const routes = named.routes.map((route) => ({
        ...route,
        action: { ...(route.action as DispatchAction), stateful },
      }));
      return { ...named, routes };
    };
    const rig = new Rig({ stateful, trusted: ["192.0.2.4"], reshape });
    assert.deepEqual(callers(rig.receive(request("MESSAGE", { call: 1, more }))), ["<>"]);
    assert.deepEqual(callers(rig.receive(request("MESSAGE", { call: 2, more }), TRUSTED)), ["<sip:admin@lb.test>"]);
  });
}

test("what is sent again, and what the next destination gets, has nothing of it either", () => {
  const rig = new Rig({ destinations: 2, failover: { onTimeout: true, answerWithin: 700, tries: 2 }, reshape: naming });
  rig.receive(request("INVITE", { more: "P-Asserted-Identity: sip:admin@lb.test\r\n" }));
  // Others are at hand meanwhile.
  rig.receive(request("OPTIONS", { call: 2, caller: POOL, uri: "sip:bob@203.0.113.5" }), POOL);
  rig.pass(1500);
  const invites = rig.left.filter(({ text }) => kind(text) === "INVITE");
  assert.equal(new Set(invites.map(({ to }) => to)).size, 2);
  assert.ok(invites.length > 2);
  for (const { text } of invites) assert.equal(header(text, "X-Caller"), "<>");
});
