// What is too much of one thing, and what happens when tables are full: each limit to the last one that it lets through.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { CALLER, destinationAt, type Left, Rig, type RigOptions } from "./rig-fake.ts";
import { header, kind, request, response } from "./rig-message.ts";

const line = (left: readonly Left[]): string => left[0]?.text.slice(0, left[0].text.indexOf("\r\n")) ?? "";

let calls = 0;

interface Case {
  readonly what: string;
  readonly limits: NonNullable<RigOptions["limits"]>;
  readonly good: string;
  readonly bad: string;
  readonly answer: string;
}

/** Vias behind the first one: lines of one value, or one line of all. */
const vias = (count: number): string => "Via: SIP/2.0/UDP h;branch=z9hG4bKx\r\n".repeat(count);
const viaList = (count: number): string => `Via: ${Array(count).fill("SIP/2.0/UDP h").join(",")}\r\n`;
const uri = (bytes: number): string => `sip:${"u".repeat(bytes - "sip:@example.com".length)}@example.com`;
/** A request of the rig has eight header lines. */
const others = (count: number): string => "X-A: 1\r\n".repeat(count);

const CASES: readonly Case[] = [
  {
    what: "header lines",
    limits: { headerLines: 20 },
    good: request("OPTIONS", { call: "a", more: others(12) }),
    bad: request("OPTIONS", { call: "b", more: others(13) }),
    answer: "SIP/2.0 513 Too Many Header Lines",
  },
  {
    what: "header lines, known ones and folded ones",
    limits: { headerLines: 12 },
    good: request("OPTIONS", { call: "a", more: "Allow: A,\r\n B\r\nSupported: x\r\nAllow: C\r\nSupported: y\r\n" }),
    bad: request("OPTIONS", { call: "b", more: "Allow: A\r\nSupported: x\r\nAllow: C\r\nSupported: y\r\nX: y\r\n" }),
    answer: "SIP/2.0 513 Too Many Header Lines",
  },
  {
    what: "Via values in lines",
    limits: { vias: 70 },
    good: request("OPTIONS", { call: "a", more: vias(69) }),
    bad: request("OPTIONS", { call: "b", more: vias(70) }),
    answer: "SIP/2.0 400 Too Many Via Values",
  },
  {
    what: "Via values in a list",
    limits: { vias: 70 },
    good: request("OPTIONS", { call: "a", more: viaList(69) }),
    bad: request("OPTIONS", { call: "b", more: viaList(70) }),
    answer: "SIP/2.0 400 Too Many Via Values",
  },
  {
    what: "bytes of the request URI",
    limits: { uriBytes: 200 },
    good: request("OPTIONS", { call: "a", uri: uri(200) }),
    bad: request("OPTIONS", { call: "b", uri: uri(201) }),
    answer: "SIP/2.0 414 Request-URI Too Long",
  },
];

for (const { what, limits, good, bad, answer } of CASES) {
  for (const stateful of [true, false]) {
    test(`too many ${what} are refused and counted, as many as are allowed go on [${stateful ? "stateful" : "stateless"}]`, () => {
      const rig = new Rig({ stateful, limits });
      assert.equal(kind(rig.receive(good)[0]!.text), "OPTIONS");
      const refused = rig.receive(bad);
      assert.equal(line(refused), answer);
      assert.equal(refused[0]!.to, CALLER);
      assert.equal(rig.counter("rejected_too_large"), 1);
    });
  }
}

interface AnswerCase {
  readonly what: string;
  readonly limits: NonNullable<RigOptions["limits"]>;
  /** Header lines of an answer that are just within the limit, and those that are beyond. */
  readonly good: string;
  readonly bad: string;
}

/** An answer of the rig to an INVITE of a destination has eight header lines, one to OPTIONS no Record-Route; three may be ours. */
const ANSWERS: readonly AnswerCase[] = [
  { what: "header lines", limits: { headerLines: 20 }, good: others(15), bad: others(17) },
  { what: "Via values", limits: { vias: 70 }, good: vias(69), bad: vias(70) },
  {
    what: "bytes of headers",
    limits: { headerBytes: 4096 },
    good: `X: ${"x".repeat(4000)}\r\n`,
    bad: `X: ${"x".repeat(5200)}\r\n`,
  },
];

