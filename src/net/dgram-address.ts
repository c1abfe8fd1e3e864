// The addresses that node:dgram gives and takes are strings; these convert them without regular expressions or arrays.
import { networkInterfaces } from "node:os";
import { isV4, parseEndpoint } from "./endpoint.ts";

/** Writes a sender (`rinfo`) as an endpoint; false if it is not an address. */
export function parsePeer(address: string, port: number, to: Int32Array, at: number): boolean {
  const word = parseV4(address);
  if (word < 0) return parseV6(address, port, to, at);
  to[at] = 0;
  to[at + 1] = 0;
  to[at + 2] = 0xffff;
  to[at + 3] = word;
  to[at + 4] = port;
  to[at + 5] = 0;
  return true;
}

/** The 32 bits of a dotted quad as an unsigned number, -1 if the text is none. */
function parseV4(text: string): number {
  let word = 0;
  let part = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 46) {
      word = word * 256 + part;
      part = 0;
    } else if (c >= 48 && c <= 57) part = part * 10 + c - 48;
    else return -1;
  }
  return word * 256 + part;
}

function parseV6(address: string, port: number, to: Int32Array, at: number): boolean {
  const percent = address.indexOf("%");
  if (percent < 0) return parseEndpoint(address, port, to, at);
  if (!parseEndpoint(address.slice(0, percent), port, to, at)) return false;
  to[at + 5] = scopeOf(address.slice(percent + 1));
  return true;
}

/** The address as dgram's `send` takes it: IPv6 in full, a scope as the interface's name. */
export function formatPeer(words: Int32Array, at: number): string {
  if (isV4(words, at)) {
    const w = words[at + 3]!;
    return `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`;
  }
  let text = "";
  for (let i = 0; i < 4; i++) {
    const w = words[at + i]!;
    text += `${i === 0 ? "" : ":"}${(w >>> 16).toString(16)}:${(w & 0xffff).toString(16)}`;
  }
  const scope = words[at + 5]!;
  return scope === 0 ? text : `${text}%${nameOf(scope)}`;
}

// Link-local peers are rare (nobody routes SIP through them): asking the system each time is good enough.
function scopeOf(name: string): number {
  for (const address of networkInterfaces()[name] ?? []) {
    if (address.family === "IPv6" && address.scopeid !== undefined && address.scopeid > 0) return address.scopeid;
  }
  const numeric = Number(name);
  return Number.isInteger(numeric) ? numeric : 0;
}

function nameOf(scope: number): string {
  for (const [name, addresses] of Object.entries(networkInterfaces())) {
    for (const address of addresses ?? []) if (address.family === "IPv6" && address.scopeid === scope) return name;
  }
  return String(scope);
}
