// The messages of the benchmark's calls, rendered once. Fields that differ from call to call have fixed widths, so that a
// balancer's additions (Via, Record-Route) move everything behind them by the same distance: one search finds them all.

import type { Transport } from "./wire.ts";

/** What the callers and destinations are bound to. */
export const CALLER_HOST = "127.0.0.2";
export const DESTINATION_HOSTS: readonly string[] = ["127.0.0.11", "127.0.0.12"];

const TAG = ";tag=d1e2f3a4";
const CONTACT = "Contact: <";
const SDP =
  "v=0\r\no=alice 2890844526 2890844526 IN IP4 127.0.0.2\r\ns=-\r\nc=IN IP4 127.0.0.2\r\nt=0 0\r\n" +
  "m=audio 49172 RTP/AVP 0 8 9 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:9 G722/8000\r\n" +
  "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\na=sendrecv\r\n";
/** Stands for the number of a call (8 hexadecimal digits), and for the same number stirred. */
const NUMBER = "########";
const STIRRED = "@@@@@@@@";

/** Precedes From, the first line that is never changed; everything up to CSeq follows it at fixed distances. */
export const FROM: Buffer = Buffer.from("\r\nFrom: ");
export const RECORD_ROUTE: Buffer = Buffer.from("\r\nRecord-Route: ");
export const LINE_END: Buffer = Buffer.from("\r\n");
export const OK: Buffer = Buffer.from("SIP/2.0 200 OK");
export const TO_TAG: Buffer = Buffer.from(TAG);

const IDENTITY =
  `\r\nFrom: "Alice" <sip:alice@example.com>;tag=${NUMBER}\r\nTo: <sip:u${NUMBER}@example.com>` +
  `\r\nCall-ID: ${STIRRED}-${NUMBER}@${CALLER_HOST}`;

/** Distances from where `FROM` was found, in a message whose To has no tag yet; with a tag they are `TAG_BYTES` longer. */
export const Distance = {
  toEnd: IDENTITY.indexOf("\r\nCall-ID"),
  /** In the From tag, where no To tag moves it. */
  number: IDENTITY.indexOf(NUMBER),
  callIdEnd: IDENTITY.length,
  /** The digit of the CSeq. */
  cseq: IDENTITY.length + "\r\nCSeq: ".length,
  inviteEnd: IDENTITY.length + "\r\nCSeq: 1 INVITE".length,
  byeEnd: IDENTITY.length + "\r\nCSeq: 2 BYE".length,
  /** The URI in the Contact of the 200 to an INVITE. */
  contact: IDENTITY.length + "\r\nCSeq: 1 INVITE\r\n".length + CONTACT.length,
} as const;
export const TAG_BYTES: number = TAG.length;

/** A rendered message with the places of its call number. */
export interface Template {
  readonly bytes: Buffer;
  readonly numbers: Int32Array;
  readonly stirred: Int32Array;
}

/** The INVITE of a caller at `port`; 1,000 bytes, as a telephone's with four codecs. `filler` makes its Via longer. */
export function inviteTemplate(port: number, transport: Transport, filler = ""): Template {
  return template(
    `INVITE sip:u${NUMBER}@example.com SIP/2.0\r\nVia: SIP/2.0/${transport.toUpperCase()} ${CALLER_HOST}:${port};branch=z9hG4bK-i-${NUMBER}${filler};rport` +
      `${IDENTITY}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\nContact: <sip:alice@${CALLER_HOST}:${port}${parameter(transport)}>\r\n` +
      "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE, SUBSCRIBE, INFO\r\n" +
      "Supported: replaces, timer, outbound\r\nSession-Expires: 1800\r\nUser-Agent: bench\r\n" +
      `Content-Type: application/sdp\r\nContent-Length: ${SDP.length}\r\n\r\n${SDP}`,
  );
}

/** The start line of an INVITE, whose length no balancer changes. */
export const INVITE_LINE_BYTES: number = `INVITE sip:u${NUMBER}@example.com SIP/2.0`.length;

/** What stands between the request URI and the Route of an ACK or a BYE. */
export function viaTemplate(method: "ACK" | "BYE", port: number, transport: Transport, filler = ""): Template {
  const kind = method === "ACK" ? "a" : "b";
  return template(
    ` SIP/2.0\r\nVia: SIP/2.0/${transport.toUpperCase()} ${CALLER_HOST}:${port};branch=z9hG4bK-${kind}-${NUMBER}${filler};rport\r\nRoute: `,
  );
}

export const ACK: Buffer = Buffer.from("ACK ");
export const BYE: Buffer = Buffer.from("BYE ");
export const ACK_END: Buffer = Buffer.from("\r\nCSeq: 1 ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
export const BYE_END: Buffer = Buffer.from("\r\nCSeq: 2 BYE\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n");
export const BYE_OK_END: Buffer = Buffer.from("\r\nContent-Length: 0\r\n\r\n");

/** URI of a destination; all of them are equally long. */
export function destinationUri(index: number, port: number, transport: Transport): string {
  return `sip:callee@${DESTINATION_HOSTS[index]}:${port}${parameter(transport)}`;
}

/** What follows CSeq in a destination's 200 to an INVITE. */
export function inviteOkEnd(index: number, port: number, transport: Transport): Buffer {
  return Buffer.from(
    `\r\n${CONTACT}${destinationUri(index, port, transport)}>\r\nUser-Agent: bench\r\nContent-Length: 0\r\n\r\n`,
  );
}

/** Writes a number as 8 hexadecimal digits. */
export function writeNumber(out: Uint8Array, at: number, value: number): void {
  for (let i = 7, rest = value; i >= 0; i--, rest >>>= 4) {
    const digit = rest & 15;
    out[at + i] = digit + (digit < 10 ? 0x30 : 0x57);
  }
}

/** Reads 8 hexadecimal digits in lower case. */
export function readNumber(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = 0; i < 8; i++) {
    const byte = bytes[at + i]!;
    value = (value << 4) | (byte < 0x40 ? byte - 0x30 : byte - 0x57);
  }
  return value;
}

function parameter(transport: Transport): string {
  return transport === "udp" ? "" : `;transport=${transport}`;
}

function template(text: string): Template {
  return { bytes: Buffer.from(text), numbers: places(text, NUMBER), stirred: places(text, STIRRED) };
}

function places(text: string, mark: string): Int32Array {
  const found: number[] = [];
  for (let at = text.indexOf(mark); at >= 0; at = text.indexOf(mark, at + mark.length)) found.push(at);
  return Int32Array.from(found);
}