for (const { what, limits, good, bad } of ANSWERS) {
  for (const stateful of [true, false]) {
    test(`a phone's answer with too many ${what} reaches no destination, a destination's every phone [${stateful ? "stateful" : "stateless"}]`, () => {
      const rig = new Rig({ stateful, limits });
      const pool = destinationAt(0);
      const answer = (text: string, more: string): string =>
        response(text, 200).replace("Content-Length", `${more}Content-Length`);
      const asked = (method: string, more: string): readonly Left[] => {
        const text = request(method, { uri: "sip:bob@203.0.113.66", caller: pool, call: `answer-${calls++}` });
        const [sent] = rig.receive(text, pool);
        assert.equal(sent!.to, "203.0.113.66:5060");
        return rig.receive(answer(sent!.text, more), sent!.to);
      };
      for (const method of ["INVITE", "OPTIONS"]) {
        const [passed] = asked(method, good);
        assert.deepEqual([kind(passed!.text), passed!.to], ["200", pool]);
        assert.deepEqual(asked(method, bad), []);
      }
      assert.equal(rig.counter("dropped_too_large"), 2);
      const [sent] = rig.receive(request("OPTIONS", { call: `answer-${calls++}` }));
      assert.equal(kind(rig.receive(answer(sent!.text, bad), sent!.to)[0]!.text), "200");
    });
  }
}

test("a call that was taken can end when there is no room for another one", () => {
  const rig = new Rig({ transactions: 64 });
  const [invite] = rig.receive(request("INVITE", { call: "taken" }));
  rig.receive(response(invite!.text, 200), invite!.to);
  let taken = 0;
  let refused = "";
  for (let i = 0; i < 64; i++) {
    const [left] = rig.receive(request("INVITE", { call: `more-${i}` }));
    if (kind(left!.text) === "INVITE") taken++;
    else refused = left!.text;
  }
  assert.equal(kind(refused), "503");
  assert.match(header(refused, "Retry-After"), /^\d+$/);
  assert.equal(taken, 64 - 2 - 1);
  assert.equal(rig.counter("rejected_table_full"), 3);
  const more = `Route: ${header(invite!.text, "Record-Route")}\r\n`;
  const [bye] = rig.receive(request("BYE", { call: "taken", cseq: 2, toTag: "t", more }));
  assert.equal(kind(bye!.text), "BYE");
  // Neither a To tag that is made up nor a token for what is new opens the reserve.
  assert.equal(kind(rig.receive(request("BYE", { call: "fake", cseq: 2, toTag: "t" }))[0]!.text), "481");
  assert.equal(kind(rig.receive(request("INVITE", { call: "taken", cseq: 5, more }))[0]!.text), "503");
});

test("a dialog for which there is no room goes on by its Record-Route", () => {
  const rig = new Rig({ dialogs: 4 });
  const invites = Array.from({ length: 6 }, (_, i) => rig.receive(request("INVITE", { call: `d-${i}` }))[0]!);
  for (const invite of invites) {
    assert.equal(kind(rig.receive(response(invite.text, 180), invite.to)[0]!.text), "180");
    // A 2xx is repeated until its ACK comes (RFC 3261 13.3.1.4).
    for (let copy = 0; copy < 2; copy++)
      assert.equal(kind(rig.receive(response(invite.text, 200), invite.to)[0]!.text), "200");
  }
  const kept = rig.counter("dialogs_created");
  assert.ok(kept < 6);
  assert.equal(rig.counter("dialogs_not_kept"), 6 - kept, "each once");
  assert.equal(rig.context.live.load(0), 6);
  rig.pass(33_000);
  assert.equal(rig.context.live.load(0), kept, "the others count no longer than their transaction is there");
  for (const [i, invite] of invites.entries()) {
    const more = `Route: ${header(invite.text, "Record-Route")}\r\n`;
    const [bye] = rig.receive(request("BYE", { call: `d-${i}`, cseq: 2, toTag: "t", more }));
    assert.deepEqual([kind(bye!.text), bye!.to], ["BYE", invite.to]);
  }
});

