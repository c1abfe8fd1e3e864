// Nanoseconds per message for what the data plane does with bytes: parse, validate, edit, answer, hash. `node bench/sip-parse.ts`
import { Edits } from "../src/sip/edits.ts";
import { TableHash } from "../src/sip/hash.ts";
import { Header } from "../src/sip/header.ts";
import { Message } from "../src/sip/message.ts";
import { REASONS } from "../src/sip/reason.ts";
import { ReplyOptions, writeReply } from "../src/sip/reply.ts";
import { ascii } from "../src/sip/scan.ts";
import { SipHash } from "../src/sip/siphash.ts";
import { validateRequest, validateResponse } from "../src/sip/validate.ts";

// As in an inbox: a batch of 64, slots that do not share cache sets.
const SLOT = 2048 + 17 * 64;
const PACKETS = 64;

function invite(i: number): string {
  const sdp =
    "v=0\r\no=alice 2890844526 2890844526 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0 8 101\r\n" +
    "a=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=sendrecv\r\n";
  return (
    `INVITE sip:user${i}@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.2:${20000 + (i % 16)};branch=z9hG4bK-${i}-7f3a9c;rport\r\n` +
    `Max-Forwards: 70\r\nFrom: "Alice" <sip:alice${i}@example.com>;tag=a${i}73d1\r\nTo: <sip:user${i}@example.com>\r\n` +
    `Call-ID: ${i}-8261548-1637493@127.0.0.2\r\nCSeq: 1 INVITE\r\nContact: <sip:alice${i}@127.0.0.2:20000>\r\n` +
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, UPDATE\r\nSupported: replaces, timer\r\nUser-Agent: load/1.0\r\n" +
    `Content-Type: application/sdp\r\nContent-Length: ${sdp.length}\r\n\r\n${sdp}`
  );
}

function response(i: number): string {
  return (
    `SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK0123456789abcdef${i}\r\n` +
    `Via: SIP/2.0/UDP 127.0.0.2:20000;branch=z9hG4bK-${i}-7f3a9c;received=127.0.0.2;rport=20000\r\n` +
    `From: "Alice" <sip:alice${i}@example.com>;tag=a${i}73d1\r\nTo: <sip:user${i}@example.com>;tag=b${i}\r\n` +
    `Call-ID: ${i}-8261548-1637493@127.0.0.2\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n`
  );
}

function slab(make: (i: number) => string): { bytes: Buffer; end: Int32Array } {
  const bytes = Buffer.from(new ArrayBuffer(SLOT * PACKETS));
  const end = new Int32Array(PACKETS);
  for (let i = 0; i < PACKETS; i++) end[i] = i * SLOT + bytes.write(make(i), i * SLOT, "latin1");
  return { bytes, end };
}

function measure(name: string, bytes: number, body: (i: number) => void): void {
  for (let i = 0; i < 60_000; i++) body(i & (PACKETS - 1));
  const rounds: number[] = [];
  for (let round = 0; round < 25; round++) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < 10_000; i++) body(i & (PACKETS - 1));
    rounds.push(Number(process.hrtime.bigint() - start) / 10_000);
  }
  rounds.sort((a, b) => a - b);
  console.log(
    `${name.padEnd(44)} ${rounds[0]!.toFixed(0).padStart(5)} ns best ${rounds[12]!.toFixed(0).padStart(5)} ns median  ${bytes} bytes`,
  );
}

const message = new Message();
const edits = new Edits();
const requests = slab(invite);
const responses = slab(response);
const out = Buffer.from(new ArrayBuffer(1 << 17));
const ownVia = ascii("Via: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK0123456789abcdef01234567\r\n");
const recordRoute = ascii("Record-Route: <sip:127.0.0.1:5060;lr;fl=AAECAwQFBgcICQoLDA0ODxAREhMUFRY>\r\n");
const received = ascii(";received=127.0.0.2;rport=20000");
let sum = 0;

// Both kinds before the first measurement, as a worker sees them: code made for one kind alone would be made anew.
for (let i = 0; i < 100_000; i++) {
  const slot = i & (PACKETS - 1);
  const from = (i & 1) === 0 ? requests : responses;
  if (message.reset(from.bytes, slot * SLOT, from.end[slot]!) !== 0) throw new Error("refused");
  if ((message.isRequest ? validateRequest : validateResponse)(message) !== 0) throw new Error("refused");
}
measure("INVITE reset", requests.end[0]!, (i) => {
  sum += message.reset(requests.bytes, i * SLOT, requests.end[i]!);
});
measure("INVITE reset + validateRequest", requests.end[0]!, (i) => {
  message.reset(requests.bytes, i * SLOT, requests.end[i]!);
  sum += validateRequest(message);
});
measure("200 reset + validateResponse", responses.end[0]!, (i) => {
  message.reset(responses.bytes, i * SLOT, responses.end[i]!);
  sum += validateResponse(message);
});
if (sum !== 0) throw new Error("the bench's own messages were refused");
message.reset(requests.bytes, 0, requests.end[0]!);
measure("INVITE 4 edits + writeTo", requests.end[0]!, () => {
  edits.clear();
  const via = message.lineStart[Header.via]!;
  const from = edits.text(ownVia);
  edits.text(recordRoute);
  edits.insert(via, from);
  edits.replace(message.topVia.rportStart, message.topVia.rportEnd, edits.text(received));
  edits.replaceDecimal(
    message.valueStart[Header.maxForwards]!,
    message.valueEnd[Header.maxForwards]!,
    message.maxForwards - 1,
  );
  sum += edits.writeTo(message.bytes, message.start, message.end, out, 0);
});
measure("INVITE all of it", requests.end[0]!, (i) => {
  message.reset(requests.bytes, i * SLOT, requests.end[i]!);
  sum += validateRequest(message);
  edits.clear();
  const from = edits.text(ownVia);
  edits.text(recordRoute);
  edits.insert(message.lineStart[Header.via]!, from);
  edits.replace(message.topVia.rportStart, message.topVia.rportEnd, edits.text(received));
  edits.replaceDecimal(
    message.valueStart[Header.maxForwards]!,
    message.valueEnd[Header.maxForwards]!,
    message.maxForwards - 1,
  );
  sum += edits.writeTo(message.bytes, message.start, message.end, out, 0);
});
message.reset(requests.bytes, 0, requests.end[0]!);
const options = new ReplyOptions();
options.received = ascii("127.0.0.2");
options.receivedEnd = 9;
options.rport = 20000;
options.toTag = ascii("0123456789abcdef");
options.toTagEnd = 16;
measure("404 writeReply", 0, () => {
  sum += writeReply(message, 404, REASONS[32]!.phraseBytes, options, out, 0);
});
const hash = new TableHash(1, 2);
measure("Call-ID table hash", message.callIdEnd - message.callIdStart, () => {
  sum += hash.of(message.view, message.callIdStart, message.callIdEnd) & 1;
});
const sip = new SipHash();
const key = new Uint8Array(16);
measure("SipHash of 64 bytes", 64, () => {
  sip.init(key);
  sip.update(message.bytes, 0, 64);
  sip.final();
  sum += sip.lo & 1;
});
measure("copy of a whole INVITE (Buffer.copy)", requests.end[0]!, () => {
  sum += requests.bytes.copy(out, 0, 0, requests.end[0]!);
});
if (Number.isNaN(sum)) console.log(sum);
