// Which silence of a destination is a failure in its row: a stranger must not take out who is well by asking for what nobody
// answers.

/** Columns of the live tables, written by all workers. */
export class Silences {
  readonly #failures: Int32Array;
  readonly #answeredAt: Int32Array;
  readonly #accuser: Int32Array;

  /** `failures`: in a row, by slot. The other two are for this alone. */
  constructor(failures: Int32Array, answeredAt: Int32Array, accuser: Int32Array) {
    this.#failures = failures;
    this.#answeredAt = answeredAt;
    this.#accuser = accuser;
  }

  /**
   * Silence to a request that was sent at `sent` is one more of the row, unless the destination has answered another one since: then it is not
   * silent, whatever it thinks of that request. `accuser` is who asked, where that one alone must not make a row; 0: anybody may.
   */
  note(slot: number, sent: number, accuser: number): void {
    if (this.hasEnded(slot, sent)) return;
    if (accuser !== 0 && Atomics.exchange(this.#accuser, slot, accuser) === accuser) return;
    Atomics.add(this.#failures, slot, 1);
  }

  /** The destination answered something at `now`, milliseconds of a clock that workers share and that wraps: its row ends. */
  end(slot: number, now: number): void {
    if (this.#answeredAt[slot] !== now) this.#answeredAt[slot] = now;
    if (this.#failures[slot] === 0) return;
    Atomics.store(this.#failures, slot, 0);
    Atomics.store(this.#accuser, slot, 0);
  }

  /** Whether the destination has answered anything since `time` of that clock. */
  hasEnded(slot: number, time: number): boolean {
    const answered = Atomics.load(this.#answeredAt, slot);
    return answered !== 0 && ((answered - time) | 0) >= 0;
  }

  /** The slot is another destination's. */
  clear(slot: number): void {
    Atomics.store(this.#failures, slot, 0);
    Atomics.store(this.#answeredAt, slot, 0);
    Atomics.store(this.#accuser, slot, 0);
  }
}
