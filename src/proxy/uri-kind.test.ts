import assert from "node:assert/strict";
import { test } from "node:test";
import type { RouteEntry } from "../bridge/route-entry.ts";
import { automatonOfMatch, matchExpression } from "../config/sections/match.ts";
import { PATTERN_KINDS } from "../config/values/text-pattern.ts";
import { compileExpression } from "../control/compile-keys.ts";
import { Rig } from "./rig-fake.ts";
import { kind, request } from "./rig-message.ts";
import { findTransport, schemeOf, transportPart } from "./uri-kind.ts";

for (const [uri, scheme, transport] of [
  ["sip:alice@example.com", "sip", null],
  ["SIPS:alice@example.com;lr;Transport=TLS?subject=x", "sips", "TLS"],
  ["sip:+49301@example.com:5070;user=phone;transport=tcp", "tel", "tcp"],
  ["sips:+49301@example.com;user=phone", "tel", null],
  ["sip:alice;transport=ws@example.com", "sip", null],
  ["sip:alice#1@[2001:db8::1]:5060;transport=", "sip", ""],
  ["sip:alice@example.com;transport", "sip", null],
  ["sip:alice@example.com?x=;transport=udp", "sip", null],
  ["Tel:+49301", "tel", null],
  ["urn:service:sos", "urn", null],
  ["http://example.com/", "", null],
  ["", "", null],
] as const)
  test(`scheme and transport of ${uri === "" ? "nothing" : uri}`, () => {
    const bytes = Buffer.from(`<${uri}>;transport=sctp;user=phone`);
    const end = 1 + uri.length;
    const found = findTransport(bytes, 1, end)
      ? bytes.toString("latin1", transportPart.start, transportPart.end)
      : null;
    assert.deepEqual([Buffer.from(schemeOf(bytes, 1, end)).toString(), found], [scheme, transport]);
  });

/** Whether a condition holds for a request to `uri`. */
function holds(of: string, how: (typeof PATTERN_KINDS)[number], text: string, uri: string): boolean {
  const automaton = automatonOfMatch({ of, pattern: { kind: how, texts: [text], isNot: false } });
  const bar = (route: RouteEntry): RouteEntry => ({
    ...route,
    match: [{ of: compileExpression(matchExpression(of)), automaton, isNot: false }],
    action: { kind: "reject", status: 403, reason: "", retryAfter: 0 },
  });
  const rig = new Rig({
    reshape: (snapshot) => ({ ...snapshot, routes: [bar(snapshot.routes[0]!), ...snapshot.routes] }),
  });
  return kind(rig.receive(request("MESSAGE", { uri }))[0]!.text) === "403";
}

const [NONE, BIG, SMALL, TCP] = ["", ";transport=UDP", ";transport=udp", ";transport=tcp"].map(
  (parameter) => `sip:bob@example.com${parameter}`,
) as [string, string, string, string];

for (const how of PATTERN_KINDS)
  for (const text of ["UDP", "udp"])
    test(`a condition on the transport holds in either case, and for a URI that names none: ${how} ${text}`, () => {
      const held = (of: string): boolean[] => [NONE, BIG, SMALL, TCP].map((uri) => holds(of, how, text, uri));
      assert.deepEqual(held("$rP"), [true, true, true, false]);
      assert.deepEqual(held("request-uri.transport"), [false, true, true, false]);
    });

test("a condition on the scheme holds in either case", () => {
  assert.deepEqual([holds("$rz", "is", "SIP", NONE), holds("request-uri.scheme", "is", "SIPS", NONE)], [true, false]);
});

test("within a longer text of a condition the transport stands in small letters", () => {
  const held = [NONE, BIG, SMALL].map((uri) => holds("$rU;$rP", "is", "bob;udp", uri));
  assert.deepEqual([held, holds("$rU;$rP", "is", "bob;UDP", NONE)], [[true, true, true], false]);
});
