// What a URI says of how it is to be reached, as Kamailio's variables `$rz` and `$rP` have it: also of URIs that nobody else here reads.
import { equalsIgnoreCase } from "../sip/scan.ts";
import { hasUserPhone, splitUri, uriParts } from "./key.ts";

const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;
const QUESTION = 0x3f;
const SCHEMES: readonly Uint8Array[] = ["sip", "sips", "tel", "urn"].map((name) => Buffer.from(name));
const TEL = 2;
const TRANSPORT = Buffer.from("transport");
const NOTHING = new Uint8Array(0);

/** Where `findTransport` found it. */
export const transportPart = { start: 0, end: 0 };

/**
 * Its scheme in small letters; of one that is not known, nothing. A SIP URI with `user=phone` is a telephone number, `tel`, as Kamailio
 * has it.
 */
export function schemeOf(bytes: Uint8Array, start: number, end: number): Uint8Array {
  let colon = start;
  while (colon < end && bytes[colon] !== COLON) colon++;
  for (let i = 0; i < SCHEMES.length; i++) {
    if (!equalsIgnoreCase(bytes, start, colon, SCHEMES[i]!)) continue;
    if (i >= TEL) return SCHEMES[i]!;
    splitUri(bytes, start, end);
    return SCHEMES[hasUserPhone(bytes, uriParts.hostEnd, end) ? TEL : i]!;
  }
  return NOTHING;
}

/** Fills `transportPart` with the value of the parameter `transport`, as it is written; false: it has none. */
export function findTransport(bytes: Uint8Array, start: number, end: number): boolean {
  splitUri(bytes, start, end);
  for (let at = uriParts.hostEnd; at < end && bytes[at] !== QUESTION; at++) {
    const value = at + TRANSPORT.length + 2;
    if (bytes[at] !== SEMICOLON || value > end || bytes[value - 1] !== EQUALS) continue;
    if (!equalsIgnoreCase(bytes, at + 1, value - 1, TRANSPORT)) continue;
    transportPart.start = value;
    transportPart.end = value;
    while (transportPart.end < end && !isEnd(bytes[transportPart.end]!)) transportPart.end++;
    return true;
  }
  return false;
}

function isEnd(byte: number): boolean {
  return byte === SEMICOLON || byte === QUESTION;
}
