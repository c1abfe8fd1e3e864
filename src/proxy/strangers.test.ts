// What somebody outside may try with what he knows: numbers that he guesses, a call of his own, answers that he makes up.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, type RequestFields, request, response } from "./rig-message.ts";

const STRANGER = "203.0.113.66:5060";

test("a stranger who guesses a branch does not cancel the call, nor is he answered as its caller", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE", { branch: "1-1-0" }));
  rig.receive(response(invite!.text, 180), invite!.to);
  const theirs = request("CANCEL", { call: "other", branch: "1-1-0", fromTag: "x" });
  assert.deepEqual(
    rig.receive(theirs, STRANGER).map(({ text }) => kind(text)),
    ["481"],
  );
  const other = rig.receive(request("INVITE", { call: "other", branch: "1-1-0", fromTag: "x" }), STRANGER);
  assert.deepEqual(
    other.map(({ text }) => kind(text)),
    ["INVITE"],
  );
  const own = rig.receive(request("CANCEL", { branch: "1-1-0" }));
  assert.deepEqual(own.map(({ text }) => kind(text)).sort(), ["200", "CANCEL"]);
});

test("a token is for requests in the dialog: what is new takes the routes, with a Record-Route and a transaction", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  const route = header(invite!.text, "Record-Route");
  rig.receive(response(invite!.text, 200), invite!.to);
  const more = `Route: ${route}\r\n`;
  const [again] = rig.receive(request("INVITE", { cseq: 2, more }));
  assert.notEqual(header(again!.text, "Record-Route"), "");
  assert.equal(header(again!.text, "Route"), "");
  const [inside] = rig.receive(request("INVITE", { cseq: 3, toTag: "t", more }));
  assert.equal(header(inside!.text, "Record-Route"), "");
  // A callee that sets no tags (RFC 2543).
  const [bye] = rig.receive(request("BYE", { cseq: 4, more }));
  assert.equal(kind(bye!.text), "BYE");
});

test("a CANCEL in a dialog that belongs to no INVITE is answered, and does not stand in the INVITE's place", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  rig.receive(response(invite!.text, 200), invite!.to);
  const fields = { cseq: 2, toTag: "t", branch: "again", more };
  assert.deepEqual(
    rig.receive(request("CANCEL", fields)).map(({ text }) => kind(text)),
    ["481"],
  );
  assert.deepEqual(
    rig.receive(request("INVITE", fields)).map(({ text }) => kind(text)),
    ["INVITE"],
  );
});

test("answers of ours tell nothing about the seed of the tables", () => {
  const rig = new Rig();
  const bad = request("OPTIONS").replace("Content-Length: 0", "Content-Length: x");
  const tag = /;tag=([0-9a-f]{16})/.exec(header(rig.receive(bad)[0]!.text, "To"))![1]!;
  // The rig's seeds are 1 and 2.
  for (const half of [tag.slice(0, 8), tag.slice(8)]) assert.ok(Number.parseInt(half, 16) > 2, tag);
});

test("an answer to a probe from anywhere but a destination does not reach the main thread", () => {
  const rig = new Rig();
  const answer =
    "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKp000000000000000000000000\r\n" +
    "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
  rig.receive(answer, CALLER);
  assert.equal(rig.counter("dropped_unmatched_response"), 1);
  assert.ok(rig.context.toMain.isEmpty);
  rig.receive(answer, "192.0.2.101:5060");
  assert.ok(!rig.context.toMain.isEmpty);
});

test("challenges leave most of the dialog table to calls", () => {
  const rig = new Rig({ dialogs: 64 });
  for (let call = 0; call < 64; call++) {
    const [register] = rig.receive(request("REGISTER", { call }));
    rig.receive(response(register!.text, 401), register!.to);
  }
  assert.ok(rig.context.dialogs.challenged <= 9, String(rig.context.dialogs.challenged));
});

for (const stateful of [true, false]) {
  test(`whom a destination has called cannot send us anywhere but back [${stateful ? "stateful" : "stateless"}]`, () => {
    const rig = new Rig({ stateful, destinations: 2 });
    const server = destinationAt(0);
    const callee = "203.0.113.66:5060";
    const victim = "198.51.100.9";
    const uri = `sip:alice@${callee}`;
    const [invite] = rig.receive(request("INVITE", { uri, caller: server }), server);
    assert.equal(invite!.to, callee);
    const route = header(invite!.text, "Record-Route");
    rig.receive(response(invite!.text, 200), callee);
    // The callee's requests: From and To change sides.
    const back = (fields: RequestFields, more: string): string =>
      request("INFO", { ...fields, caller: callee, fromTag: "t", toTag: "f", more });
    const ways: [RequestFields, string][] = [
      [{ cseq: 2, uri: `sip:x@${victim}` }, `Route: ${route}\r\n`],
      [{ cseq: 3 }, `Route: ${route}, <sip:${victim};lr>\r\n`],
      [{ cseq: 4, uri: route.slice(1, -1) }, `Route: <sip:${victim}>, <sip:${victim}>\r\n`],
    ];
    // Without a Route the dialog is remembered, where dialogs are.
    if (stateful) ways.push([{ cseq: 5, uri: `sip:x@${victim}` }, ""]);
    for (const [fields, more] of ways) {
      const left = rig.receive(back(fields, more), callee);
      assert.deepEqual(
        left.map(({ to }) => to),
        [server],
        left[0]?.text ?? "",
      );
    }
    // To another destination it may point: a Contact is not always where the call came from.
    const other = rig.receive(back({ cseq: 6, uri: `sip:x@${destinationAt(1)}` }, `Route: ${route}\r\n`), callee);
    assert.deepEqual(
      other.map(({ to }) => to),
      [destinationAt(1)],
    );
  });
}

test("an answer whose Via was turned into another address goes nowhere, however alike the two are [stateless]", () => {
  const rig = new Rig({ stateful: false });
  const [sent] = rig.receive(request("OPTIONS").replace(CALLER, "phone.invalid"));
  const answer = response(sent!.text, 200);
  assert.match(answer, /;received=192\.0\.2\.3/);
  for (const other of ["::192.0.2.3", "[::192.0.2.3]", "::ffff:0:192.0.2.3", "64:ff9b::192.0.2.3", "192.0.2.4"]) {
    const left = rig.receive(answer.replace("received=192.0.2.3", `received=${other}`), sent!.to);
    assert.deepEqual(
      left.map(({ to }) => to),
      [],
      other,
    );
  }
  assert.deepEqual(
    rig.receive(answer, sent!.to).map(({ to }) => to),
    [CALLER],
  );
});
