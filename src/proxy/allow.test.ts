// A listener for some sources only: whoever else sends there gets no sign of life.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const STRANGER = "203.0.113.66:5060";

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";

  test(`requests of all kinds from elsewhere are dropped silently and counted [${mode}]`, () => {
    const rig = new Rig({ stateful, allow: ["192.0.2.3"] });
    const texts = ["INVITE", "ACK", "CANCEL", "BYE", "PRACK", "OPTIONS", "REGISTER", "UNKNOWN"].map((method) =>
      request(method, { call: method }),
    );
    texts.push(request("INVITE", { call: "bad" }).replace("CSeq:", "CSeq: x"), request("BYE", { toTag: "t" }));
    for (const text of texts) assert.deepEqual(rig.receive(text, STRANGER), []);
    assert.equal(rig.counter("dropped_not_allowed"), texts.length);
    assert.equal(rig.context.transactions.count, 0);
    assert.equal(kind(rig.receive(request("INVITE"), CALLER)[0]!.text), "INVITE");
  });

  test(`a dialog that is known is no way in for somebody else [${mode}]`, () => {
    const rig = new Rig({ stateful, allow: ["192.0.2.3"] });
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    const bye = request("BYE", { cseq: 2, toTag: "t", more: `Route: ${header(invite!.text, "Record-Route")}\r\n` });
    assert.deepEqual(rig.receive(bye, STRANGER), []);
    assert.equal(kind(rig.receive(bye)[0]!.text), "BYE");
  });

  test(`destinations are always heard, and so is the answer to what was sent [${mode}]`, () => {
    const rig = new Rig({ stateful, allow: ["192.0.2.3"] });
    const caller = destinationAt(0);
    const [out] = rig.receive(request("INVITE", { uri: "sip:bob@203.0.113.66", caller }), caller);
    assert.deepEqual([kind(out!.text), out!.to], ["INVITE", STRANGER]);
    const [answer] = rig.receive(response(out!.text, 200), STRANGER);
    assert.deepEqual([kind(answer!.text), answer!.to], ["200", caller]);
    assert.equal(rig.counter("dropped_not_allowed"), 0);
  });
}

test("from elsewhere nothing is read but what may be an answer", () => {
  const rig = new Rig({ allow: ["192.0.2.3"] });
  const junk = ["GET / HTTP/1.1\r\n\r\n", "SIPX sip:a SIP/2.0\r\n\r\n", "x".repeat(60_000), "INVITE"];
  for (const text of junk) assert.deepEqual(rig.receive(text, STRANGER), []);
  assert.equal(rig.counter("dropped_not_allowed"), junk.length);
  assert.equal(rig.counter("dropped_not_sip") + rig.counter("dropped_malformed"), 0);
  const [out] = rig.receive(
    request("INVITE", { uri: "sip:bob@203.0.113.66", caller: destinationAt(0) }),
    destinationAt(0),
  );
  const answer = response(out!.text, 200);
  // However it is spelled, and whatever stands before it: the parser decides, not the door.
  assert.match(rig.receive(answer.replace("SIP/2.0", "sip/2.0"), STRANGER)[0]!.text, /^sip\/2\.0 200 /);
  for (const text of ["\r\n\r\n", "\0\0\0\0", "SIP/2.0 200 OK\r\n\r\n"]) rig.receive(text, STRANGER);
  assert.equal(rig.counter("dropped_not_allowed"), junk.length);
});

test("what comes from port 0 is dropped unread: nobody can be answered there", () => {
  const rig = new Rig();
  for (const text of [request("INVITE"), request("REGISTER"), "SIP/2.0 200 OK\r\n\r\n"])
    assert.deepEqual(rig.receive(text, "192.0.2.3:0"), []);
  assert.equal(rig.counter("dropped_no_port"), 3);
  assert.equal(rig.held(1), "");
});
