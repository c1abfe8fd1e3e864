// The clock that connections read, moved on by the test: who waits for nothing is not held up by a busy machine, and limits can be
// as long as they are for users.
import type { TestContext } from "node:test";
import { setTimeout as pause } from "node:timers/promises";

/** Long enough for several looks at every connection (see sweep.ts), in real milliseconds. */
const SOME_LOOKS = 100;
const MOST_JUMPS = 4;

/** `performance.now` of this thread for the duration of a test. */
export class Clock {
  #ahead = 0;

  constructor(t: TestContext) {
    const real = performance.now.bind(performance);
    t.mock.method(performance, "now", () => real() + this.#ahead);
  }

  /** Moves it on by so many milliseconds. */
  jump(milliseconds: number): void {
    this.#ahead += milliseconds;
  }

  /** Moves it on, and lets connections be looked at. */
  async pass(milliseconds: number): Promise<void> {
    this.jump(milliseconds);
    await pause(SOME_LOOKS);
  }

  /** Lets so many milliseconds pass again and again, until it `isOver`: what moved meanwhile has its time from then on. Throws when that is never. */
  async passUntil(isOver: () => boolean, milliseconds: number): Promise<void> {
    for (let jumps = 0; jumps < MOST_JUMPS && !isOver(); jumps++) await this.pass(milliseconds);
    if (!isOver()) throw new Error(`not over after ${MOST_JUMPS} times ${milliseconds} ms`);
  }
}
