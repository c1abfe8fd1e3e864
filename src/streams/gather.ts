// What leaves over one connection in one turn is put together here and written with one call: the ring's bytes are the
// ring's, and a buffer per message would be garbage per message.

/** Bytes of a buffer: some thirty messages. What is longer gets a buffer of its own. */
const BYTES = 16_384;
/** Buffers kept for the next turn. */
const MOST = 64;

const free: Buffer[] = [];

/** A buffer with room for `bytes`. */
export function borrow(bytes: number): Buffer {
  if (bytes > BYTES) return Buffer.allocUnsafeSlow(bytes);
  return free.pop() ?? Buffer.allocUnsafeSlow(BYTES);
}

/** Gives back what nobody reads any more. */
export function giveBack(buffer: Buffer): void {
  if (buffer.length === BYTES && free.length < MOST) free.push(buffer);
}
