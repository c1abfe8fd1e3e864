// Which calls are counted where, and for how long.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

test("a call that a destination makes to somebody outside is a call from its INVITE to its end", () => {
  const rig = new Rig();
  const counted = () => [rig.context.callsOutside, rig.context.live.load(0)];
  const from = destinationAt(0);
  const uri = "sip:bob@192.0.2.50";
  const [refused] = rig.receive(request("INVITE", { call: "refused", uri }), from);
  assert.deepEqual(counted(), [1, 0]);
  rig.receive(response(refused!.text, 486), refused!.to);
  assert.deepEqual(counted(), [0, 0]);
  const [invite] = rig.receive(request("INVITE", { uri }), from);
  rig.receive(response(invite!.text, 180), invite!.to);
  rig.receive(response(invite!.text, 200), invite!.to);
  rig.pass(60_000);
  assert.deepEqual(counted(), [1, 0]);
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  const [bye] = rig.receive(request("BYE", { cseq: 2, toTag: "t", uri, more }), from);
  rig.receive(response(bye!.text, 200), bye!.to);
  assert.deepEqual(counted(), [0, 0]);
});

test("a call that a destination makes to another one is that one's", () => {
  const rig = new Rig({ destinations: 2 });
  const [, host] = /^(.*):5060$/.exec(destinationAt(1))!;
  rig.receive(request("INVITE", { uri: `sip:bob@${host}` }), destinationAt(0));
  assert.deepEqual([rig.context.callsOutside, rig.context.live.load(0), rig.context.live.load(1)], [0, 0, 1]);
});

/** Who gets the caller's request in this dialog of call 1, without a Route; the status it gets here where nobody does. */
function whoGets(rig: Rig, method: string, toTag: string, cseq: number): string {
  const [sent] = rig.receive(request(method, { cseq, toTag }));
  return sent!.to === CALLER ? kind(sent!.text) : sent!.to;
}

test("a call that rings on past Timer C keeps its early dialog, and is counted from its answer to its end", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  for (let i = 0; i < 4; i++) {
    rig.receive(response(invite!.text, 180), invite!.to);
    rig.pass(100_000, 100);
  }
  assert.equal(whoGets(rig, "PRACK", "t", 2), destinationAt(0));
  rig.receive(response(invite!.text, 200), invite!.to);
  rig.pass(60_000, 100);
  assert.equal(rig.context.live.load(0), 1);
  const [bye] = rig.receive(request("BYE", { cseq: 3, toTag: "t" }));
  rig.receive(response(bye!.text, 200), bye!.to);
  assert.equal(rig.context.live.load(0), 0);
  rig.pass(60_000, 100);
  assert.equal(rig.held(), "");
});

test("an early dialog lasts as long as ring_limit lets its call ring", () => {
  const rig = new Rig({ failover: { ringLimit: 400_000 } });
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 180), invite!.to);
  rig.pass(390_000, 100);
  assert.equal(whoGets(rig, "PRACK", "t", 2), destinationAt(0));
});

test("a call whose early dialog was forgotten while it rang is counted when it is answered", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 180), invite!.to);
  for (let i = 0; i < 3; i++) {
    rig.pass(100_000, 100);
    rig.receive(response(invite!.text, 180).replace(";tag=t", ""), invite!.to);
  }
  assert.equal(rig.context.dialogs.count, 0);
  rig.receive(response(invite!.text, 200), invite!.to);
  rig.pass(60_000, 100);
  assert.equal(rig.context.live.load(0), 1);
});

test("of two INVITEs of one call at one destination, who is refused takes no early dialog of the other's along", () => {
  for (const [first, second] of [
    ["a", "b"],
    ["a", "a"],
  ] as const) {
    const rig = new Rig();
    const [left] = rig.receive(request("INVITE", { branch: "left" }));
    const [right] = rig.receive(request("INVITE", { branch: "right" }));
    rig.receive(response(left!.text, 180, first), left!.to);
    rig.receive(response(right!.text, 183, "c"), right!.to);
    rig.receive(response(right!.text, 180, second), right!.to);
    rig.receive(response(right!.text, 486, second), right!.to);
    rig.receive(request("ACK", { branch: "right", toTag: second }));
    assert.equal(rig.context.dialogs.count, 1, "the other's, and none of its own");
    assert.equal(whoGets(rig, "PRACK", first, 2), destinationAt(0));
    rig.receive(response(left!.text, 200, first), left!.to);
    rig.pass(60_000, 100);
    assert.equal(rig.context.live.load(0), 1);
    const [bye] = rig.receive(request("BYE", { cseq: 3, toTag: first }));
    rig.receive(response(bye!.text, 200), bye!.to);
    rig.pass(60_000, 100);
    assert.equal(rig.held(), "");
  }
});

