// Whatever is read as a datagram, random bytes, damaged messages, every file of every corpus: nothing throws, nothing takes
// long, no offset leaves the message, and what is forwarded or answered reads the same again.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { it } from "node:test";
import { processorTimeOf } from "../../test/kit/processor-time.ts";
import { fc, runs } from "../../test/kit/property.ts";
import { Edits } from "./edits.ts";
import { HEADER_COUNT, type Header } from "./header.ts";
import { Message } from "./message.ts";
import { ReplyOptions, writeReply } from "./reply.ts";
import { ascii } from "./scan.ts";
import { UriView } from "./uri.ts";
import { validateRequest, validateResponse } from "./validate.ts";
import { Via } from "./via.ts";

const CORPORA = process.env.FAIRLEAD_CORPORA ?? resolve(import.meta.dirname, "../../../shared/corpora");
const skip = existsSync(CORPORA) ? false : `no corpora at ${CORPORA}`;
const message = new Message();
const options = new ReplyOptions();
options.received = ascii("192.0.2.1");
options.receivedEnd = 9;
options.rport = 5060;
options.toTag = ascii("tag");
options.toTagEnd = 3;
options.listUnsupported = true;
const phrase = ascii("Bad Request");

const uri = new UriView();
const below = new Via();

function inside(message: Message, name: string, start: number, end: number, limit: number): void {
  if (start < 0) return;
  assert.ok(
    start >= message.start && start <= end && end <= limit,
    `${name}: ${start}..${end} of ${message.start}..${limit}`,
  );
}

/** Asserts the order and range of all offsets; `limit` is the end of the datagram. */
function checkOffsets(message: Message, start: number, limit: number): void {
  const m = message;
  assert.ok(start <= m.start && m.start <= m.end && m.end <= limit);
  assert.ok(m.headersStart >= m.start && m.headersStart <= limit && m.bodyStart <= limit);
  inside(m, "method", m.methodStart, m.methodEnd, limit);
  inside(m, "uri", m.uriStart, Math.max(m.uriStart, m.uriEnd), limit);
  inside(m, "call-id", m.callIdStart, m.callIdEnd, limit);
  inside(m, "cseq", m.cseqMethodStart, m.cseqMethodEnd, limit);
  const via = m.topVia;
  inside(m, "via", via.start, Math.max(via.start, via.end), limit);
  inside(m, "via host", via.hostStart, via.hostEnd, limit);
  inside(m, "via branch", via.branchStart, via.branchEnd, limit);
  inside(m, "via rport", via.rportStart, via.rportEnd, limit);
  inside(m, "via received", via.receivedStart, via.receivedEnd, limit);
  inside(m, "via maddr", via.maddrStart, via.maddrEnd, limit);
  for (let id = 1; id < HEADER_COUNT; id++) {
    assert.equal(m.valueStart[id]! < 0, m.count[id] === 0);
    inside(m, `header ${id}`, m.valueStart[id]!, m.valueEnd[id]!, m.bodyStart);
    inside(m, `line ${id}`, m.lineStart[id]!, m.lineEnd[id]!, m.bodyStart);
    let lines = 0;
    for (let from = -1; m.nextLine(id as Header, from); from = m.iterLineEnd) {
      assert.ok(
        m.iterLineStart < m.iterStart &&
          m.iterStart <= m.iterEnd &&
          m.iterEnd < m.iterLineEnd &&
          m.iterLineEnd <= limit,
      );
      assert.ok(++lines <= 2048);
    }
    assert.equal(lines, Math.min(m.count[id]!, lines));
  }
  m.nextVia(below);
  inside(m, "second via", below.start, Math.max(below.start, below.end), limit);
  if (m.parseFrom()) inside(m, "from", m.from.uriStart, m.from.uriEnd, limit);
  if (m.parseTo()) inside(m, "to", m.to.uriStart, m.to.uriEnd, limit);
  if (m.isRequest && uri.reset(m.bytes, m.uriStart, m.uriEnd) && uri.hostStart >= 0)
    inside(m, "host", uri.hostStart, uri.hostEnd, limit);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(folder, name))
    .filter((path) => statSync(path).isFile());
}

