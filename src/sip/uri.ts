// A URI as offsets: what routing needs of sip and sips, the scheme of all others (RFC 3261 19.1, RFC 3966, RFC 5031).
import { skipHost } from "./host.ts";
import { ascii, CLASS, Class, equalsIgnoreCase, parseDecimal, skipClass } from "./scan.ts";

// Constants of our own: see CLASS.
const CLASSES = CLASS;
const SCHEME = Class.scheme;
const URI = Class.uri;
const DIGIT = Class.digit;

/** URI schemes; `urn` is accepted because emergency calls carry it. */
export const Scheme = { other: 0, sip: 1, sips: 2, tel: 3, urn: 4 } as const;
export type Scheme = (typeof Scheme)[keyof typeof Scheme];

/** Values of the transport parameter. */
export const UriTransport = { none: 0, udp: 1, tcp: 2, tls: 3, ws: 4, wss: 5, sctp: 6, other: 7 } as const;
export type UriTransport = (typeof UriTransport)[keyof typeof UriTransport];

const SCHEME_NAMES: readonly Uint8Array[] = ["", "sip", "sips", "tel", "urn"].map(ascii);
const TRANSPORT_NAMES: readonly Uint8Array[] = ["", "udp", "tcp", "tls", "ws", "wss", "sctp"].map(ascii);
const TRANSPORT = ascii("transport");
const LR = ascii("lr");
const MADDR = ascii("maddr");

/** A view of one URI; offsets are of the bytes given to `reset`, -1 means absent. */
export class UriView {
  bytes: Uint8Array = new Uint8Array(0);
  start = -1;
  end = -1;
  scheme: Scheme = 0;
  /** User with its password, without the "@". */
  userStart = -1;
  userEnd = -1;
  /** Host without port; IPv6 with its brackets. */
  hostStart = -1;
  hostEnd = -1;
  /** 0 when none is given. */
  port = 0;
  /** From the first semicolon to the end of the last parameter; empty (start = end) without parameters. */
  paramsStart = -1;
  paramsEnd = -1;
  /** From the question mark to the end. */
  headersStart = -1;
  headersEnd = -1;
  transport: UriTransport = 0;
  hasLr = false;
  hasMaddr = false;
  /** What `findParam` found: value of the parameter, -1 when it has none. */
  paramValueStart = -1;
  paramValueEnd = -1;

  /**
   * Reads the URI that fills `start..end`. False when it is malformed. For schemes other than sip and sips only the scheme
   * is looked at, and nothing but visible characters is accepted.
   */
  reset(bytes: Uint8Array, start: number, end: number): boolean {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.scheme = 0;
    this.userStart = -1;
    this.userEnd = -1;
    this.hostStart = -1;
    this.hostEnd = -1;
    this.port = 0;
    this.paramsStart = -1;
    this.paramsEnd = -1;
    this.headersStart = -1;
    this.headersEnd = -1;
    this.transport = 0;
    this.hasLr = false;
    this.hasMaddr = false;
    if (
      end - start > 4 &&
      bytes[start + 3] === 0x3a &&
      bytes[start] === 0x73 &&
      bytes[start + 1] === 0x69 &&
      bytes[start + 2] === 0x70
    ) {
      this.scheme = Scheme.sip;
      return this.#sip(start + 4);
    }
    const colon = skipClass(bytes, start, end, SCHEME);
    if (colon >= end || colon === start || bytes[colon] !== 0x3a || (bytes[start]! | 0x20) < 0x61) return false;
    const length = colon - start;
    if (length === 3 || length === 4) {
      for (let scheme = 1; scheme < SCHEME_NAMES.length; scheme++) {
        if (equalsIgnoreCase(bytes, start, colon, SCHEME_NAMES[scheme]!)) {
          this.scheme = scheme as Scheme;
          break;
        }
      }
    }
    if (this.scheme === Scheme.sip || this.scheme === Scheme.sips) return this.#sip(colon + 1);
    let at = colon + 1;
    while (at < end && bytes[at]! > 0x20 && bytes[at] !== 0x7f && bytes[at] !== 0x3c && bytes[at] !== 0x3e) at++;
    return at === end && at > colon + 1;
  }

