// What a FreeSWITCH says over its event socket, cut into blocks: header lines, an empty line, and a body where Content-Length says so.

/** One block. */
export interface EventBlock {
  /** By name in lower case; of equal ones the first. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** A heartbeat is not a tenth of it. */
const MOST_BYTES = 16_384;
const TOO_LARGE = `a block of more than ${MOST_BYTES} bytes`;
const NEWLINE = 10;
const LENGTH = /^\d{1,9}$/;

/** Reads one connection, in memory of a fixed size. */
export class EventSocketReader {
  readonly #bytes = Buffer.allocUnsafe(MOST_BYTES);
  #length = 0;
  /** Where the block at hand begins. */
  #start = 0;
  /** How far the end of its headers was looked for. */
  #looked = 0;
  /** Where its body begins; -1: its headers are not whole. */
  #bodyAt = -1;
  #bodyLength = 0;
  #headers: ReadonlyMap<string, string> = new Map();

  /** Takes what was received, and gives every block that is whole to `take`; what is wrong with it, or an empty text. */
  push(chunk: Buffer, take: (block: EventBlock) => void): string {
    for (let at = 0; at < chunk.length; ) {
      const copied = chunk.copy(this.#bytes, this.#length, at, at + MOST_BYTES - this.#length);
      at += copied;
      this.#length += copied;
      const fault = this.#read(take);
      if (fault !== "") return fault;
      this.#moveUp();
      if (this.#length === MOST_BYTES) return TOO_LARGE;
    }
    return "";
  }

  #read(take: (block: EventBlock) => void): string {
    for (;;) {
      if (this.#bodyAt < 0) {
        const end = this.#headersEnd();
        if (end < 0) return "";
        this.#headers = readHeaders(this.#bytes.toString("latin1", this.#start, end));
        const length = this.#headers.get("content-length") ?? "0";
        if (!LENGTH.test(length)) return "a Content-Length that is no number";
        this.#bodyAt = end;
        this.#bodyLength = Number(length);
        if (end - this.#start + this.#bodyLength > MOST_BYTES) return TOO_LARGE;
      }
      const end = this.#bodyAt + this.#bodyLength;
      if (this.#length < end) return "";
      const body = this.#bytes.toString("latin1", this.#bodyAt, end);
      this.#start = end;
      this.#looked = end;
      this.#bodyAt = -1;
      if (this.#headers.size > 0) take({ headers: this.#headers, body });
    }
  }

  /** Behind the empty line; -1: it has not come yet. */
  #headersEnd(): number {
    // Empty lines between blocks mean nothing.
    while (this.#start < this.#length && this.#bytes[this.#start] === NEWLINE) this.#start++;
    for (let at = Math.max(this.#start + 1, this.#looked); at < this.#length; at++)
      if (this.#bytes[at] === NEWLINE && this.#bytes[at - 1] === NEWLINE) return at + 1;
    this.#looked = this.#length;
    return -1;
  }

  /** The block at hand moves to the front. */
  #moveUp(): void {
    this.#bytes.copyWithin(0, this.#start, this.#length);
    this.#length -= this.#start;
    this.#looked -= this.#start;
    if (this.#bodyAt >= 0) this.#bodyAt -= this.#start;
    this.#start = 0;
  }
}

/** Lines of `Name: value`; others are nothing. */
export function readHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>();
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    if (name !== "" && !headers.has(name)) headers.set(name, line.slice(colon + 1).trim());
  }
  return headers;
}
