// A second reader of streams, written from RFC 3261 18.3 alone and sharing nothing with src/streams: what it finds in the bytes of a
// connection is what is there. It may be slow, and it keeps everything of a message until that is whole.

const CR = 13;
const LF = 10;
/** What a start line begins with: a method or `SIP/2.0`. */
const TOKEN = /^[-A-Za-z0-9.!%*_+`'~]$/;
/** A message as a whole, and its start line and headers, have at most so many bytes. */
const MAX_MESSAGE = 65_507;
const MAX_HEADERS = 32_768;
const START = new RegExp(
  String.raw`^(?:SIP/2\.0 [1-6]\d\d(?: [^\x00-\x08\x0a-\x0d]*)?|` +
    String.raw`[-A-Za-z0-9.!%*_+\x60'~]+(?:[\x00\t\x20-\xff][^\x01-\x08\x0a-\x0d]*)?[ \t]SIP/[^\x01-\x08\x0a-\x0d ]+[ \t]*)\r\n`,
  "i",
);
/** What two readers may think differently of: a length behind it is a length to one of them only. */
const DOUBTFUL = /\r(?!\n)|(?<!\r)\n|\r\n[ \t]+\r\n|\r\n[^:\r\n]*\r\n[ \t]+:|\r\n[\s\S]*(?<!\\)\0/;

/** One direction of a connection. */
export class StreamReader {
  /** Called for every message that is whole. */
  onMessage: (bytes: Buffer) => void = () => {};
  /** Pairs of line ends between messages (RFC 5626 3.5.1). */
  pings = 0;
  /** Nothing behind this point can be told apart. */
  isBroken = false;
  #rest: Buffer = Buffer.alloc(0);
  #lineEnds = 0;

  /** Whether a message has begun that is not whole. */
  get isPartial(): boolean {
    return !this.isBroken && this.#rest.length > 0;
  }

  push(chunk: Buffer): void {
    if (this.isBroken) return;
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    while (!this.isBroken && this.#next());
  }

  /** Takes one thing off; false when there is none that is whole. */
  #next(): boolean {
    const rest = this.#rest;
    if (rest.length === 0) return false;
    if (rest[0] === CR) {
      if (rest.length === 1) return false;
      if (rest[1] !== LF) return this.#break();
      this.#rest = rest.subarray(2);
      this.#lineEnds++;
      if (this.#lineEnds % 2 === 0) this.pings++;
      return true;
    }
    if (!TOKEN.test(String.fromCharCode(rest[0]!))) return this.#break();
    const end = rest.indexOf("\r\n\r\n");
    if (end < 0 || end + 4 > MAX_HEADERS) return rest.length >= MAX_HEADERS ? this.#break() : false;
    const length = lengthOf(rest.toString("latin1", 0, end + 2));
    if (length < 0 || end + 4 + length > MAX_MESSAGE) return this.#break();
    if (rest.length < end + 4 + length) return false;
    this.#rest = rest.subarray(end + 4 + length);
    this.#lineEnds = 0;
    this.onMessage(rest.subarray(0, end + 4 + length));
    return true;
  }

  #break(): false {
    this.isBroken = true;
    return false;
  }
}

/** The body's length by start line and headers; -1 when they do not say, or not to everybody the same. */
function lengthOf(head: string): number {
  if (!START.test(head) || DOUBTFUL.test(head)) return -1;
  const lines = head.replace(/\r\n[ \t]+/g, " ").split("\r\n");
  const values = lines.flatMap((line) => /^(?:content-length|l)[ \t]*:(.*)$/i.exec(line)?.slice(1) ?? []);
  const value = values[0]?.trim() ?? "";
  return values.length === 1 && /^0*\d{1,9}$/.test(value) ? Number(value) : -1;
}
