// One change of the configuration at a time, in the order in which they were asked for; and whether there is any.

/** A queue of work on what only one may change at a time. */
export class Turns {
  #queue: Promise<unknown> = Promise.resolve();
  #underWay = 0;

  /** Whether somebody waits for his turn, has it, or is about to ask for it (`counted`). */
  get isBusy(): boolean {
    return this.#underWay > 0;
  }

  /** Does `work` when what was asked for before has been done, well or not. Settles as `work` does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.counted(() => this.#queue.then(work));
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  /** Does `work` at once; while it goes on, this counts as busy. Settles as `work` does. */
  async counted<T>(work: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await work();
    } finally {
      this.#underWay--;
    }
  }
}
