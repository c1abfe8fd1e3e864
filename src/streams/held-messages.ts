// WebSocket messages that had no room. They lie behind each other as bytes: of the smallest, ten thousand come in one piece of the stream
// before the library pauses, and a buffer each would take many times what came.

/** Bytes that say how long a message is. */
const LENGTH = 4;
/** The first piece of memory. */
const FIRST_BYTES = 2_048;

/** Messages of one connection, oldest first. It holds no memory while there are none. */
export class HeldMessages {
  #bytes: Buffer | null = null;
  #from = 0;
  #to = 0;

  get isEmpty(): boolean {
    return this.#bytes === null;
  }

  /** Puts a copy of `message` behind all others. */
  add(message: Buffer): void {
    const needed = LENGTH + message.length;
    const bytes = this.#withRoom(needed);
    bytes.writeUInt32LE(message.length, this.#to);
    message.copy(bytes, this.#to + LENGTH);
    this.#to += needed;
  }

  /** The oldest one, good until the next `add`; null: there is none. */
  first(): Buffer | null {
    const bytes = this.#bytes;
    if (bytes === null) return null;
    const start = this.#from + LENGTH;
    return bytes.subarray(start, start + bytes.readUInt32LE(this.#from));
  }

  /** Lets go the oldest one. */
  drop(): void {
    const bytes = this.#bytes;
    if (bytes === null) return;
    this.#from += LENGTH + bytes.readUInt32LE(this.#from);
    if (this.#from < this.#to) return;
    this.#bytes = null;
    this.#from = 0;
    this.#to = 0;
  }

  #withRoom(needed: number): Buffer {
    const old = this.#bytes;
    if (old !== null && this.#to + needed <= old.length) return old;
    const kept = this.#to - this.#from;
    const bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, kept * 2 + needed));
    old?.copy(bytes, 0, this.#from, this.#to);
    this.#bytes = bytes;
    this.#from = 0;
    this.#to = kept;
    return bytes;
  }
}
