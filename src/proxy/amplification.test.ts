// A stranger with a forged source address makes us send to somebody else: at most three bytes for each of its own, whatever
// it asks for and however long nobody acknowledges. Answers of destinations are theirs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { CALLER, destinationAt, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const METHODS = ["INVITE", "REGISTER", "OPTIONS", "UNKNOWN"];
const FORTY_SECONDS = 40_000;

/** A request as short as it can be written. */
function tiny(method: string, call: string): string {
  return (
    `${method} sip:a SIP/2.0\r\nv:SIP/2.0/UDP a;branch=z9hG4bK${call}\r\nf:<sip:a>;tag=1\r\nt:<sip:a>\r\ni:${call}\r\n` +
    `CSeq:1 ${method}\r\n\r\n`
  );
}

function bytesTo(rig: Rig, to: string): number {
  const host = to.slice(0, to.lastIndexOf(":"));
  return rig.left.reduce((sum, one) => sum + (one.to.startsWith(`${host}:`) ? one.text.length : 0), 0);
}

/** What came and what went, for each method on a rig of its own, with `then` after each request. */
function measure(options: RigOptions, spell: (method: string, call: string) => string, then: (rig: Rig) => void): void {
  for (const method of METHODS) {
    const rig = new Rig(options);
    let came = 0;
    for (let call = 0; call < 20; call++) {
      const text = spell(method, `c${call}`);
      came += text.length;
      rig.receive(text);
    }
    then(rig);
    rig.pass(FORTY_SECONDS);
    const went = bytesTo(rig, CALLER);
    assert.ok(went <= 3 * came, `${method}: ${went} bytes for ${came}`);
  }
}

const usual = (method: string, call: string) => request(method, { call });

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";
  for (const [size, spell] of [
    ["usual", usual],
    ["tiny", tiny],
  ] as const) {
    test(`requests that are rejected at once, ${size} ones [${mode}]`, () => {
      measure({ stateful, action: { kind: "reject", status: 403, reason: "", retryAfter: 0 } }, spell, () => {});
      measure({ stateful, destinations: 0 }, spell, () => {});
      for (const [from, to] of [
        ["\r\nMax-Forwards: 70", ""],
        ["CSeq:", "Max-Forwards:0\r\nCSeq:"],
        ["CSeq:", "CSeq: x"],
      ] as const)
        measure(
          { stateful },
          (method, call) => spell(method, call).replace(from, to),
          () => {},
        );
    });

    test(`requests that no destination answers, ${size} ones [${mode}]`, () => {
      measure({ stateful, destinations: 2 }, spell, () => {});
    });
  }

  test(`what would make an answer long does not make it an amplifier [${mode}]`, () => {
    const contact = `sip:${"c".repeat(400)}@example.com`;
    const action = { kind: "redirect", status: 302, reason: "", set: -1, contact } as const;
    measure({ stateful, action, serverHeader: "s".repeat(128) }, tiny, (rig) => {
      assert.ok(rig.counter("dropped_amplification") > 0);
    });
    const answered = (rig: Rig) => {
      assert.equal(rig.counter("dropped_amplification"), 0);
      assert.equal(rig.left.length, 20);
    };
    measure({ stateful, action, serverHeader: "Fairlead" }, usual, answered);
    const rig = new Rig({ stateful, action, serverHeader: "s".repeat(128), trusted: ["192.0.2.3"] });
    assert.equal(kind(rig.receive(tiny("INVITE", "1"))[0]!.text), "302");
  });
}

test("an INVITE that every destination refuses over ICMP, or with a 503", () => {
  const refusing = (rig: Rig) => {
    for (let i = 0; i < rig.left.length; i++) if (kind(rig.left[i]!.text) === "INVITE") rig.refuse(rig.left[i]!);
  };
  measure({ destinations: 2 }, usual, refusing);
  measure({ destinations: 2 }, tiny, refusing);
  measure({ destinations: 2 }, usual, (rig) => {
    for (let i = 0; i < rig.left.length; i++) {
      const { text, to } = rig.left[i]!;
      if (kind(text) === "INVITE") rig.receive(response(text, 503), to);
    }
  });
});

test("an INVITE that is sent again and again earns its answers, no more", () => {
  const rig = new Rig({ destinations: 1, timers: { t1: 100, t2: 400 } });
  let came = 0;
  for (let i = 0; i < 200; i++) {
    const text = request("INVITE");
    came += text.length;
    rig.receive(text);
    rig.pass(200);
  }
  const answers = rig.left.filter(({ to }) => to === CALLER);
  assert.ok(answers.some(({ text }) => kind(text) === "408"));
  assert.ok(bytesTo(rig, CALLER) <= 3 * came);
});

test("a trusted caller gets its final answer until it acknowledges, as RFC 3261 has it", () => {
  const rig = new Rig({ trusted: ["192.0.2.3"] });
  rig.refuse(rig.receive(request("INVITE"))[0]!);
  rig.pass(FORTY_SECONDS);
  assert.equal(rig.left.filter(({ text }) => kind(text) === "500").length, 11);
});

test("the answer of a destination is repeated until it is acknowledged, to anybody", () => {
  const rig = new Rig();
  const [invite] = rig.receive(request("INVITE"));
  rig.receive(response(invite!.text, 486), invite!.to);
  rig.pass(FORTY_SECONDS);
  assert.equal(rig.left.filter(({ text }) => kind(text) === "486").length, 11);
});

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";
  test(`a rejection is kept by nobody, is the same each time, and its ACK goes no further [${mode}]`, () => {
    const rig = new Rig({ stateful, algorithm: "hash-call-id" });
    const invites = [
      request("INVITE", { call: 1, more: "Proxy-Require: foo\r\n" }),
      request("INVITE", { call: 2 }).replace("Content-Length: 0", "Content-Length: 9"),
      request("INVITE", { call: 3 }).replace("Max-Forwards: 70", "Max-Forwards: 0"),
    ];
    for (const [i, invite] of invites.entries()) {
      const [answer] = rig.receive(invite);
      assert.match(kind(answer!.text), /^4/);
      assert.equal(rig.context.transactions.count, 0);
      assert.deepEqual(rig.receive(invite)[0]!.text, answer!.text);
      const toTag = /;tag=(.*)/.exec(header(answer!.text, "To"))![1]!;
      const branch = `${i + 1}-1-INVITE`;
      assert.deepEqual(rig.receive(request("ACK", { call: i + 1, toTag, branch })), []);
      // With the tag of another call it is no such ACK.
      const [passed] = rig.receive(request("ACK", { call: i + 10, toTag, branch }));
      assert.deepEqual([kind(passed!.text), passed!.to], ["ACK", destinationAt(0)]);
    }
    assert.equal(rig.pass(FORTY_SECONDS).length, 0);
    assert.equal(rig.counter("dropped_malformed") + rig.counter("dropped_unmatched_ack"), 0);
  });
}

test("where an answer would not fit into a datagram, nothing is sent: no empty datagram either", () => {
  const rig = new Rig({ limits: { headerBytes: 65_507, requestBytes: 65_507 } });
  for (const method of ["INVITE", "OPTIONS"]) {
    const more = `X-Big: ${"b".repeat(64_000 - 300)}\r\n`;
    const big = request(method, { call: method, more }).replace("Call-ID: ", `Call-ID: ${"i".repeat(200)}`);
    const left = rig.receive(big);
    for (const one of left) rig.refuse(one);
  }
  rig.pass(FORTY_SECONDS);
  assert.ok(rig.left.some(({ to }) => to === destinationAt(0)));
  for (const { text } of rig.left) assert.notEqual(text, "");
});
