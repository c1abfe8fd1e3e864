// Whether what a connection was given to send leaves. A peer that does not read lets nothing go, and keeps what waits for it.

/** What of the bytes given to a connection has left. */
export class Outflow {
  /** Bytes that it was given, ever. */
  given = 0;
  /** How many of them had left when that was looked at, and when that was other than before. */
  #left = 0;
  #leftAt = 0;

  /**
   * For how long, as far as was looked at, bytes have waited and none has left, in the unit of `now`; 0 where none waits. `backlog` of
   * `connection` are the bytes that wait.
   */
  stoodFor(now: number, connection: { readonly backlog: number }): number {
    // Mostly everything had left and nothing was sent since: no need to ask.
    const left = this.#left === this.given ? this.given : this.given - connection.backlog;
    if (left >= this.given || left !== this.#left || this.#leftAt === 0) {
      this.#left = left;
      this.#leftAt = now;
      return 0;
    }
    return now - this.#leftAt;
  }
}
