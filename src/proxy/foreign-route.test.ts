// Route values that others put into a request: whose are passed on to a destination (RFC 3261 16.6 point 6).
import assert from "node:assert/strict";
import { test } from "node:test";
import { Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const FOREIGN = "Route: <sip:203.0.113.66;lr>\r\n";
const SPELLINGS = [
  FOREIGN,
  "ROUTE : <sip:203.0.113.66;lr>,\r\n <sip:evil.example;lr>\r\n",
  `${FOREIGN}Subject: x\r\nroute\t:\r\n\t<sip:169.254.169.254>\r\n`,
  `Route: <sip:192.0.2.1;lr>\r\n${FOREIGN}`,
  "Route: <sip:192.0.2.1;lr>, <sip:203.0.113.66;lr>\r\n",
  `Route: ${Array(20).fill("<sip:192.0.2.1;lr>").join(",")}\r\n`,
];

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";

  test(`a stranger's new request reaches the destination without any Route [${mode}]`, () => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id" });
    for (const [call, more] of SPELLINGS.entries()) {
      for (const method of ["INVITE", "OPTIONS"]) {
        const [sent] = rig.receive(request(method, { call: `${call}${method}`, more }));
        assert.deepEqual([kind(sent!.text), sent!.to], [method, "192.0.2.101:5060"]);
        assert.doesNotMatch(sent!.text, /\nroute|203\.0|evil|169\.254/i, more);
        assert.equal(header(sent!.text, "Max-Forwards"), "69");
      }
    }
  });

  test(`a To tag that somebody made up is no dialog: its Route goes no further either [${mode}]`, () => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id" });
    for (const method of ["ACK", "BYE", "INVITE"]) {
      const [sent] = rig.receive(request(method, { call: method, toTag: "made-up", more: FOREIGN }));
      assert.equal(kind(sent!.text), method);
      assert.doesNotMatch(sent!.text, /\nRoute/, method);
    }
  });

  test(`trusted sources and destinations of other sets may name further hops [${mode}]`, () => {
    const rig = new Rig({ stateful, trusted: ["192.0.2.3"] });
    const [sent] = rig.receive(request("INVITE", { more: FOREIGN }));
    assert.equal(header(sent!.text, "Route"), "<sip:203.0.113.66;lr>");
    const [own] = rig.receive(request("INVITE", { call: 2, more: `Route: <sip:192.0.2.1;lr>\r\n${FOREIGN}` }));
    assert.equal(header(own!.text, "Route"), "<sip:203.0.113.66;lr>");
    const from = "192.0.2.101:5060";
    const [out] = rig.receive(request("INVITE", { call: 3, more: FOREIGN, caller: from }), from);
    assert.deepEqual([out!.to, header(out!.text, "Route")], ["203.0.113.66:5060", "<sip:203.0.113.66;lr>"]);
  });

  test(`within a dialog the Route set behind us stays [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\nRoute: <sip:198.51.100.7;lr>\r\n`;
    const [sent] = rig.receive(request("INFO", { cseq: 2, toTag: "t", more }));
    assert.deepEqual([sent!.to, header(sent!.text, "Route")], [invite!.to, "<sip:198.51.100.7;lr>"]);
  });
}

test("our Route without a token leads an ACK where its INVITE went without a transaction, and nothing else anywhere", () => {
  const more = "Route: <sip:192.0.2.1;lr>\r\n";
  const follows = (stateful: boolean, method: string): string[] => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id", destinations: 3 });
    const [invite] = rig.receive(request("INVITE", { more }));
    if (!stateful) rig.receive(response(invite!.text, 486), invite!.to);
    const sent = rig.receive(request(method, { toTag: "t", more, branch: stateful ? "other" : "1-1-INVITE" }));
    const via = header(invite!.text, "Via");
    return sent.map(({ text, to }) => (to === invite!.to && header(text, "Via") === via ? "follows" : kind(text)));
  };
  assert.deepEqual(follows(false, "ACK"), ["follows"]);
  assert.deepEqual(follows(true, "ACK"), []);
  for (const method of ["BYE", "INVITE", "INFO"]) {
    assert.deepEqual(follows(false, method), ["481"], method);
    assert.deepEqual(follows(true, method), ["481"], method);
  }
  // A token that was tampered with is somebody's attempt, not an outbound proxy.
  const rig = new Rig({ stateful: false, algorithm: "hash-call-id" });
  const forged = "Route: <sip:192.0.2.1;lr;fl=AAAA>\r\n";
  assert.deepEqual(rig.receive(request("ACK", { toTag: "t", more: forged })), []);
});

test("repetitions, the next destination, CANCEL and ACK have no Route, as their INVITE had none", () => {
  const rig = new Rig({ destinations: 2, failover: { answerWithin: 2000 } });
  rig.receive(request("INVITE", { more: FOREIGN }));
  rig.pass(3000);
  const invites = rig.left.filter(({ text }) => text.startsWith("INVITE"));
  assert.ok(invites.length > 3 && new Set(invites.map(({ to }) => to)).size === 2);
  const { text, to } = invites.at(-1)!;
  rig.receive(response(text, 180), to);
  const cancelled = rig.receive(request("CANCEL", { more: FOREIGN }));
  assert.deepEqual(cancelled.map((one) => kind(one.text)).sort(), ["200", "CANCEL"]);
  const [ack] = rig.receive(response(text, 487), to);
  assert.equal(kind(ack!.text), "ACK");
  for (const one of rig.left) assert.doesNotMatch(one.text, /\nRoute/);
});