it("every file of the corpora is read without a throw, quickly, with all offsets in range", { skip }, () => {
  const out = Buffer.alloc(300_000);
  let files = 0;
  for (const path of filesOf(CORPORA)) {
    const whole = readFileSync(path);
    const bytes = Buffer.from(whole.subarray(0, 65_507));
    // A second run, should the first have met a collection of garbage.
    for (let attempt = 0; ; attempt++) {
      const took = processorTimeOf(() => {
        const fault = message.reset(bytes, 0, bytes.length);
        if (fault === 0) (message.isRequest ? validateRequest : validateResponse)(message);
      });
      if (took < 20) break;
      assert.ok(attempt < 2, `${path} took ${took} ms`);
    }
    checkOffsets(message, 0, bytes.length);
    if (message.canAnswer) {
      const length = writeReply(message, 400, phrase, options, out, 0);
      assert.ok(length > 0 && length < bytes.length * 2 + 300, path);
    }
    files++;
  }
  console.log(`corpora: ${files} files read`);
  assert.ok(files > 1000);
});

const VALID = Buffer.from(
  "INVITE sip:bob@example.com;user=phone SIP/2.0\r\nv: SIP/2.0/UDP 192.0.2.1:5060 ;branch=z9hG4bKa;rport, SIP/2.0/TCP [2001:db8::1]\r\n" +
    'From: "A \\" B" <sip:alice@example.com>;tag=1\r\nTO : sip:bob@example.com\r\nCall-ID: a@b\r\nCSeq: 1\r\n INVITE\r\n' +
    "Route: <sip:192.0.2.9;lr>\r\nMax-Forwards: 70\r\nContact: *\r\nX-Other:\tvalue\r\nContent-Length: 4\r\n\r\nbodyrest",
  "latin1",
);

it("random bytes and damaged messages are read without a throw, with all offsets in range", () => {
  const out = Buffer.alloc(4096);
  const edits = new Edits();
  const pieces = fc.constantFrom(
    "\r\n",
    "\r",
    "\n",
    "\0",
    " ",
    "\t",
    ":",
    ";",
    ",",
    '"',
    "\\",
    "<",
    ">",
    "@",
    "=",
    "?",
    "[",
    "]",
    "Via: ",
    "z9hG4bK",
  );
  const damage = fc.array(fc.tuple(fc.nat(VALID.length), fc.nat(6), pieces), { minLength: 1, maxLength: 4 });
  const damaged = damage.map((places) => {
    let bytes = VALID;
    for (const [at, cut, text] of places)
      bytes = Buffer.concat([bytes.subarray(0, at), Buffer.from(text), bytes.subarray(at + cut)]);
    return bytes;
  });
  const random = fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes));
  fc.assert(
    fc.property(
      fc.oneof({ weight: 4, arbitrary: damaged }, { weight: 1, arbitrary: random }),
      fc.nat(3),
      (text, lead) => {
        // Foreign bytes on both sides: a neighbour's message in the same slab must not be looked at.
        const bytes = Buffer.concat([
          Buffer.alloc(lead, "\r\n"),
          text,
          Buffer.from(" SIP/2.0\r\n\r\n;tag=evil>\r\n\r\n"),
        ]);
        const end = lead + text.length;
        const fault = message.reset(bytes, lead, end);
        const reason = fault !== 0 ? fault : (message.isRequest ? validateRequest : validateResponse)(message);
        checkOffsets(message, lead, end);
        const alone = Buffer.from(text);
        const second = new Message();
        assert.equal(second.reset(alone, 0, alone.length), fault);
        if (message.canAnswer) {
          const length = writeReply(message, 400, phrase, options, out, 0);
          // A NUL may stand in a quoted string after a backslash (RFC 3261 25.1, RFC 4475 3.1.1.2), and nowhere else.
          const bare = out.toString("latin1", 0, length).replaceAll(/\\[\s\S]/g, "");
          assert.ok(reason !== 0 || !bare.includes("\0"), bare);
        }
        if (reason !== 0) return;
        edits.clear();
        const length = edits.writeTo(bytes, message.start, message.end, out, 0);
        assert.equal(length, message.end - message.start);
        assert.equal(second.reset(out, 0, length), 0);
      },
    ),
    { numRuns: runs(3000) },
  );
});
