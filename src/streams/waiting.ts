// What waits for a connection that is not there yet.

/** What was to be sent before the connection was there. */
export interface Waiting {
  /** Who wants it sent. */
  readonly worker: number;
  readonly bytes: Buffer;
}

/** All that waits for one connection, in the order in which it is to be sent. */
export class WaitingRoom {
  #all: Waiting[] = [];
  #bytes = 0;

  /** What waits. */
  get all(): readonly Waiting[] {
    return this.#all;
  }

  /** How many bytes that are. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Keeps a copy of `start..end`, which `worker` wants sent. */
  add(worker: number, bytes: Buffer, start: number, end: number): void {
    this.#all.push({ worker, bytes: Buffer.from(bytes.subarray(start, end)) });
    this.#bytes += end - start;
  }

  /** This one is not to be sent any more. */
  withdraw(one: Waiting): void {
    const at = this.#all.indexOf(one);
    if (at < 0) return;
    this.#all.splice(at, 1);
    this.#bytes -= one.bytes.length;
  }

  /** What waits; empty afterwards. */
  takeAll(): readonly Waiting[] {
    const all = this.#all;
    this.#all = [];
    this.#bytes = 0;
    return all;
  }
}
