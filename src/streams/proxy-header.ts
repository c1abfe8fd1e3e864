// The PROXY protocol (haproxy's proxy-protocol.txt, versions 1 and 2): a header before everything else on a connection, by which
// a proxy that we trust says for whom it connects.
import { copyEndpoint, ENDPOINT_WORDS, isV4, parseEndpoint } from "../net/endpoint.ts";

/** What `readProxyHeader` says about bytes that are no header; 0: there have to come more. */
export const NO_HEADER = -1;

/** A version 1 header with its line end. */
const MOST_V1 = 107;
/** A version 2 header: 16 bytes, addresses, and what else the proxy tells (certificates). */
const MOST_V2 = 4_096;
const V1 = Buffer.from("PROXY ", "latin1");
const V2 = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const LINE =
  /^PROXY (?:UNKNOWN(?: [^\r\n]*)?|TCP(4|6) ([0-9A-Fa-f:.]{2,39}) ([0-9A-Fa-f:.]{2,39}) (0|[1-9]\d{0,4}) (0|[1-9]\d{0,4}))\r\n$/;
const LOCAL = 0x20;
const PROXY = 0x21;
/** Address family and SOCK_STREAM. */
const TCP4 = 0x11;
const TCP6 = 0x21;
const UNSPECIFIED = 0x00;
const V2_FIXED = 16;
const V4_ADDRESSES = 12;
const V6_ADDRESSES = 36;
/** Where the source's port stands among them. */
const V4_PORT = 8;
const V6_PORT = 32;

/**
 * Reads the header that `bytes` begin with. Returns its length and writes the address and port of whom it speaks of into
 * `peer` (which stays as it is where the header names nobody: LOCAL, UNKNOWN); 0 when there have to come more bytes,
 * `NO_HEADER` when this is none.
 */
export function readProxyHeader(bytes: Buffer, peer: Int32Array): number {
  const first = bytes[0];
  if (first === V1[0]) return readLine(bytes, peer);
  if (first === V2[0]) return readBinary(bytes, peer);
  return bytes.length === 0 ? 0 : NO_HEADER;
}

/** A version 2 header for a connection that we make for nobody but ourselves. */
export const LOCAL_HEADER: Buffer = Buffer.concat([V2, Buffer.from([LOCAL, UNSPECIFIED, 0, 0])]);

/**
 * A version 2 header for a connection that we make to `peer` for the endpoint `caller`. Of two families the header is IPv6's, with
 * the other address mapped. It says TCP, whatever the caller came by: what follows is a stream.
 */
export function writeProxyHeader(caller: Int32Array, peer: Int32Array): Buffer {
  const isIPv4 = isV4(peer, 0) && isV4(caller, 0);
  const length = isIPv4 ? V4_ADDRESSES : V6_ADDRESSES;
  const header = Buffer.alloc(V2_FIXED + length);
  V2.copy(header);
  header[12] = PROXY;
  header[13] = isIPv4 ? TCP4 : TCP6;
  header.writeUInt16BE(length, 14);
  let at = V2_FIXED;
  for (const endpoint of [caller, peer]) {
    for (let word = isIPv4 ? 3 : 0; word < 4; word++, at += 4) header.writeInt32BE(endpoint[word]!, at);
  }
  header.writeUInt16BE(caller[4]!, at);
  header.writeUInt16BE(peer[4]!, at + 2);
  return header;
}

function startsLike(bytes: Buffer, wanted: Buffer): boolean {
  const length = Math.min(bytes.length, wanted.length);
  return bytes.compare(wanted, 0, length, 0, length) === 0;
}

function readLine(bytes: Buffer, peer: Int32Array): number {
  if (!startsLike(bytes, V1)) return NO_HEADER;
  const end = bytes.subarray(0, MOST_V1).indexOf("\r\n");
  if (end < 0) return bytes.length >= MOST_V1 ? NO_HEADER : 0;
  const match = LINE.exec(bytes.toString("latin1", 0, end + 2));
  if (match === null) return NO_HEADER;
  const [, family, source, target, sourcePort, targetPort] = match;
  if (family === undefined) return end + 2;
  const [from, to] = [new Int32Array(ENDPOINT_WORDS), new Int32Array(ENDPOINT_WORDS)];
  if (!parseEndpoint(source!, Number(sourcePort), from, 0) || !parseEndpoint(target!, Number(targetPort), to, 0))
    return NO_HEADER;
  // Port 0 is nobody's: a proxy that speaks for nobody says so.
  if (from[4] === 0) return NO_HEADER;
  const isRight = source!.includes(":") === (family === "6") && target!.includes(":") === (family === "6");
  if (!isRight || Number(sourcePort) > 65_535 || Number(targetPort) > 65_535) return NO_HEADER;
  copyEndpoint(from, 0, peer, 0);
  return end + 2;
}

function readBinary(bytes: Buffer, peer: Int32Array): number {
  if (!startsLike(bytes, V2)) return NO_HEADER;
  if (bytes.length < V2_FIXED) return 0;
  const command = bytes[12];
  const family = bytes[13];
  const length = bytes.readUInt16BE(14);
  if ((command !== PROXY && command !== LOCAL) || V2_FIXED + length > MOST_V2) return NO_HEADER;
  // LOCAL: the proxy speaks for itself (a health check); what it says about addresses means nothing.
  const isNobody = command === LOCAL || family === UNSPECIFIED;
  const needed = family === TCP4 ? V4_ADDRESSES : family === TCP6 ? V6_ADDRESSES : -1;
  if (!isNobody && (needed < 0 || length < needed)) return NO_HEADER;
  if (bytes.length < V2_FIXED + length) return 0;
  if (isNobody) return V2_FIXED + length;
  if (bytes.readUInt16BE(V2_FIXED + (family === TCP4 ? V4_PORT : V6_PORT)) === 0) return NO_HEADER;
  readAddress(bytes, family === TCP4, peer);
  return V2_FIXED + length;
}

function readAddress(bytes: Buffer, isIPv4: boolean, peer: Int32Array): void {
  peer.fill(0);
  if (isIPv4) {
    peer[2] = 0xffff;
    peer[3] = bytes.readInt32BE(V2_FIXED);
    peer[4] = bytes.readUInt16BE(V2_FIXED + V4_PORT);
    return;
  }
  for (let word = 0; word < 4; word++) peer[word] = bytes.readInt32BE(V2_FIXED + word * 4);
  peer[4] = bytes.readUInt16BE(V2_FIXED + V6_PORT);
}
