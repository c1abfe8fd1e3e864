// A peer's address as numbers. Six 32-bit words in an Int32Array: the 128-bit address (IPv4 as ::ffff:a.b.c.d, network
// order, word 0 first), the port, the IPv6 scope id. Every table, ring and batch uses this layout.
import { isIPv4, isIPv6 } from "node:net";

/** Words per endpoint: address 0-3, port 4, scope id 5. */
export const ENDPOINT_WORDS = 6;

const DOT = 0x2e;
const ZERO = 0x30;

/** Copies one endpoint. */
export function copyEndpoint(from: Int32Array, at: number, to: Int32Array, toAt: number): void {
  to[toAt] = from[at]!;
  to[toAt + 1] = from[at + 1]!;
  to[toAt + 2] = from[at + 2]!;
  to[toAt + 3] = from[at + 3]!;
  to[toAt + 4] = from[at + 4]!;
  to[toAt + 5] = from[at + 5]!;
}

/** Same address and port (the scope is not compared: one peer, one interface). */
export function sameEndpoint(a: Int32Array, at: number, b: Int32Array, bAt: number): boolean {
  return (
    a[at + 3] === b[bAt + 3] &&
    a[at + 4] === b[bAt + 4] &&
    a[at] === b[bAt] &&
    a[at + 1] === b[bAt + 1] &&
    a[at + 2] === b[bAt + 2]
  );
}

/** Same address, whatever the port. */
export function sameAddress(a: Int32Array, at: number, b: Int32Array, bAt: number): boolean {
  return a[at + 3] === b[bAt + 3] && a[at] === b[bAt] && a[at + 1] === b[bAt + 1] && a[at + 2] === b[bAt + 2];
}

/** Whether the endpoint holds an IPv4 address. */
export function isV4(words: Int32Array, at: number): boolean {
  return words[at] === 0 && words[at + 1] === 0 && words[at + 2] === 0xffff;
}

/** A 32-bit mix of address and port, for hash tables (not keyed). */
export function hashEndpoint(words: Int32Array, at: number): number {
  let h = Math.imul(words[at + 3]! ^ words[at]!, 0x9e3779b1) ^ Math.imul(words[at + 4]! ^ words[at + 2]!, 0x85ebca6b);
  h ^= words[at + 1]!;
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  return h ^ (h >>> 13);
}

/** Writes a numeric host (IPv6 with or without brackets, `%scope` accepted as a number) and port; false if not numeric. */
export function parseEndpoint(host: string, port: number, to: Int32Array, at: number): boolean {
  const isBracketed = host.startsWith("[") && host.endsWith("]");
  let text = isBracketed ? host.slice(1, -1) : host;
  let scope = 0;
  const percent = text.indexOf("%");
  if (percent >= 0) {
    if (!/^\d{1,9}$/.test(text.slice(percent + 1))) return false;
    scope = Number(text.slice(percent + 1));
    text = text.slice(0, percent);
  }
  if (isIPv4(text) && !isBracketed && percent < 0) {
    to[at] = 0;
    to[at + 1] = 0;
    to[at + 2] = 0xffff;
    to[at + 3] = wordOfV4(text);
  } else if (isIPv6(text)) {
    writeV6(text, to, at);
  } else return false;
  to[at + 4] = port;
  to[at + 5] = scope;
  return true;
}

function wordOfV4(text: string): number {
  let word = 0;
  let part = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code !== DOT) part = part * 10 + code - ZERO;
    else {
      word = (word << 8) | part;
      part = 0;
    }
  }
  return (word << 8) | part;
}

function writeV6(text: string, to: Int32Array, at: number): void {
  const dot = text.lastIndexOf(":");
  let plain = text;
  if (text.includes(".")) {
    const word = wordOfV4(text.slice(dot + 1));
    plain = `${text.slice(0, dot + 1)}${(word >>> 16).toString(16)}:${(word & 0xffff).toString(16)}`;
  }
  const [head = "", tail] = plain.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill("0"), ...right].map((g) =>
    Number.parseInt(g, 16),
  );
  for (let i = 0; i < 4; i++) to[at + i] = (groups[2 * i]! << 16) | groups[2 * i + 1]!;
}

/** The address alone: `10.0.0.1`, or `2001:db8::1` without brackets. */
export function formatAddress(words: Int32Array, at: number): string {
  if (isV4(words, at)) {
    const w = words[at + 3]!;
    return `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`;
  }
  const groups: string[] = [];
  for (let i = 0; i < 4; i++) groups.push((words[at + i]! >>> 16).toString(16), (words[at + i]! & 0xffff).toString(16));
  // The URL parser knows RFC 5952's shortest form.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

/** `10.0.0.1:5060` or `[2001:db8::1]:5060`. For logs and pages; never on the packet path. */
export function formatEndpoint(words: Int32Array, at: number): string {
  const address = formatAddress(words, at);
  return isV4(words, at) ? `${address}:${words[at + 4]}` : `[${address}]:${words[at + 4]}`;
}
