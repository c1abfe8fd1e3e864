// How large a request may be: what a limit refuses, what it lets through to the last byte.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { DispatchAction } from "../bridge/route-entry.ts";
import type { Snapshot } from "../bridge/snapshot.ts";
import { compileText } from "../control/compile-keys.ts";
import { CALLER, Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";

/** A request whose headers, or whole length, come to exactly this many bytes. */
function sized(call: string, headers: number, whole = headers): string {
  const plain = request("INVITE", { call }).replace("Content-Length: 0", `Content-Length: ${whole - headers}`);
  const padding = headers - plain.length - "X-Big: \r\n".length;
  return plain.replace("Contact:", `X-Big: ${"b".repeat(padding)}\r\nContact:`) + "z".repeat(whole - headers);
}

/** A route that puts a From user of the caller's choice into a header that strangers may not send. */
function assertingFrom(snapshot: Snapshot): Snapshot {
  const add = [{ name: "P-Asserted-Identity", value: compileText("<sip:{from.user}@example.com>") }];
  const headers = { remove: ["p-asserted-identity"], add };
  const treatment = { identity: "asserting", failover: null, rewritesHost: false, translations: [], headers };
  const routes = snapshot.routes.map((route) => {
    return { ...route, action: { ...(route.action as DispatchAction), treatment } };
  });
  return { ...snapshot, routes };
}

for (const stateful of [true, false]) {
  const mode = stateful ? "stateful" : "stateless";

  test(`headers longer than the limit are refused, those up to it are not [${mode}]`, () => {
    const rig = new Rig({ stateful, limits: { headerBytes: 4096, requestBytes: 65_507 } });
    const [good] = rig.receive(sized("a", 4096, 60_000));
    assert.deepEqual([kind(good!.text), good!.to], ["INVITE", "192.0.2.101:5060"]);
    const [bad] = rig.receive(sized("b", 4097));
    assert.match(bad!.text, /^SIP\/2\.0 400 Headers Too Long\r\n/);
    assert.equal(bad!.to, CALLER);
    assert.ok(bad!.text.length < 500, "the answer does not carry what was too long");
    assert.equal(rig.counter("rejected_too_large"), 1);
  });

  test(`a request longer than the limit is refused, one up to it is not [${mode}]`, () => {
    const rig = new Rig({ stateful, limits: { headerBytes: 32_768, requestBytes: 5000 } });
    assert.equal(kind(rig.receive(sized("a", 1000, 5000))[0]!.text), "INVITE");
    assert.match(rig.receive(sized("b", 1000, 5001))[0]!.text, /^SIP\/2\.0 513 Message Too Large\r\n/);
    assert.equal(rig.counter("rejected_too_large"), 1);
  });

  test(`one that our own header lines make too long for a datagram is refused [${mode}]`, () => {
    const rig = new Rig({ stateful, protectedHeaders: ["P-Asserted-Identity"], reshape: assertingFrom });
    const line = `P-Asserted-Identity: "${"p".repeat(3200)}" <sip:x@example.org>\r\n`;
    // Longer than its line was, and shorter than two of them.
    const plain = request("MESSAGE", { more: line }).replace(
      "sip:alice@example.com",
      `sip:${"u".repeat(4080)}@b.example`,
    );
    const body = 65_400 - plain.length - 4;
    const large = plain.replace("Content-Length: 0", `Content-Length: ${body}`) + "z".repeat(body);
    const answers = rig.receive(large);
    assert.deepEqual([answers.length, kind(answers[0]!.text), answers[0]!.to], [1, "513", CALLER]);
    const [small] = rig.receive(request("MESSAGE", { call: "small", more: line }));
    assert.equal(kind(small!.text), "MESSAGE");
  });

  test(`64 Route values are enough for every path, one more is refused [${mode}]`, () => {
    const rig = new Rig({ stateful, trusted: ["192.0.2.3"] });
    const routes = (lines: number, values: number) =>
      `Route: ${Array(values).fill("<sip:198.51.100.7;lr>").join(",")}\r\n`.repeat(lines);
    assert.equal(kind(rig.receive(request("OPTIONS", { call: 1, more: routes(8, 8) }))[0]!.text), "OPTIONS");
    for (const [call, more] of [routes(65, 1), routes(1, 65), routes(13, 5)].entries()) {
      const [answer] = rig.receive(request("OPTIONS", { call: 10 + call, more }));
      assert.match(answer!.text, /^SIP\/2\.0 400 Too Many Route Values\r\n/);
    }
    assert.equal(rig.counter("rejected_too_large"), 3);
  });
}

test("stateless: a CANCEL without its INVITE goes nowhere but where the hash of its call leads", () => {
  const rig = new Rig({ stateful: false, algorithm: "hash-call-id", destinations: 3 });
  const seen = new Set<string>();
  for (let call = 0; call < 50; call++) {
    const [cancel] = rig.receive(request("CANCEL", { call }));
    const [invite] = rig.receive(request("INVITE", { call }));
    assert.deepEqual([kind(cancel!.text), cancel!.to], ["CANCEL", invite!.to]);
    seen.add(cancel!.to);
  }
  assert.equal(seen.size, 3);
});
