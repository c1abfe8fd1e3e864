// INVITE with Replaces (RFC 3891) or Join (RFC 3911) goes to the destination that has the dialog it names.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Rig } from "./rig-fake.ts";
import { request, response } from "./rig-message.ts";

/** Call "1" is up, with tags f and t; returns its destination. */
function callUp(rig: Rig, call: string): string {
  const [invite] = rig.receive(request("INVITE", { call }));
  rig.receive(response(invite!.text, 200), invite!.to);
  return invite!.to;
}

const NAMING = [
  "Replaces: CALL;to-tag=t;from-tag=f",
  "Replaces: CALL;from-tag=f;to-tag=t",
  "Replaces:  CALL ; to-tag = t ; from-tag=f;early-only",
  "Replaces: CALL;early-only;TO-TAG=f;From-Tag=t",
  "Replaces: CALL;x=y;;to-tag=t;\r\n from-tag=f",
  "Join: CALL;to-tag=t;from-tag=f",
];
const NOT_NAMING = [
  "Replaces: CALL;to-tag=t",
  "Replaces: CALL;to-tag;from-tag=f",
  "Replaces: CALL",
  "Replaces: other;to-tag=t;from-tag=f",
  "Replaces: CALL;to-tag=t;from-tag=g",
  "Replaces: CALL;to-tag=tt;from-tag=f",
  "Replaces: ;to-tag=t;from-tag=f",
  "Replaces:",
];

test("the destination of the dialog that is named gets it, however the header is written", () => {
  for (const [i, line] of NAMING.entries()) {
    for (let turn = 0; turn < 4; turn++) {
      const rig = new Rig({ destinations: 3 });
      const holder = callUp(rig, "a.b@c");
      for (let other = 0; other < turn; other++) rig.receive(request("OPTIONS", { call: `o${other}` }));
      const more = `${line.replace("CALL", "a.b@c")}\r\n`;
      const [left] = rig.receive(request("INVITE", { call: `new-${i}`, fromTag: "n", more }));
      assert.equal(left!.to, holder, line);
    }
  }
});

test("whatever names no dialog of ours is dispatched as any other call", () => {
  for (const line of NOT_NAMING) {
    const reached = new Set<string>();
    const rig = new Rig({ destinations: 3 });
    callUp(rig, "a.b@c");
    for (let i = 0; i < 3; i++) {
      const more = `${line.replace("CALL", "a.b@c")}\r\n`;
      const [left] = rig.receive(request("INVITE", { call: `new-${i}`, fromTag: "n", more }));
      reached.add(left!.to);
    }
    assert.equal(reached.size, 3, line);
  }
});
