// Memory that C sees: every struct offset and every address computation of the batched plane is in this file. Layouts of
// 64-bit little-endian Linux; verify.ts proves them at start.

import { ENDPOINT_WORDS, isV4 } from "./endpoint.ts";
import type { Libc } from "./libc.ts";
import { AF_INET, AF_INET6 } from "./libc.ts";

/** struct mmsghdr (msghdr plus msg_len and padding), in bytes. */
export const MMSGHDR_BYTES = 64;
/** struct iovec. */
export const IOVEC_BYTES = 16;
/** Room for a sockaddr_in (16) or sockaddr_in6 (28). */
export const NAME_BYTES = 32;
/** Room for one packet-info control message, or for an error report with its offender. */
export const CONTROL_BYTES = 128;
/** struct epoll_event is packed on x64 (12 bytes) and padded elsewhere (16). */
export const EPOLL_EVENT_BYTES: number = process.arch === "x64" ? 12 : 16;
const EPOLL_DATA = process.arch === "x64" ? 1 : 2;

const SOCKADDR_IN_BYTES = 16;
const SOCKADDR_IN6_BYTES = 28;
const TWO_32 = 0x1_0000_0000;
// In 32-bit words from the start of a mmsghdr.
const HEADER_NAME = 0;
const HEADER_NAME_LENGTH = 2;
const HEADER_IOVEC = 4;
const HEADER_IOVEC_COUNT = 6;
const HEADER_CONTROL = 8;
const HEADER_CONTROL_LENGTH = 10;
const HEADER_FLAGS = 12;
const HEADER_LENGTH = 14;

/** A piece of memory with a fixed address, alive as long as this object is. */
export class Memory {
  readonly buffer: ArrayBuffer;
  readonly words: Int32Array;
  readonly address: number;

  constructor(libc: Libc, bytes: number) {
    // A plain ArrayBuffer lies outside the V8 heap: it never moves (a small typed array may).
    this.buffer = new ArrayBuffer((bytes + 7) & ~7);
    this.words = new Int32Array(this.buffer);
    this.address = libc.addressOf(this.buffer);
  }
}

/** Writes a 64-bit pointer or size (below 2^53) into two words. */
export function writeLong(words: Int32Array, at: number, value: number): void {
  words[at] = value | 0;
  words[at + 1] = (value / TWO_32) | 0;
}

/** Bytes of a socket address of this family. */
export function nameBytes(isV6: boolean): number {
  return isV6 ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES;
}

/** Wires header `i` to one iovec, one name and optionally one control buffer (`controlAt` 0: none). */
export function wireHeader(headers: Memory, i: number, nameAt: number, nameLength: number, iovecAt: number): void {
  const w = (i * MMSGHDR_BYTES) >> 2;
  writeLong(headers.words, w + HEADER_NAME, nameAt);
  headers.words[w + HEADER_NAME_LENGTH] = nameLength;
  writeLong(headers.words, w + HEADER_IOVEC, iovecAt);
  writeLong(headers.words, w + HEADER_IOVEC_COUNT, 1);
}

/** Points header `i` at another name and at `count` iovecs; for what `wireHeader` has wired before. */
export function rewireHeader(
  headers: Memory,
  i: number,
  nameAt: number,
  nameLength: number,
  iovecAt: number,
  count: number,
): void {
  wireHeader(headers, i, nameAt, nameLength, iovecAt);
  headers.words[((i * MMSGHDR_BYTES) >> 2) + HEADER_IOVEC_COUNT] = count;
}

/** Sets the control buffer of header `i`; length 0 takes it away. */
export function wireControl(headers: Memory, i: number, controlAt: number, length: number): void {
  const w = (i * MMSGHDR_BYTES) >> 2;
  writeLong(headers.words, w + HEADER_CONTROL, controlAt);
  writeLong(headers.words, w + HEADER_CONTROL_LENGTH, length);
}

/** Restores the control length that the kernel overwrote. */
export function resetControl(words: Int32Array, i: number, length: number): void {
  words[((i * MMSGHDR_BYTES) >> 2) + HEADER_CONTROL_LENGTH] = length;
}

/** Sets the length of header `i`'s name. */
export function setNameLength(words: Int32Array, i: number, length: number): void {
  words[((i * MMSGHDR_BYTES) >> 2) + HEADER_NAME_LENGTH] = length;
}

