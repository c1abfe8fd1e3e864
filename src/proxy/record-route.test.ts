// The token of our Record-Route: what it lets through and what it does not. Each in-dialog request goes to a balancer that
// remembers nothing, as after a restart.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry } from "../bridge/route-entry.ts";
import { CALLER, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const OLD = Buffer.alloc(16, 1);
const NEW = Buffer.alloc(16, 2);
const PHONE = "198.51.100.9:40000";

/** The Record-Route of a call through a balancer with these options. */
function recorded(options: RigOptions, call = 1, from = CALLER): { route: string; to: string } {
  const [invite] = new Rig({ destinations: 3, ...options }).receive(request("INVITE", { call }), from);
  return { route: header(invite!.text, "Record-Route"), to: invite!.to };
}

function bye(route: string, fields: { call?: number; fromTag?: string; toTag?: string; uri?: string } = {}): string {
  return request("BYE", { cseq: 2, toTag: "t", more: `Route: ${route}\r\n`, ...fields });
}

test("the caller's request goes to the destination, from wherever the phone is now", () => {
  for (let call = 0; call < 6; call++) {
    const { route, to } = recorded({ keys: [OLD] }, call);
    for (const from of [CALLER, "203.0.113.77:1024"]) {
      const [left] = new Rig({ destinations: 3, keys: [OLD] }).receive(bye(route, { call }), from);
      assert.equal(left!.to, to);
      assert.equal(header(left!.text, "Route"), "");
    }
  }
});

test("the destination's request goes to its request URI; to the recorded source of a caller behind NAT", () => {
  const back = { fromTag: "t", toTag: "f", uri: `sip:alice@${CALLER}` };
  const { route, to } = recorded({ keys: [OLD] });
  const [left] = new Rig({ destinations: 3, keys: [OLD] }).receive(bye(route, back), to);
  assert.equal(left!.to, CALLER);
  const behind = recorded({ keys: [OLD] }, 1, PHONE);
  const [again] = new Rig({ destinations: 3, keys: [OLD] }).receive(bye(behind.route, back), behind.to);
  assert.equal(again!.to, PHONE);
});

test("a stranger with the destination's tag reaches the recorded caller only", () => {
  const { route } = recorded({ keys: [OLD] });
  const victim = { fromTag: "t", toTag: "f", uri: "sip:victim@203.0.113.66" };
  const [left] = new Rig({ destinations: 3, keys: [OLD] }).receive(bye(route, victim), "203.0.113.1:5060");
  assert.equal(left!.to, CALLER);
});

test("no bit of the token may change", () => {
  const { route, to } = recorded({ keys: [OLD] });
  const token = /;fl=([^;>]+)/.exec(route)![1]!;
  const bytes = Buffer.from(token, "base64url");
  assert.equal(bytes.toString("base64url"), token);
  const rig = new Rig({ destinations: 3, keys: [OLD] });
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const changed = Buffer.from(bytes);
    changed[bit >> 3]! ^= 1 << (bit & 7);
    const [left] = rig.receive(bye(route.replace(token, changed.toString("base64url"))));
    assert.equal(kind(left!.text), "481", `bit ${bit}`);
    rig.left.length = 0;
  }
  for (const other of ["", token.slice(1), token.slice(0, -1), `${token}A`, `${token}${token}`, "%41"]) {
    const [left] = rig.receive(bye(route.replace(token, other)));
    assert.equal(kind(left!.text), "481", other);
  }
  assert.equal(rig.receive(bye(route))[0]!.to, to);
});

test("a token is good for its call and its caller only", () => {
  const { route } = recorded({ keys: [OLD] });
  for (const fields of [{ call: 2 }, { fromTag: "x" }, { fromTag: "x", toTag: "y" }]) {
    const [left] = new Rig({ destinations: 3, keys: [OLD] }).receive(bye(route, fields));
    assert.equal(kind(left!.text), "481");
  }
});

test("a key that is no longer the first still verifies; another one does not", () => {
  const { route, to } = recorded({ keys: [OLD] });
  assert.equal(new Rig({ destinations: 3, keys: [NEW, OLD] }).receive(bye(route))[0]!.to, to);
  assert.equal(kind(new Rig({ destinations: 3, keys: [NEW] }).receive(bye(route))[0]!.text), "481");
  assert.notEqual(recorded({ keys: [NEW, OLD] }).route, route);
});

test("an ACK with a forged token is dropped without an answer", () => {
  const { route } = recorded({ keys: [OLD] });
  const forged = request("ACK", { toTag: "t", more: `Route: ${route}\r\n` });
  assert.deepEqual(new Rig({ destinations: 3, keys: [NEW] }).receive(forged), []);
  assert.equal(new Rig({ destinations: 3, keys: [OLD] }).receive(forged).length, 1);
});

test("a call of one's own is no way round the routes for a REGISTER, which no dialog has: neither by token nor by memory", () => {
  const bar: RouteEntry["action"] = { kind: "reject", status: 403, reason: "", retryAfter: 0 };
  const rig = new Rig({
    destinations: 3,
    reshape: (snapshot) => {
      const [usual] = snapshot.routes;
      return {
        ...snapshot,
        routes: [{ ...usual!, methods: [Buffer.from("REGISTER")], action: bar }, ...snapshot.routes],
      };
    },
  });
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 200), invite!.to);
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  const asks = (method: string, cseq: number, toTag: string, lines: string) =>
    kind(rig.receive(request(method, { cseq, toTag, more: lines }))[0]!.text);
  assert.deepEqual([asks("INFO", 2, "t", more), asks("INFO", 3, "t", "")], ["INFO", "INFO"]);
  assert.deepEqual(
    [asks("REGISTER", 4, "t", more), asks("REGISTER", 5, "x", more), asks("REGISTER", 6, "t", "")],
    ["403", "403", "403"],
  );
});
