// A second reader of SIP messages, written from RFC 3261 section 7 alone and sharing nothing with src/sip: what leaves the
// balancer must mean the same to a reader that knows lines, and nothing else. It may be slow, and it may be stricter.

const LF = 10;
const CR = 13;
const COLON = 58;
/** A datagram of nothing but the shortest lines has fewer. */
const MAX_LINES = 24_000;
const TOKEN = new Set(
  [..."abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.!%*_+`'~"].map((c) => c.charCodeAt(0)),
);
const isToken = Uint8Array.from({ length: 256 }, (_, c) => (TOKEN.has(c) ? 1 : 0));
const COMPACT: Readonly<Record<string, string>> = {
  v: "via",
  f: "from",
  t: "to",
  i: "call-id",
  l: "content-length",
  s: "subject",
};
const START = /^(?:SIP\/2\.0 [1-6]\d\d(?: [^\r\n\0]*)?|[-A-Za-z0-9.!%*_+`'~]+ [^ \t\r\n\0]+ SIP\/2\.0)$/i;
/** Exactly one of each in a complete message. */
const SINGLE = ["from", "to", "call-id", "cseq"];

/** One message at a time, as its header lines. */
export class StrictReader {
  bytes: Buffer = Buffer.alloc(0);
  startLine = "";
  /** Header lines, folded ones whole, with their line ends; names in lower case, compact forms spelled out. */
  count = 0;
  readonly start: Int32Array = new Int32Array(MAX_LINES);
  readonly end: Int32Array = new Int32Array(MAX_LINES);
  readonly name: string[] = new Array<string>(MAX_LINES).fill("");
  bodyStart = 0;
  bodyEnd = 0;

  /** Reads the message that fills `from..to`; returns what is wrong with it, or nothing. `complete` asks for all of Via, From, To, Call-ID and CSeq. */
  read(bytes: Buffer, from: number, to: number, complete: boolean): string {
    this.bytes = bytes;
    this.count = 0;
    let at = this.#lineEnd(from, to);
    if (at < 0) return "the start line has no end";
    this.startLine = bytes.toString("latin1", from, at);
    if (!START.test(this.startLine)) return "this is no start line";
    at += 2;
    let length = -1;
    for (;;) {
      if (at + 1 < to && bytes[at] === CR && bytes[at + 1] === LF) break;
      const start = at;
      do {
        const end = this.#lineEnd(at, to);
        if (end < 0) return `line ${this.count + 1}: bare CR, LF or NUL, or no end`;
        if (at > start && /^[ \t]*$/.test(bytes.toString("latin1", at, end)))
          return `line ${this.count + 1}: a fold without text`;
        at = end + 2;
      } while (bytes[at] === 32 || bytes[at] === 9);
      const name = this.#name(start, at);
      if (name === "") return `line ${this.count + 1}: no header name`;
      if (this.count === MAX_LINES) return "too many lines";
      this.start[this.count] = start;
      this.end[this.count] = at;
      this.name[this.count++] = name;
      if (name !== "content-length") continue;
      const value = bytes.toString("latin1", bytes.indexOf(COLON, start) + 1, at).trim();
      if (length >= 0) return "two Content-Lengths";
      if (!/^0*\d{1,10}$/.test(value)) return `Content-Length ${value}`;
      length = Number(value);
    }
    this.bodyStart = at + 2;
    this.bodyEnd = to;
    if (length >= 0 && length !== to - this.bodyStart) return `Content-Length ${length}, body ${to - this.bodyStart}`;
    return complete ? this.#missing() : this.number("via") > 0 ? "" : "no Via";
  }

  /** How many lines have this name. */
  number(name: string): number {
    let number = 0;
    for (let i = 0; i < this.count; i++) if (this.name[i] === name) number++;
    return number;
  }

  /** Index of the first line of this name, or -1. */
  find(name: string, from = 0): number {
    for (let i = from; i < this.count; i++) if (this.name[i] === name) return i;
    return -1;
  }

  /** A line as text, without its end. */
  text(i: number): string {
    return this.bytes.toString("latin1", this.start[i], this.end[i]! - 2);
  }

  #missing(): string {
    if (this.number("via") === 0) return "no Via";
    for (const name of SINGLE) if (this.number(name) !== 1) return `${this.number(name)} times ${name}`;
    return "";
  }

  #name(start: number, end: number): string {
    const { bytes } = this;
    let at = start;
    while (isToken[bytes[at]!] === 1) at++;
    let colon = at;
    while (bytes[colon] === 32 || bytes[colon] === 9) colon++;
    if (at === start || colon >= end || bytes[colon] !== COLON) return "";
    const name = bytes.toString("latin1", start, at).toLowerCase();
    return COMPACT[name] ?? name;
  }

  /** Offset of the CRLF that ends the line; -1 when something else ends or cuts it. NUL may stand behind a backslash only. */
  #lineEnd(from: number, to: number): number {
    const { bytes } = this;
    for (let at = from; at < to; at++) {
      const c = bytes[at]!;
      if (c > CR) continue;
      if (c === CR) return at + 1 < to && bytes[at + 1] === LF ? at : -1;
      if (c === LF) return -1;
      if (c !== 0) continue;
      let slashes = 0;
      while (at - 1 - slashes >= from && bytes[at - 1 - slashes] === 0x5c) slashes++;
      if ((slashes & 1) === 0) return -1;
    }
    return -1;
  }
}