/** Points iovec `i` at `address`, `length` bytes. */
export function wireIovec(words: Int32Array, i: number, address: number, length: number): void {
  const w = (i * IOVEC_BYTES) >> 2;
  words[w] = address | 0;
  words[w + 1] = (address / TWO_32) | 0;
  words[w + 2] = length;
  words[w + 3] = 0;
}

/** msg_len: bytes that recvmmsg or sendmmsg moved for header `i`. */
export function messageLength(words: Int32Array, i: number): number {
  return words[((i * MMSGHDR_BYTES) >> 2) + HEADER_LENGTH]!;
}

/** msg_flags of header `i`. */
export function messageFlags(words: Int32Array, i: number): number {
  return words[((i * MMSGHDR_BYTES) >> 2) + HEADER_FLAGS]!;
}

/** msg_controllen of header `i`, as the kernel left it. */
export function controlLength(words: Int32Array, i: number): number {
  return words[((i * MMSGHDR_BYTES) >> 2) + HEADER_CONTROL_LENGTH]!;
}

/** Reverses the bytes of a word: network order and back. */
export function swap(w: number): number {
  return (w << 24) | ((w & 0xff00) << 8) | ((w >>> 8) & 0xff00) | (w >>> 24);
}

function swapPort(port: number): number {
  return ((port & 0xff) << 8) | ((port >>> 8) & 0xff);
}

/** Writes an endpoint as the socket address that starts at word `w`; false when the socket's family cannot hold it. */
export function writeName(words: Int32Array, w: number, isV6: boolean, endpoint: Int32Array, at: number): boolean {
  const v4 = isV4(endpoint, at);
  if (v4 === isV6) return false;
  const port = swapPort(endpoint[at + 4]!) << 16;
  if (v4) {
    words[w] = AF_INET | port;
    words[w + 1] = swap(endpoint[at + 3]!);
    return true;
  }
  words[w] = AF_INET6 | port;
  words[w + 1] = 0;
  for (let i = 0; i < 4; i++) words[w + 2 + i] = swap(endpoint[at + i]!);
  words[w + 6] = endpoint[at + 5]!;
  return true;
}

/** Reads the socket address that starts at word `w`. */
export function readName(words: Int32Array, w: number, endpoint: Int32Array, at: number): void {
  const head = words[w]!;
  endpoint[at + 4] = swapPort(head >>> 16);
  if ((head & 0xffff) === AF_INET6) {
    for (let i = 0; i < 4; i++) endpoint[at + i] = swap(words[w + 2 + i]!);
    endpoint[at + 5] = words[w + 6]!;
    return;
  }
  endpoint[at] = 0;
  endpoint[at + 1] = 0;
  endpoint[at + 2] = 0xffff;
  endpoint[at + 3] = swap(words[w + 1]!);
  endpoint[at + 5] = 0;
}

/** Room for one endpoint. */
export function emptyEndpoint(): Int32Array {
  return new Int32Array(ENDPOINT_WORDS);
}

/** Writes `struct epoll_event` at the start of `memory`: interest in `events`, reported back with `data`. */
export function writeEpollEvent(memory: Memory, events: number, data: number): void {
  memory.words[0] = events;
  memory.words[EPOLL_DATA] = data;
  memory.words[EPOLL_DATA + 1] = 0;
}

/** `events` of the i-th reported event. */
export function epollEvents(words: Int32Array, i: number): number {
  return words[(i * EPOLL_EVENT_BYTES) >> 2]!;
}

/** `data` of the i-th reported event. */
export function epollData(words: Int32Array, i: number): number {
  return words[((i * EPOLL_EVENT_BYTES) >> 2) + EPOLL_DATA]!;
}

/** `msg_namelen` of header `i`, as the kernel left it. */
export function nameLength(words: Int32Array, i: number): number {
  return words[((i * MMSGHDR_BYTES) >> 2) + HEADER_NAME_LENGTH]!;
}

/** struct pollfd. */
export const POLLFD_BYTES = 8;

/** Writes the one pollfd of `memory`. */
export function writePollfd(memory: Memory, fd: number, events: number): void {
  memory.words[0] = fd;
  memory.words[1] = events;
}

/** What poll reported in it. */
export function pollEvents(memory: Memory): number {
  return memory.words[1]! >>> 16;
}