test("a second answer is a call for 64 * T1, and once it has its ACK for as long as any; another ACK of that call is none of it", () => {
  for (const [tags, lasts] of [
    [["b"], true],
    [["a"], false],
    [[""], false],
    [[], false],
  ] as const) {
    for (const hasRoute of [true, false]) {
      const rig = new Rig();
      const [invite] = rig.receive(request("INVITE"));
      for (const tag of ["a", "b"]) rig.receive(response(invite!.text, 200, tag), invite!.to);
      assert.equal(rig.context.live.load(0), 2);
      const more = hasRoute ? `Route: ${header(invite!.text, "Record-Route")}\r\n` : "";
      for (const toTag of tags) rig.receive(request("ACK", { toTag, more }));
      rig.pass(40_000, 100);
      assert.equal(rig.context.live.load(0), lasts ? 2 : 1, `ACK ${tags}`);
      rig.pass(3_600_000, 1000);
      assert.equal(rig.held(), "");
    }
  }
});

test("an ACK makes no other call last longer", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 200, "a"), invite!.to);
  rig.pass(3_590_000, 1000);
  for (let cseq = 2; cseq < 4; cseq++) {
    const doubtful = rig.receive(request("INVITE", { call: cseq }))[0]!;
    for (const tag of ["a", "b"]) rig.receive(response(doubtful.text, 200, tag), doubtful.to);
    rig.receive(request("ACK", { toTag: "a" }));
  }
  assert.equal(rig.context.dialogs.doubted, 2);
  rig.pass(11_000, 100);
  assert.equal(rig.context.live.load(0), 4, "the two last ones, each answered twice");
});

/** A call to the only destination; what its load is after a BYE that was answered so (0: by the network's refusal). */
function loadAfterBye(status: number, isCallers: boolean): number {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 200), invite!.to);
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  const ends = isCallers ? { toTag: "t" } : { fromTag: "t", toTag: "f", caller: destinationAt(0) };
  const [bye] = rig.receive(request("BYE", { cseq: 2, more, ...ends }), isCallers ? CALLER : destinationAt(0));
  assert.equal(bye!.to, isCallers ? destinationAt(0) : CALLER);
  if (status === 0) rig.refuse(bye!);
  else rig.receive(response(bye!.text, status), bye!.to);
  return rig.context.live.load(0);
}

test("a call is over when its BYE is taken, finds no call or nobody; a destination that refuses it has the call still", () => {
  for (const status of [200, 202, 408, 481, 0]) assert.equal(loadAfterBye(status, true), 0, `${status}`);
  for (const status of [401, 407, 400, 403, 420, 500, 503, 603])
    assert.equal(loadAfterBye(status, true), 1, `${status}`);
});

test("a call whose destination says BYE is over, whatever the caller answers", () => {
  for (const status of [200, 400, 481, 500, 503, 603, 0]) assert.equal(loadAfterBye(status, false), 0, `${status}`);
});

test("a BYE that its caller has made to find no call, with another tag, ends the counting of none", () => {
  for (const tags of [{ toTag: "T" }, { toTag: "t", fromTag: "F" }, { toTag: "other" }, {}]) {
    const rig = new Rig();
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
    for (const lines of [more, ""]) {
      const [bye] = rig.receive(request("BYE", { cseq: lines === "" ? 3 : 2, more: lines, ...tags }));
      if (bye!.to === destinationAt(0)) rig.receive(response(bye!.text, 481), bye!.to);
    }
    assert.equal(rig.context.live.load(0), 1, JSON.stringify(tags));
  }
});
