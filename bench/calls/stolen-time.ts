// What a hypervisor has taken from a virtual machine's cores, and when: whoever waited for that did not wait for what is measured.
import { ticksOf } from "./cpu.ts";

/** Milliseconds between two looks: each is a way into the kernel that calls would wait for. */
const WINDOW = 100;

/** Watches all cores; `look` is called over and over. */
export class StolenTime {
  /** When each window ended, and whether something was taken in it. */
  readonly #ends: number[] = [];
  readonly #isStolen: boolean[] = [];
  #before = stolen();

  /** Looks when it is time; `now` by performance.now. */
  look(now: number): void {
    const last = this.#ends.at(-1);
    if (last !== undefined && now - last < WINDOW) return;
    const all = stolen();
    this.#ends.push(now);
    this.#isStolen.push(all !== this.#before);
    this.#before = all;
  }

  /** Whether nothing was taken from `from` to `to`, nor a window before and after: the system counts in ticks, and late. */
  isUntouched(from: number, to: number): boolean {
    for (const [i, end] of this.#ends.entries()) {
      if (!this.#isStolen[i] || end + WINDOW < from) continue;
      if ((this.#ends[i - 1] ?? Number.NEGATIVE_INFINITY) - WINDOW < to) return false;
    }
    return true;
  }
}

/** Ticks taken from all cores since the machine was started; 0 where nobody counts them. */
function stolen(): number {
  return ticksOf("all")[7] ?? 0;
}
