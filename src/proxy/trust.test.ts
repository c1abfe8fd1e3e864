// Headers that vouch for somebody: whose are passed on, and whether a stranger can spell one so that it slips through.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, type Left, Rig } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const POOL = "192.0.2.101:5060";
const SPELLINGS = [
  "P-Asserted-Identity: <sip:admin@lb.test>",
  "P-Asserted-Identity : <sip:admin@lb.test>",
  "P-Asserted-Identity\t:<sip:admin@lb.test>",
  "P-Asserted-Identity \t :\t<sip:admin@lb.test>",
  "p-asserted-identity: <sip:admin@lb.test>",
  "P-ASSERTED-IDENTITY:<sip:admin@lb.test>",
  "p-AsSeRtEd-IdEnTiTy :\r\n <sip:admin@lb.test>",
  "P-Asserted-Identity:\r\n\t<sip:admin@lb.test>,\r\n  <tel:+1>",
  "P-Asserted-Identity: <sip:one@lb.test>\r\nSubject: x\r\nP-Asserted-Identity: <sip:admin@lb.test>",
  "P-Asserted-Identity: <sip:one@lb.test>\r\nP-Asserted-Identity :\r\n <sip:admin@lb.test>",
  "P-Asserted-Identity:",
];

/** What left for the destination. */
function forwarded(left: readonly Left[]): string {
  const one = left.find(({ text }) => !text.startsWith("SIP/2.0"));
  assert.ok(one !== undefined, JSON.stringify(left));
  return one.text;
}

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";

  test(`a stranger's P-Asserted-Identity goes no further, however it is spelled [${mode}]`, () => {
    const rig = new Rig({ stateful });
    for (const [call, line] of SPELLINGS.entries()) {
      const text = forwarded(rig.receive(request("INVITE", { call, more: `${line}\r\nX-Kept: yes\r\n` })));
      assert.doesNotMatch(text, /asserted|admin/i, line);
      assert.equal(header(text, "X-Kept"), "yes", text);
      assert.equal(header(text, "Max-Forwards"), "69");
      assert.ok(text.endsWith("\r\nContent-Length: 0\r\n\r\n"));
    }
    assert.equal(rig.counter("protected_headers_removed"), SPELLINGS.length + 2);
  });

  test(`it is also removed when it stands above Via, or last [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const identity = "P-Asserted-Identity: <sip:admin@lb.test>\r\n";
    const first = request("INVITE", { call: 1 }).replace("Via:", `${identity}Via:`);
    const last = request("INVITE", { call: 2 }).replace(/\r\n\r\n$/, `\r\n${identity}\r\n`);
    for (const text of [first, last]) {
      const sent = forwarded(rig.receive(text));
      const [own, theirs] = sent.split("\r\n").filter((line) => line.startsWith("Via:"));
      assert.match(own!, /^Via: SIP\/2\.0\/UDP 192\.0\.2\.1/);
      assert.match(theirs!, /^Via: SIP\/2\.0\/UDP 192\.0\.2\.3/);
      assert.doesNotMatch(sent, /asserted/i);
      assert.ok(sent.endsWith("\r\n\r\n"));
    }
  });

  test(`configured headers are protected likewise, with a number of their own or not [${mode}]`, () => {
    const rig = new Rig({ stateful, protectedHeaders: ["X-LB-Trusted", "Subject", "X-Account"] });
    const more =
      "x-lb-trusted : yes\r\nS: nothing\r\nsubject:\r\n other\r\nX-LB-Trusted\t:\r\n 1\r\nX-Accounts: 7\r\n" +
      "X-ACCOUNT: 8\r\nP-Asserted-Identity: <sip:admin@lb.test>\r\n";
    const text = forwarded(rig.receive(request("INVITE", { more })));
    assert.doesNotMatch(text, /trusted|nothing|other|X-ACCOUNT:/);
    assert.equal(header(text, "X-Accounts"), "7");
    assert.equal(header(text, "P-Asserted-Identity"), "<sip:admin@lb.test>");
    assert.equal(rig.counter("protected_headers_removed"), 5);
  });

  test(`a name with a byte that is no letter but looks like one is refused [${mode}]`, () => {
    const rig = new Rig({ stateful });
    // "P-Asserted-Identity" with a Cyrillic small "i", in UTF-8.
    const more = "P-Asserted-\xd1\x96dentity: <sip:admin@lb.test>\r\n";
    const [answer] = rig.receive(request("INVITE", { more }));
    assert.deepEqual([kind(answer!.text), answer!.to], ["400", CALLER]);
  });

  test(`who is trusted, and who is a destination, may vouch for others [${mode}]`, () => {
    const rig = new Rig({ stateful, trusted: ["192.0.2.3"] });
    const more = "P-Asserted-Identity: <sip:admin@lb.test>\r\n";
    assert.match(forwarded(rig.receive(request("INVITE", { call: 1, more }))), /asserted/i);
    const uri = "sip:bob@203.0.113.5";
    assert.match(forwarded(rig.receive(request("INVITE", { call: 2, more, uri, caller: POOL }), POOL)), /asserted/i);
    assert.doesNotMatch(forwarded(rig.receive(request("INVITE", { call: 3, more }), "192.0.2.4:5060")), /asserted/i);
    assert.equal(rig.counter("protected_headers_removed"), 1);
  });

  test(`what a destination answers keeps its headers [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [invite] = rig.receive(request("INVITE"));
    const answer = response(invite!.text, 200).replace(
      "Content-",
      "P-Asserted-Identity: <sip:bob@lb.test>\r\nContent-",
    );
    assert.match(rig.receive(answer, invite!.to)[0]!.text, /\r\nP-Asserted-Identity: <sip:bob@lb\.test>\r\n/);
  });

  test(`requests in a dialog are no way round it [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\nP-Asserted-Identity : <sip:admin@lb.test>\r\n`;
    for (const method of ["ACK", "INVITE", "INFO", "BYE"]) {
      const fields = { cseq: method === "ACK" ? 1 : 2, toTag: "t", more, branch: method };
      assert.doesNotMatch(forwarded(rig.receive(request(method, fields))), /asserted/i, method);
    }
    assert.equal(rig.counter("protected_headers_removed"), 4);
  });
}

test("retransmissions and the next destination get the request without it, too", () => {
  const rig = new Rig({ destinations: 2, failover: { answerWithin: 2000 } });
  rig.receive(request("INVITE", { more: "P-Asserted-Identity: <sip:admin@lb.test>\r\n" }));
  rig.pass(3000);
  const invites = rig.left.filter(({ text }) => text.startsWith("INVITE"));
  assert.ok(invites.length > 3 && new Set(invites.map(({ to }) => to)).size === 2);
  for (const { text } of invites) assert.doesNotMatch(text, /asserted/i);
});

test("with an empty list nothing is removed", () => {
  const rig = new Rig({ protectedHeaders: [] });
  const more = "P-Asserted-Identity: <sip:admin@lb.test>\r\n";
  assert.match(forwarded(rig.receive(request("INVITE", { more }))), /P-Asserted-Identity/);
});
