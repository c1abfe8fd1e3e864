import assert from "node:assert/strict";
import { test } from "node:test";
import { addressUri, cseqOf, headerOf, headerValues, parameterOf, parseMessage } from "./parsed-message.ts";

test("compact, folded and comma-joined headers are read like their long forms", () => {
  const message = parseMessage(
    Buffer.from(
      "INVITE sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b\r\nVia: SIP/2.0/UDP c\r\n" +
        'f: "A, <x>;tag=9" <sip:a@h;tag=8>\r\n ;tag=7\r\nCSeq: 4 INVITE\r\nl: 2\r\n\r\nabcd',
    ),
  );
  assert.ok(message !== null);
  assert.equal(headerValues(message, "via").length, 3);
  assert.equal(parameterOf(headerOf(message, "from"), "tag"), "7");
  assert.equal(addressUri("Bob <sip:b@h;lr>;x=1"), "sip:b@h;lr");
  assert.deepEqual(cseqOf(message), { number: 4, method: "INVITE" });
  assert.equal(message.body.toString(), "ab");
});

test("parameters of header values, Vias and URIs are told apart from what only looks like them", () => {
  assert.equal(parameterOf("SIP/2.0/UDP 1.2.3.4:5;rport;branch=z9", "rport"), "");
  assert.equal(parameterOf("SIP/2.0/UDP 1.2.3.4:5;rport;branch=z9", "branch"), "z9");
  assert.equal(parameterOf("<sip:a@h;lr>", "lr"), null);
  assert.equal(parameterOf("sip:a@h;lr", "lr"), "");
});

test("what is not SIP is not read as SIP", () => {
  assert.equal(parseMessage(Buffer.from("hello\r\n\r\n")), null);
  assert.equal(parseMessage(Buffer.from("\r\n\r\n")), null);
});