test("scanners hear nothing; who is trusted or in a call is none", () => {
  const scanners = ["friendly-scanner*", "*vicious*", "sipcli*"];
  for (const stateful of [true, false]) {
    const rig = new Rig({ stateful, scanners });
    const from = (agent: string, method = "OPTIONS"): readonly Left[] =>
      rig.receive(request(method, { call: `agent-${calls++}`, more: `User-Agent: ${agent}\r\n` }));
    for (const agent of ["friendly-scanner", "Friendly-Scanner/2", "SIPVicious", "sipcli/v1.8", "a sipvicious b"])
      for (const method of ["OPTIONS", "REGISTER", "INVITE", "ACK", "CANCEL", "NONSENSE"])
        assert.deepEqual(from(agent, method), [], `${agent} ${method}`);
    assert.equal(rig.counter("dropped_scanner"), 30);
    for (const agent of ["my friendly-scanner", "sip", "friendly", '""', "Acme/1"])
      assert.equal(kind(from(agent)[0]!.text), "OPTIONS", agent);
    const named = "user-agent \t:\r\n sipcli\r\n";
    assert.deepEqual(rig.receive(request("OPTIONS", { call: "folded", more: named })), []);
    const second = "User-Agent: Acme/1\r\nUser-Agent: sipcli\r\n";
    assert.deepEqual(rig.receive(request("OPTIONS", { call: "second", more: second })), []);
    const [invite] = rig.receive(request("INVITE"));
    rig.receive(response(invite!.text, 200), invite!.to);
    const more = `Route: ${header(invite!.text, "Record-Route")}\r\nUser-Agent: sipcli\r\n`;
    assert.equal(kind(rig.receive(request("BYE", { cseq: 2, toTag: "t", more }))[0]!.text), "BYE");
    const trusting = new Rig({ stateful, scanners, trusted: ["192.0.2.3"] });
    assert.equal(kind(trusting.receive(request("OPTIONS", { more: "User-Agent: sipcli\r\n" }))[0]!.text), "OPTIONS");
  }
});

test("scanners hear nothing of what is wrong with their requests either, wherever the fault is", () => {
  for (const stateful of [true, false]) {
    const options = { stateful, scanners: ["sipcli*"], limits: { headerLines: 20 } };
    const rig = new Rig(options);
    const plain = (call: string, agent: string, more = ""): string =>
      request("OPTIONS", { call, more: `User-Agent: ${agent}\r\n${more}` });
    const faults: readonly ((text: string) => string)[] = [
      (text) => text.replace(/^From:.*\r\n/m, ""),
      (text) => text.replace(/^To: .*\r\n/m, "To: <sip:x\r\n"),
      (text) => text.replace(/^CSeq: .*\r\n/m, "CSeq: x\r\n"),
      (text) => text.replace("OPTIONS sip:", "OPTIONS foo:"),
      (text) => text.replace("OPTIONS sip:", "OPTIONS  sip:"),
      (text) => text.replace("Max-Forwards: 70", "Max-Forwards: many"),
      (text) => text.replace("Max-Forwards: 70", "Max Forwards: 70"),
      (text) => text.replace("Content-Length: 0", "Content-Length: 7"),
      (text) => text.replace("User-Agent", `${others(20)}User-Agent`),
      (text) => text.replace("\r\n\r\n", "\r\nProxy-Require: foo\r\n\r\n"),
    ];
    for (const [i, fault] of faults.entries()) {
      assert.match(line(rig.receive(fault(plain(`a-${i}`, "Acme/1")))), /^SIP\/2\.0 (4|5)\d\d /, `fault ${i}`);
      assert.equal(line(rig.receive(fault(plain(`b-${i}`, "sipcli/v1.8")))), "", `fault ${i}`);
      assert.equal(rig.counter("dropped_scanner"), i + 1);
    }
    const trusting = new Rig({ ...options, trusted: ["192.0.2.3"] });
    assert.match(line(trusting.receive(faults[0]!(plain("c", "sipcli")))), /^SIP\/2\.0 400 /);
  }
});

const CORPUS = `${process.env.FAIRLEAD_CORPORA ?? new URL("../../../shared/corpora", import.meta.url).pathname}/handmade/limits`;

test("no message of the corpus that goes over a limit is passed on", { skip: !isThere(CORPUS) }, () => {
  const beyond: Readonly<Record<string, RegExp>> = {
    "uri-user-8k": /^SIP\/2\.0 414 /,
    "uri-params-2000": /^SIP\/2\.0 414 /,
    "headers-1000": /^SIP\/2\.0 513 /,
    "via-70": /^SIP\/2\.0 400 /,
    "route-100": /^SIP\/2\.0 400 /,
    "header-60k": /^SIP\/2\.0 400 /,
  };
  const rig = new Rig();
  let refused = 0;
  for (const [name, answer] of Object.entries(beyond)) {
    const [left] = rig.receive(readFileSync(`${CORPUS}/${name}.raw`, "latin1"));
    assert.match(left?.text ?? "", answer, name);
    refused++;
  }
  console.log(`limits: ${refused} of ${Object.keys(beyond).length} messages of the corpus refused by name`);
});

function isThere(path: string): boolean {
  try {
    readFileSync(`${path}/via-70.raw`);
    return true;
  } catch {
    return false;
  }
}
