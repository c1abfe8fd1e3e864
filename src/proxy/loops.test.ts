// Loops, spirals and hop limits (RFC 3261 16.3, RFC 5393).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Rig } from "./rig-fake.ts";
import { header, kind, request } from "./rig-message.ts";

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";
  test(`a request that comes back unchanged loops; a changed one spirals [${mode}]`, () => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id" });
    const [out] = rig.receive(request("OPTIONS"));
    // Another proxy puts its Via on top and sends it back, with what is here changed.
    const back = (change: (text: string) => string): string => {
      const via = `Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK${Math.random()}\r\nVia:`;
      return kind(rig.receive(change(out!.text.replace("Via:", via)), "198.51.100.7:5060")[0]!.text);
    };
    assert.equal(
      back((text) => text),
      "482",
    );
    assert.equal(
      back((text) => text.replace("Max-Forwards: 69", "Max-Forwards: 68")),
      "482",
    );
    assert.equal(
      back((text) => text.replace("sip:bob@example.com SIP", "sip:carol@example.com SIP")),
      "OPTIONS",
    );
    assert.equal(
      back((text) => text.replace("CSeq: 1", "CSeq: 2")),
      "OPTIONS",
    );
    assert.equal(
      back((text) => text.replace("192.0.2.1:5060", "192.0.2.9:5060")),
      "OPTIONS",
      "not our Via",
    );
    assert.equal(rig.counter("loops"), 2);
  });

  test(`Max-Forwards and Max-Breadth [${mode}]`, () => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id" });
    const with0 = request("OPTIONS").replace("Max-Forwards: 70", "Max-Forwards: 0");
    assert.equal(kind(rig.receive(with0)[0]!.text), "483");
    const with1 = request("OPTIONS", { call: 2 }).replace("Max-Forwards: 70", "Max-Forwards: 1");
    assert.equal(header(rig.receive(with1)[0]!.text, "Max-Forwards"), "0");
    const without = request("OPTIONS", { call: 3 }).replace("Max-Forwards: 70\r\n", "");
    assert.equal(header(rig.receive(without)[0]!.text, "Max-Forwards"), "70");
    assert.equal(kind(rig.receive(request("OPTIONS", { call: 4, more: "Max-Breadth: 0\r\n" }))[0]!.text), "440");
    assert.equal(
      header(rig.receive(request("OPTIONS", { call: 5, more: "Max-Breadth: 7\r\n" }))[0]!.text, "Max-Breadth"),
      "7",
    );
    assert.equal(header(rig.receive(request("OPTIONS", { call: 6 }))[0]!.text, "Max-Breadth"), "60");
    assert.deepEqual(rig.receive(request("ACK", { call: 7 }).replace("Max-Forwards: 70", "Max-Forwards: 0")), []);
  });
}

test("stateless: retransmission, CANCEL and ACK have their INVITE's branch and destination; others another branch", () => {
  const rig = new Rig({ stateful: false, algorithm: "hash-call-id", destinations: 3 });
  for (let call = 0; call < 8; call++) {
    const [invite] = rig.receive(request("INVITE", { call }));
    const branch = header(invite!.text, "Via");
    for (const text of [request("INVITE", { call }), request("CANCEL", { call })]) {
      const [again] = rig.receive(text);
      assert.equal(header(again!.text, "Via"), branch);
      assert.equal(again!.to, invite!.to);
    }
    const [ack] = rig.receive(request("ACK", { call, branch: `${call}-1-INVITE`, toTag: "t" }));
    assert.equal(header(ack!.text, "Via"), branch);
    assert.equal(ack!.to, invite!.to);
    const [other] = rig.receive(request("INVITE", { call, branch: "other" }));
    assert.notEqual(header(other!.text, "Via"), branch);
    assert.equal(other!.to, invite!.to);
  }
  assert.equal(rig.held(), "");
});
