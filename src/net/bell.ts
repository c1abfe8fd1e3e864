// Bells wake a batched plane that sleeps: one eventfd per worker, opened by main, rung by any thread.

import { Memory } from "./layout.ts";
import { EFD_CLOEXEC, EFD_NONBLOCK, type Libc } from "./libc.ts";

/** Opens a bell: an eventfd on which a batched plane may sleep. Returns -1 on failure. */
export function openBell(libc: Libc): number {
  return libc.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

/** Rings bells from one thread; allocation-free. */
export class Ringer {
  readonly #libc: Libc;
  readonly #one: Memory;

  constructor(libc: Libc) {
    this.#libc = libc;
    this.#one = new Memory(libc, 8);
    this.#one.words[0] = 1;
  }

  /** Wakes the plane that sleeps on this bell. */
  ring(bell: number): void {
    this.#libc.write(bell, this.#one.address, 8);
  }
}
