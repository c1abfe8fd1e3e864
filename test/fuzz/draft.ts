// The message that is being made: bytes that can be spliced.

/** Room for the largest datagram, and for mutations that try to exceed it. */
const ROOM = 1 << 18;
/** Largest UDP payload over IPv4. */
const LARGEST = 65_507;

/** A growing and shrinking range of bytes; reused for every message. */
export class Draft {
  readonly bytes: Buffer = Buffer.alloc(ROOM);
  length = 0;

  /** Begins anew with this text (latin1) or these bytes. */
  set(from: string | Uint8Array): void {
    this.length = 0;
    this.splice(0, 0, from);
  }

  /** Takes `cut` bytes out at `at` and puts the text or bytes (which must not be the draft's own) in; what exceeds a datagram is cut off. */
  splice(at: number, cut: number, from: string | Uint8Array): void {
    const start = Math.min(at, this.length);
    const tail = Math.min(start + cut, this.length);
    const size = Math.min(from.length, ROOM - LARGEST - start);
    this.bytes.copyWithin(start + size, tail, this.length);
    if (typeof from === "string") this.bytes.write(from, start, size, "latin1");
    else this.bytes.set(from.subarray(0, size), start);
    this.length = Math.min(LARGEST, this.length - (tail - start) + size);
  }

  /** A copy of a range. */
  copy(start: number, end: number): Buffer {
    return Buffer.from(this.bytes.subarray(start, Math.min(end, this.length)));
  }
}
