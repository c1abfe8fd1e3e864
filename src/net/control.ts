// Control messages (cmsg): where a datagram was addressed to, where it is to be sent from, and why one was refused.
// Offsets in 32-bit words: length (two words), level, type, then the data.
import { isV4 } from "./endpoint.ts";
import { swap } from "./layout.ts";

const LEVEL = 2;
const TYPE = 3;
const DATA = 4;
const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const IP_PKTINFO = 8;
const IPV6_PKTINFO = 50;
const IP_RECVERR = 11;
const IPV6_RECVERR = 25;
const IPPROTO_UDP = 17;
const UDP_SEGMENT = 103;
/** CMSG_LEN and CMSG_SPACE of a uint16_t. */
const SEGMENT_LENGTH = 18;
const SEGMENT_SPACE = 24;
/** CMSG_LEN and CMSG_SPACE of in_pktinfo (12 bytes) and in6_pktinfo (20 bytes). */
const V4_LENGTH = 28;
const V4_SPACE = 32;
const V6_LENGTH = 36;
const V6_SPACE = 40;

function isMessage(words: Int32Array, w: number, bytes: number, least: number, level: number, type: number): boolean {
  return bytes >= least && words[w + LEVEL] === level && words[w + TYPE] === type;
}

/**
 * Reads the packet info that starts at word `w` (`bytes`: msg_controllen) into four address words. For a broadcast this is
 * the address to answer from. Leaves `local` as it is when there is none.
 */
export function readPacketInfo(
  words: Int32Array,
  w: number,
  bytes: number,
  isV6: boolean,
  local: Int32Array,
  at: number,
): void {
  if (isV6) {
    if (!isMessage(words, w, bytes, V6_LENGTH, IPPROTO_IPV6, IPV6_PKTINFO)) return;
    for (let i = 0; i < 4; i++) local[at + i] = swap(words[w + DATA + i]!);
    return;
  }
  if (!isMessage(words, w, bytes, V4_LENGTH, IPPROTO_IP, IP_PKTINFO)) return;
  local[at + 2] = 0xffff;
  local[at + 3] = swap(words[w + DATA + 1]!);
}

/** Writes packet info that makes a datagram leave from `local`; returns msg_controllen, 0 when `local` is empty or of the other family. */
export function writePacketInfo(
  words: Int32Array,
  w: number,
  isV6: boolean,
  local: Int32Array,
  at: number,
  scope: number,
): number {
  if (local[at + 3] === 0 && local[at] === 0 && local[at + 1] === 0) return 0;
  if (isV4(local, at) === isV6) return 0;
  words[w] = isV6 ? V6_LENGTH : V4_LENGTH;
  words[w + 1] = 0;
  words[w + LEVEL] = isV6 ? IPPROTO_IPV6 : IPPROTO_IP;
  words[w + TYPE] = isV6 ? IPV6_PKTINFO : IP_PKTINFO;
  if (isV6) {
    for (let i = 0; i < 4; i++) words[w + DATA + i] = swap(local[at + i]!);
    // A link-local source needs its interface; any other leaves the choice to routing.
    words[w + DATA + 4] = local[at]! >>> 22 === 0x3fa ? scope : 0;
    return V6_SPACE;
  }
  words[w + DATA] = 0;
  words[w + DATA + 1] = swap(local[at + 3]!);
  words[w + DATA + 2] = 0;
  return V4_SPACE;
}

/** Adds, behind `length` bytes of control messages, that the datagram is to be cut into pieces of `bytes`; returns msg_controllen. */
export function writeSegmentBytes(words: Int32Array, w: number, length: number, bytes: number): number {
  const at = w + (length >> 2);
  words[at] = SEGMENT_LENGTH;
  words[at + 1] = 0;
  words[at + LEVEL] = IPPROTO_UDP;
  words[at + TYPE] = UDP_SEGMENT;
  words[at + DATA] = bytes;
  return length + SEGMENT_SPACE;
}

/** Finds the error report (struct sock_extended_err) among control messages; its word, or -1. */
export function findErrorReport(words: Int32Array, bytes: number): number {
  let w = 0;
  while (w * 4 + 16 <= bytes) {
    const level = words[w + LEVEL];
    const type = words[w + TYPE];
    if ((level === IPPROTO_IP && type === IP_RECVERR) || (level === IPPROTO_IPV6 && type === IPV6_RECVERR))
      return w + DATA;
    const length = words[w]!;
    if (length < 16) return -1;
    w += ((length + 7) & ~7) >> 2;
  }
  return -1;
}

/** ee_errno of an error report. */
export function reportErrno(words: Int32Array, w: number): number {
  return words[w]!;
}

/** ee_origin of an error report: 1 local, 2 ICMP, 3 ICMPv6. */
export function reportOrigin(words: Int32Array, w: number): number {
  return words[w + 1]! & 0xff;
}
