// Lost BYEs: a call whose session is not refreshed is over (RFC 4028), and its destination's load says so within a stated time.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, type Left, Rig } from "./rig-fake.ts";
import { header, request, response } from "./rig-message.ts";

const GRACE = 32_000;
const HOUR = 3_600_000;

function withSession(text: string, line: string): string {
  return text.replace("Content-Length: 0", `${line}\r\nContent-Length: 0`);
}

/** A call that was answered, its 200 having this line. */
function call(rig: Rig, line: string): { invite: Left; more: string } {
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(withSession(response(invite!.text, 200), line), invite!.to);
  return { invite: invite!, more: `Route: ${header(invite!.text, "Record-Route")}\r\n` };
}

function load(rig: Rig): number {
  return rig.context.live.load(0);
}

test("a call with a session timer whose BYE is lost is uncounted 32 s after its session expires", () => {
  for (const line of ["Session-Expires: 1800;refresher=uas", "x: 1800"]) {
    const rig = new Rig();
    call(rig, line);
    rig.pass(1_800_000 + GRACE - 1000, 500);
    assert.equal(load(rig), 1);
    rig.pass(1100);
    assert.equal(load(rig), 0);
    assert.equal(rig.context.live.counter(0, "calls_lost"), 1);
  }
});

test("without a session timer it is uncounted after timers.dialog", () => {
  for (const line of ["X: y", "Session-Expires: soon"]) {
    const rig = new Rig();
    call(rig, line);
    rig.pass(HOUR - 1000, 500);
    assert.equal(load(rig), 1);
    rig.pass(1100);
    assert.equal(load(rig), 0);
  }
});

test("no interval is shorter than RFC 4028 allows, however short it says it is", () => {
  const rig = new Rig();
  call(rig, "Session-Expires: 5");
  rig.pass(90_000 + GRACE - 1000, 100);
  assert.equal(load(rig), 1);
  rig.pass(1100);
  assert.equal(load(rig), 0);
});

for (const method of ["UPDATE", "INVITE"]) {
  test(`a refresh by ${method} keeps the call, and may agree on another interval or on none`, () => {
    const rig = new Rig();
    const { more } = call(rig, "Session-Expires: 1800");
    rig.pass(900_000, 500);
    const refresh = (cseq: number, line: string) => {
      const [sent] = rig.receive(request(method, { cseq, toTag: "t", more, branch: `r${cseq}` }));
      rig.receive(withSession(response(sent!.text, 200), line), sent!.to);
    };
    refresh(2, "Session-Expires: 600");
    rig.pass(600_000 + GRACE - 1000, 500);
    assert.equal(load(rig), 1);
    refresh(3, "Session-Expires: 1800");
    rig.pass(1_800_000, 500);
    assert.equal(load(rig), 1);
    refresh(4, "X: y");
    rig.pass(1_800_000 + GRACE + 1000, 500);
    assert.equal(load(rig), 1, "nobody refreshes any more: timers.dialog");
    rig.pass(HOUR, 500);
    assert.equal(load(rig), 0);
    rig.pass(60_000, 500);
    assert.equal(rig.held(1), "");
  });
}

for (const method of ["UPDATE", "INVITE"]) {
  test(`the caller's answer to ${method} makes a session shorter only where the callee asked for a session timer`, () => {
    for (const [before, asked, lasts] of [
      ["X: y", "", HOUR],
      ["Session-Expires: 1800", "", 1_800_000 + GRACE],
      ["Session-Expires: 1800", "Session-Expires: 1800\r\n", 90_000 + GRACE],
    ] as const) {
      const rig = new Rig();
      const { more } = call(rig, before);
      const inside = { cseq: 2, fromTag: "t", toTag: "f", more: more + asked, caller: destinationAt(0) };
      const [sent] = rig.receive(request(method, inside), destinationAt(0));
      assert.equal(sent!.to, CALLER);
      for (let i = 0; i < 2; i++)
        rig.receive(withSession(response(sent!.text, 200), "Session-Expires: 90;refresher=uas"), CALLER);
      rig.pass(lasts - 1000, 500);
      assert.equal(load(rig), 1, `${before}, ${asked}`);
      rig.pass(1600);
      assert.equal(load(rig), 0, `${before}, ${asked}`);
    }
  });
}

test("a call that ends as it should leaves its length to the mean of its destination", () => {
  const rig = new Rig();
  const { more } = call(rig, "Session-Expires: 1800");
  rig.pass(90_000, 100);
  const [bye] = rig.receive(request("BYE", { cseq: 2, toTag: "t", more }));
  rig.receive(response(bye!.text, 200), bye!.to);
  const { live } = rig.context;
  assert.deepEqual([live.counter(0, "calls_ended"), live.counter(0, "calls_lost"), load(rig)], [1, 0, 0]);
  assert.ok(Math.abs(live.counter(0, "call_seconds") - 90) < 0.1);
});
