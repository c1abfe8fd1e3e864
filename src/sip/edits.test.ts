import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { fc } from "../../test/kit/property.ts";
import { Edits } from "./edits.ts";
import { Message } from "./message.ts";
import { ReplyOptions, writeReply } from "./reply.ts";
import { ascii } from "./scan.ts";

const out = Buffer.alloc(1 << 17);

describe("edits", () => {
  it("are applied in the order of their offsets, whatever the order in which they were made", () => {
    const edits = new Edits();
    const bytes = Buffer.from("0123456789");
    edits.replace(8, 9, edits.text(ascii("EIGHT")));
    edits.insert(2, edits.text(ascii("<a>")));
    edits.insert(2, edits.text(ascii("<b>")));
    edits.remove(4, 6);
    edits.replaceDecimal(6, 8, 42);
    const expected = "01<a><b>2342EIGHT9";
    assert.equal(out.toString("latin1", 7, 7 + edits.writeTo(bytes, 0, 10, out, 7)), expected);
    assert.equal(edits.growth, expected.length - 10);
    edits.clear();
    assert.equal(edits.writeTo(bytes, 3, 8, out, 0), 5);
  });

  it("grow beyond their first buffers", () => {
    const edits = new Edits();
    const bytes = Buffer.alloc(300, "x");
    for (let i = 299; i >= 0; i--) edits.insert(i, edits.text(Buffer.alloc(100, "y")));
    assert.equal(edits.writeTo(bytes, 0, 300, out, 0), 300 * 101);
    assert.equal(out.toString("latin1", 100, 102), "xy");
  });

  it("do what the same changes do to a string", () => {
    const edits = new Edits();
    const change = fc.tuple(fc.nat(12), fc.nat(12), fc.stringMatching(/^[a-z]{0,70}$/));
    fc.assert(
      fc.property(fc.array(change, { maxLength: 10 }), fc.nat(200), (changes, tail) => {
        edits.clear();
        let text = "";
        let expected = "";
        for (const [keep, drop, put] of changes) {
          text += "K".repeat(keep) + "D".repeat(drop);
          expected += "K".repeat(keep) + put;
          const at = text.length - drop;
          if (drop === 0) edits.insert(at, edits.text(ascii(put)));
          else if (put === "") edits.remove(at, text.length);
          else edits.replace(at, text.length, edits.text(ascii(put)));
        }
        text += "T".repeat(tail);
        expected += "T".repeat(tail);
        const length = edits.writeTo(Buffer.from(text), 0, text.length, out, 3);
        assert.equal(out.toString("latin1", 3, 3 + length), expected);
      }),
    );
  });
});

describe("growth", () => {
  it("is that of what is written, also where the same bytes are left out or replaced more than once", () => {
    const edits = new Edits();
    const range = fc.tuple(fc.nat(100), fc.nat(40), fc.stringMatching(/^[a-z]{0,9}$/));
    fc.assert(
      fc.property(fc.array(range, { maxLength: 8 }), (changes) => {
        edits.clear();
        for (const [at, drop, put] of changes) {
          if (put === "") edits.remove(at, at + drop);
          else edits.replace(at, at + drop, edits.text(ascii(put)));
        }
        const bytes = Buffer.alloc(150, "x");
        assert.equal(bytes.length + edits.growth, edits.writeTo(bytes, 0, bytes.length, out, 0));
      }),
    );
  });
});

describe("an answer", () => {
  const message = new Message();
  const options = new ReplyOptions();
  const answer = (text: string, status: number): string => {
    const bytes = Buffer.from(text, "latin1");
    message.reset(bytes, 0, bytes.length);
    assert.ok(message.canAnswer);
    return out.toString("latin1", 5, 5 + writeReply(message, status, ascii("Reason"), options, out, 5));
  };
  const give = (received: string, tag: string, extra: string): void => {
    options.clear();
    options.received = ascii(received);
    options.receivedEnd = received.length;
    options.rport = 7777;
    options.toTag = ascii(tag);
    options.toTagEnd = tag.length;
    options.extra = ascii(extra);
    options.extraEnd = extra.length;
  };

  it("copies Via, From, To, Call-ID and CSeq, and says where the request came from", () => {
    give("192.0.2.7", "t1", "Retry-After: 5\r\n");
    const text =
      "INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;rport;branch=z9hG4bK1;received=1.2.3.4 , SIP/2.0/UDP i\r\nMax-Forwards: 1\r\n" +
      "To: <sip:a@b>\r\nv: SIP/2.0/TCP j\r\nFrom: <sip:c@d>;tag=x\r\nCall-ID: q\r\nTimestamp: 54\r\nCSeq: 1 INVITE\r\nl: 2\r\n\r\nxx";
    const expected =
      "Via: SIP/2.0/UDP h;branch=z9hG4bK1;received=192.0.2.7;rport=7777 , SIP/2.0/UDP i\r\nv: SIP/2.0/TCP j\r\nFrom: <sip:c@d>;tag=x\r\n";
    assert.equal(
      answer(text, 503),
      `SIP/2.0 503 Reason\r\n${expected}To: <sip:a@b>;tag=t1\r\nCall-ID: q\r\nCSeq: 1 INVITE\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n`,
    );
    give("192.0.2.7", "t1", "");
    assert.equal(
      answer(text, 100),
      `SIP/2.0 100 Reason\r\n${expected}To: <sip:a@b>\r\nCall-ID: q\r\nCSeq: 1 INVITE\r\nTimestamp: 54\r\nContent-Length: 0\r\n\r\n`,
    );
  });

  it("leaves out what is missing, and keeps a To tag that is there", () => {
    give("", "t1", "");
    options.listUnsupported = true;
    assert.equal(
      answer(
        "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP h;;\r\nTo: sip:a@b;tag=5\r\nProxy-Require: foo, bar\r\n\r\n",
        420,
      ),
      "SIP/2.0 420 Reason\r\nVia: SIP/2.0/UDP h;;\r\nTo: sip:a@b;tag=5\r\nUnsupported: foo, bar\r\nContent-Length: 0\r\n\r\n",
    );
  });
});
