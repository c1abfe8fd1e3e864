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
