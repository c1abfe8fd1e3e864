import assert from "node:assert/strict";
import { test } from "node:test";
import { fc, runs } from "../../test/kit/property.ts";
import { glance, Seen } from "./glance.ts";
import { request } from "./rig-message.ts";

function see(text: string): Seen {
  const bytes = Buffer.from(`${text}`, "latin1");
  // In the middle of something else, as in an inbox.
  const whole = Buffer.concat([Buffer.alloc(37, 0x74), bytes, Buffer.alloc(64, 0x3a)]);
  return glance(new DataView(whole.buffer, whole.byteOffset, whole.length), 37, 37 + bytes.length);
}

test("a glance knows what begins a call and what begins something else", () => {
  assert.equal(see(request("INVITE")), Seen.call);
  const methods = [
    "REGISTER",
    "OPTIONS",
    "SUBSCRIBE",
    "MESSAGE",
    "PUBLISH",
    "INFO",
    "NOTIFY",
    "REFER",
    "FOO",
    "invite",
  ];
  for (const method of methods) assert.equal(see(request(method)), Seen.request, method);
  for (const method of ["ACK", "BYE", "CANCEL", "PRACK", "UPDATE"])
    assert.equal(see(request(method)), Seen.other, method);
  assert.equal(
    see("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\nTo: <sip:a@b>\r\n\r\n"),
    Seen.other,
  );
});

test("whatever may be of a dialog is none of it, in every spelling of To and of its tag", () => {
  const invite = request("INVITE");
  const to = /To: [^\r]*/.exec(invite)![0];
  const tagged = [
    "To: <sip:bob@example.com>;tag=1",
    "To:<sip:bob@example.com> ; TAG = 1",
    "t: <sip:bob@example.com>;tag=1",
    "T : <sip:bob@example.com>;Tag=1",
    "tO\t: <sip:bob@example.com>;tag=1",
    "To: <sip:bob@example.com>\r\n ;tag=1",
    "To:\r\n\t<sip:bob@example.com>;tag=1",
    'To: "Bob;tag=x" <sip:bob@example.com>;tag=1',
  ];
  for (const line of tagged) assert.equal(see(invite.replace(to, line)), Seen.other, line);
  for (const line of ["t: <sip:bob@example.com>", "TO: sip:bob@example.com", "t :<sip:bob@example.com>"])
    assert.equal(see(invite.replace(to, line)), Seen.call, line);
  assert.equal(see(invite.replace(to, "Topic: x")), Seen.other);
  assert.equal(see(invite.replace(`${to}\r\n`, "")), Seen.other);
});

test("what is cut short, long or no SIP at all is left to those who read it", () => {
  const invite = request("INVITE");
  const at = invite.indexOf("To: ");
  for (let end = 0; end < at + 20; end++) assert.equal(see(invite.slice(0, end)), Seen.other, `${end} bytes`);
  const long = invite.replace("Max-Forwards", `${"X-Pad: 0123456789\r\n".repeat(300)}Max-Forwards`);
  assert.equal(see(long), Seen.other);
  assert.equal(see(`INVI${"\0".repeat(200)}`), Seen.other);
  assert.equal(see(`INVI${"\r\n".repeat(100)}`), Seen.other);
  const change = fc.tuple(fc.integer({ min: 4, max: invite.length - 1 }), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 8, maxLength: 8 }), (changes) => {
      const bytes = Buffer.from(invite, "latin1");
      for (const [place, byte] of changes) bytes[place] = byte;
      see(bytes.toString("latin1"));
    }),
    { numRuns: runs(2000) },
  );
});
