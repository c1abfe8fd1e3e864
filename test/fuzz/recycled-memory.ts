// Memory for the tables of one world after the other. A worker reserves its own once; thousands of worlds in one process would have the
// collector run after 16 MiB again and again, while some message is being measured.

/** Gives out zeroed buffers, and the same ones again to the next world. */
export class RecycledMemory {
  readonly #free: Map<number, ArrayBuffer[]> = new Map();
  readonly #used: ArrayBuffer[] = [];

  /** All that was given out is nobody's any more, and zeroed: before a world begins, not while its messages are measured. */
  recycle(): void {
    for (const buffer of this.#used.splice(0)) {
      new Uint8Array(buffer).fill(0);
      const alike = this.#free.get(buffer.byteLength);
      if (alike === undefined) this.#free.set(buffer.byteLength, [buffer]);
      else alike.push(buffer);
    }
  }

  /** A `Reserve` of proxy/reserve.ts. */
  reserve(bytes: number): ArrayBuffer {
    const buffer = this.#free.get(bytes)?.pop() ?? new ArrayBuffer(bytes);
    this.#used.push(buffer);
    return buffer;
  }
}