  /** Looks a URI parameter up by name (lower case). A parameter that appears twice is found the first time. */
  findParam(name: Uint8Array): boolean {
    const bytes = this.bytes;
    let at = this.paramsStart;
    this.paramValueStart = -1;
    this.paramValueEnd = -1;
    while (at >= 0 && at < this.paramsEnd) {
      const nameStart = at + 1;
      let p = nameStart;
      let equals = -1;
      for (; p < this.paramsEnd && bytes[p] !== 0x3b; p++) if (equals < 0 && bytes[p] === 0x3d) equals = p;
      if (equalsIgnoreCase(bytes, nameStart, equals < 0 ? p : equals, name)) {
        if (equals >= 0) {
          this.paramValueStart = equals + 1;
          this.paramValueEnd = p;
        }
        return true;
      }
      at = p;
    }
    return false;
  }

  #sip(start: number): boolean {
    const { bytes, end } = this;
    // The user part may contain ":", ";" and "?": only an "@" tells where it ends, and none may follow it.
    let host = start;
    for (let at = start; at < end; at++) {
      const c = bytes[at]!;
      if (c === 0x40) {
        if (host !== start || at === start || bytes[start] === 0x3a) return false;
        this.userStart = start;
        this.userEnd = at;
        host = at + 1;
      } else if ((CLASSES[c]! & URI) === 0) return false;
    }
    const hostEnd = skipHost(bytes, host, end);
    if (hostEnd <= host) return false;
    this.hostStart = host;
    this.hostEnd = hostEnd;
    let at = hostEnd;
    if (at < end && bytes[at] === 0x3a) {
      const digits = at + 1;
      at = skipClass(bytes, digits, end, DIGIT);
      this.port = parseDecimal(bytes, digits, at, 65_535);
      if (this.port <= 0) {
        this.port = 0;
        return false;
      }
    }
    this.paramsStart = at;
    this.paramsEnd = at;
    if (at < end && bytes[at] === 0x3b) {
      while (at < end && bytes[at] !== 0x3f) at++;
      this.paramsEnd = at;
      if (!this.#params()) return false;
    }
    if (at === end) return true;
    if (bytes[at] !== 0x3f) return false;
    this.headersStart = at;
    this.headersEnd = end;
    return true;
  }

  /** Notes transport, lr and maddr; false when a parameter has no name. */
  #params(): boolean {
    const { bytes, paramsEnd } = this;
    let at = this.paramsStart;
    while (at < paramsEnd) {
      const nameStart = at + 1;
      let p = nameStart;
      let nameEnd = -1;
      for (; p < paramsEnd && bytes[p] !== 0x3b; p++) if (nameEnd < 0 && bytes[p] === 0x3d) nameEnd = p;
      const end = nameEnd < 0 ? p : nameEnd;
      if (end === nameStart) return false;
      const length = end - nameStart;
      if (length === 2 && equalsIgnoreCase(bytes, nameStart, end, LR)) this.hasLr = true;
      else if (length === 5 && equalsIgnoreCase(bytes, nameStart, end, MADDR)) this.hasMaddr = true;
      else if (length === 9 && this.transport === 0 && equalsIgnoreCase(bytes, nameStart, end, TRANSPORT)) {
        this.transport = transportOf(bytes, end < p ? end + 1 : p, p);
      }
      at = p;
    }
    return true;
  }
}

/** The transport named by `start..end`, in any case. */
export function transportOf(bytes: Uint8Array, start: number, end: number): UriTransport {
  for (let id = 1; id < TRANSPORT_NAMES.length; id++) {
    if (equalsIgnoreCase(bytes, start, end, TRANSPORT_NAMES[id]!)) return id as UriTransport;
  }
  return UriTransport.other;
}
