// Headers that vouch for somebody: whose are passed on, and whether a stranger can spell one so that it slips through.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DispatchAction } from "../bridge/route-entry.ts";
import { DESTINATION_WORDS, DestinationColumn, type Snapshot } from "../bridge/snapshot.ts";
import { connectionWord } from "../bridge/way-back.ts";
import { CALLER, destinationAt, type Left, Rig } from "./rig-fake.ts";
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

/** Another port of the destination's. */
const OTHER_PORT = "192.0.2.101:40000";
const PHONE = "198.51.100.9:40000";

/** An answer that asserts an identity, and has a header that anybody may send. */
function vouching(to: string, status: number): string {
  return response(to, status).replace(
    "Content-",
    "P-Asserted-Identity : <sip:admin@lb.test>\r\nX-Kept: yes\r\nContent-",
  );
}

/** Two destinations, each in a set of its own: the first one's calls go to the second. */
function trunkAndBoard(snapshot: Snapshot): Snapshot {
  snapshot.destinations[DESTINATION_WORDS + DestinationColumn.set] = 1;
  const base = snapshot.sets[0]!;
  const sets = [0, 1].map((index) => ({ ...base, index, slots: base.slots.subarray(index, index + 1) }));
  const route = snapshot.routes[0]!;
  const action = { ...(route.action as DispatchAction), set: 1 };
  return { ...snapshot, sets, routes: [{ ...route, fromSet: 0, action }] };
}

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

  test(`what a registered phone asserts in its answers does not reach the destination that calls it [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [register] = rig.receive(request("REGISTER", { uri: "sip:example.com", more: "Supported: path\r\n" }), PHONE);
    const more = `Route: ${header(register!.text, "Path")}\r\n`;
    const [invite] = rig.receive(request("INVITE", { call: 2, more, caller: POOL }), POOL);
    assert.equal(invite!.to, PHONE);
    for (const status of [180, 200, 200]) {
      const passed = rig.receive(vouching(invite!.text, status), PHONE).find(({ to }) => to === POOL)!.text;
      assert.equal(kind(passed), String(status));
      assert.doesNotMatch(passed, /asserted|admin/i);
      assert.equal(header(passed, "X-Kept"), "yes");
    }
    assert.equal(rig.counter("protected_headers_removed"), 3);
    const [refused] = rig.receive(request("MESSAGE", { call: 3, more, caller: POOL }), POOL);
    assert.doesNotMatch(rig.receive(vouching(refused!.text, 486), PHONE)[0]!.text, /asserted|admin/i);
  });

  test(`what a caller asserts when it answers within a call does not reach the destination [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), POOL);
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
    const inside = { fromTag: "t", toTag: "f", cseq: 7, more, caller: POOL, uri: `sip:alice@${CALLER}` };
    const [info] = rig.receive(request("INFO", inside), POOL);
    assert.equal(info!.to, CALLER);
    assert.doesNotMatch(rig.receive(vouching(info!.text, 200), CALLER)[0]!.text, /asserted|admin/i);
  });

  test(`whoever answers past a destination asserts nothing, unless trusted [${mode}]`, () => {
    for (const trusted of [[], ["198.51.100.9"]]) {
      const rig = new Rig({ stateful, trusted });
      const [invite] = rig.receive(request("INVITE"));
      const [passed] = rig.receive(vouching(invite!.text, 200), PHONE);
      assert.equal(/asserted/i.test(passed!.text), trusted.length > 0);
    }
  });

  test(`a destination may answer from another port, and over another connection [${mode}]`, () => {
    const overAnother = { word: connectionWord(7, 3) };
    for (const farTcp of [false, true]) {
      for (const from of [POOL, OTHER_PORT]) {
        const rig = new Rig({ stateful, farTcp });
        const [invite] = rig.receive(request("INVITE"));
        const [passed] = rig.receive(vouching(invite!.text, 200), from, farTcp ? overAnother : null);
        assert.equal(passed!.to, CALLER);
        assert.match(passed!.text, /\r\nP-Asserted-Identity : <sip:admin@lb\.test>\r\n/);
        assert.equal(rig.counter("protected_headers_removed"), 0);
      }
    }
  });

  test(`a destination that called over a connection of its own answers within the call as one [${mode}]`, () => {
    const overTcp = (text: string): string => text.replace("SIP/2.0/UDP", "SIP/2.0/TCP");
    const own = { word: connectionWord(7, 3) };
    // By our Record-Route, and where it is remembered without one.
    for (const hasRoute of stateful ? [true, false] : [true]) {
      const rig = new Rig({
        stateful,
        destinations: 2,
        farTcp: true,
        limits: { headerLines: 20 },
        reshape: trunkAndBoard,
      });
      const [invite] = rig.receive(overTcp(request("INVITE", { caller: POOL })), OTHER_PORT, own);
      assert.equal(invite!.to, destinationAt(1));
      rig.receive(response(invite!.text, 200), destinationAt(1), { word: 0 });
      const more = hasRoute ? `Route: ${header(invite!.text, "Record-Route")}\r\n` : "";
      const inside = { fromTag: "t", toTag: "f", cseq: 7, more, caller: destinationAt(1), uri: "sip:203.0.113.5" };
      const [info] = rig.receive(overTcp(request("INFO", inside)), destinationAt(1), { word: 0 });
      assert.deepEqual([kind(info!.text), info!.to], ["INFO", hasRoute ? OTHER_PORT : POOL]);
      const long = vouching(info!.text, 200).replace("Content-", `${"X-More: 1\r\n".repeat(30)}Content-`);
      const [passed] = rig.receive(long, OTHER_PORT, own);
      assert.equal(passed?.listener, 1);
      assert.match(passed!.text, /\r\nP-Asserted-Identity : <sip:admin@lb\.test>\r\n/);
      const counts = ["protected_headers_removed", "dropped_too_large"] as const;
      assert.deepEqual(
        counts.map((name) => rig.counter(name)),
        [0, 0],
      );
    }
  });

  test(`who shares a destination's address is none, where no destination was asked [${mode}]`, () => {
    const rig = new Rig({ stateful });
    const [register] = rig.receive(request("REGISTER", { more: "Supported: path\r\n" }), OTHER_PORT);
    const more = `Route: ${header(register!.text, "Path")}\r\n`;
    const [message] = rig.receive(request("MESSAGE", { call: 2, more, caller: POOL }), POOL);
    assert.equal(message!.to, OTHER_PORT);
    assert.doesNotMatch(rig.receive(vouching(message!.text, 200), OTHER_PORT)[0]!.text, /asserted|admin/i);
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

test("a refusal that is kept until all have failed is still that of whoever sent it", () => {
  for (const from of [POOL, PHONE]) {
    const rig = new Rig({ destinations: 2, failover: { codes: [480], tries: 2, answerWithin: 700, onTimeout: true } });
    const [first] = rig.receive(request("MESSAGE"));
    assert.equal(first!.to, POOL);
    const [second] = rig.receive(vouching(first!.text, 480), from);
    assert.equal(second!.to, destinationAt(1));
    const passed = rig.receive(response(second!.text, 503), second!.to).find(({ text }) => kind(text) === "480");
    assert.equal(/asserted/i.test(passed!.text), from === POOL);
    assert.equal(header(passed!.text, "X-Kept"), "yes");
  }
});

test("with an empty list nothing is removed", () => {
  const rig = new Rig({ protectedHeaders: [] });
  const more = "P-Asserted-Identity: <sip:admin@lb.test>\r\n";
  assert.match(forwarded(rig.receive(request("INVITE", { more }))), /P-Asserted-Identity/);
});
