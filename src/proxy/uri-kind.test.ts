import assert from "node:assert/strict";
import { test } from "node:test";
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
