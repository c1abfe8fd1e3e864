import assert from "node:assert/strict";
import { test } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { KeySource } from "../dispatch/types.ts";
import { Message } from "../sip/message.ts";
import { computeKey, hashUri } from "./key.ts";

const ALICE_AT_SERVER = 1412806172;
const BOB_AT_SERVER = 3883463682;
const ALICE_AT_5070 = 3069939755;
const EXAMPLE = 3905729897;

function keyOf(uri: string): number {
  const bytes = Buffer.from(`<${uri}>`);
  return hashUri(bytes, 1, bytes.length - 1) >>> 0;
}

for (const [uri, key] of [
  ["sip:alice@server.com", ALICE_AT_SERVER],
  ["sip:alice:secret@server.com;transport=tcp", ALICE_AT_SERVER],
  ["SIP:alice@server.com:5060", ALICE_AT_SERVER],
  ["sips:alice@server.com:5061?subject=x", ALICE_AT_SERVER],
  ["sip:alice;isub=1@server.com;user=phone", ALICE_AT_SERVER],
  ["sips:alice@server.com:5060;User=phone", ALICE_AT_SERVER],
  ["sip:alice@server.com:5070", ALICE_AT_5070],
  ["sips:alice@server.com:5070;lr", ALICE_AT_5070],
  ["sip:example.com", EXAMPLE],
  ["tel:alice;phone-context=x", 1834153949],
] as const) {
  test(`key of ${uri}`, () => assert.equal(keyOf(uri), key));
}

test("what makes another key: case, a port that is not usual, the digits of a port", () => {
  const different = [
    "sip:Alice@server.com",
    "sip:alice@server.com:5061",
    "sips:alice@server.com:5060",
    "sip:server.com",
  ];
  for (const uri of different) assert.notEqual(keyOf(uri), ALICE_AT_SERVER, uri);
  assert.notEqual(keyOf("sip:alice@server.com:05070"), ALICE_AT_5070);
});

test("as OpenSIPS has it, the port that does not count is that of the transport", () => {
  const key = (uri: string) => {
    const bytes = Buffer.from(`<${uri}>`);
    return hashUri(bytes, 1, bytes.length - 1, true) >>> 0;
  };
  const same = [
    "sip:alice@server.com",
    "sip:alice@server.com:5060",
    "sip:alice@server.com:5061;transport=tls",
    "sip:alice@server.com:5060;lr;Transport=TCP",
    "sips:alice@server.com:5061;transport=tcp",
    "sip:alice@server.com:80;transport=ws",
    "sip:alice@server.com:443;transport=WSS?subject=x",
  ];
  for (const uri of same) assert.equal(key(uri), ALICE_AT_SERVER, uri);
  const other = [
    "sip:alice@server.com:5060;transport=tls",
    "sip:alice@server.com:5061;transport=tcp",
    "sip:alice@server.com:5061?transport=tls",
    "sips:alice@server.com:5060",
  ];
  for (const uri of other) assert.notEqual(key(uri), ALICE_AT_SERVER, uri);
  assert.equal(key("sip:alice@server.com:5070;transport=tls"), ALICE_AT_5070);
  assert.equal(keyOf("sip:alice@server.com:5060;transport=tls"), ALICE_AT_SERVER);
});

test("an IPv6 host counts with its brackets, and its colons are no port", () => {
  assert.equal(keyOf("sip:a@[2001:db8::1]:5060"), keyOf("sip:a@[2001:db8::1]"));
  assert.notEqual(keyOf("sip:a@[2001:db8::1]:5062"), keyOf("sip:a@[2001:db8::1]"));
});

test("any bytes give a number", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const key = hashUri(bytes, 0, bytes.length);
      assert.ok(Number.isInteger(key) && key !== 0 && key === (key | 0));
    }),
  );
  assert.equal(hashUri(Buffer.from("x"), 0, 0), 1);
});

test("each source reads its own part of the message", () => {
  const bytes = Buffer.from(
    "INVITE sip:example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK1\r\n" +
      'From: "Alice" <sip:alice@server.com>;tag=1\r\nTo: sip:bob@server.com\r\n' +
      "Call-ID:  a84b4c76e66710@pc33.atlanta.com \r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n",
  );
  const message = new Message();
  assert.equal(message.reset(bytes, 0, bytes.length), 0);
  assert.equal(computeKey(message, KeySource.callId) >>> 0, 2175018094);
  assert.equal(computeKey(message, KeySource.from) >>> 0, ALICE_AT_SERVER);
  assert.equal(computeKey(message, KeySource.to) >>> 0, BOB_AT_SERVER);
  assert.equal(computeKey(message, KeySource.requestUri) >>> 0, EXAMPLE);
  assert.equal(computeKey(message, KeySource.none) >>> 0, 0);
});
