// How much of each named resource is in use, by account: shared memory that all workers count in, and a column per worker, so that
// what a dead one held can be taken back.
import { MAX_RESOURCES } from "../dispatch/resources.ts";

/** Rows: an account per server that has resources. */
export const MAX_ACCOUNTS = 65_536;
/** Cells in a row: one for each resource by its number, 0 to `MAX_RESOURCES` - 1, and one to make it 32. */
export const ACCOUNT_SHIFT = 5;
const CELLS = MAX_ACCOUNTS << ACCOUNT_SHIFT;
/** The cell that no resource has, of the first account: how many accounts there have ever been. */
const ROWS = MAX_RESOURCES;

/** Reserves the shared memory (untouched pages cost nothing). */
export function createResourceMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(CELLS * (1 + workers) * 4);
}

/** A view of it. */
export class ResourceLoads {
  readonly #all: Int32Array;
  readonly #byWorker: Int32Array[] = [];

  constructor(memory: SharedArrayBuffer, workers: number) {
    this.#all = new Int32Array(memory, 0, CELLS);
    for (let w = 0; w < workers; w++) this.#byWorker.push(new Int32Array(memory, (w + 1) * CELLS * 4, CELLS));
  }

  /** How many accounts there have ever been; only they are looked through. */
  get rows(): number {
    return Atomics.load(this.#all, ROWS);
  }

  /** Main thread only. */
  set rows(rows: number) {
    Atomics.store(this.#all, ROWS, rows);
  }

  /** How much is in use, over all workers. */
  load(account: number, resource: number): number {
    return Atomics.load(this.#all, (account << ACCOUNT_SHIFT) + resource);
  }

  /** Whether anything of an account is in use. */
  isInUse(account: number): boolean {
    const at = account << ACCOUNT_SHIFT;
    for (let number = 0; number < MAX_RESOURCES; number++) if (Atomics.load(this.#all, at + number) !== 0) return true;
    return false;
  }

  /**
   * Takes one of each resource that is `needed` (a bit for each), or none of any: false when one is used up. What there is stands in
   * `capacities` from `row` on, `stride` of them, -1: none of it.
   */
  take(worker: number, account: number, needed: number, capacities: Int32Array, row: number, stride: number): boolean {
    for (let number = 0, left = needed; left !== 0; number++, left >>>= 1) {
      if ((left & 1) === 0) continue;
      const capacity = number < stride ? capacities[row + number]! : -1;
      if (capacity >= 0 && this.#takeOne(worker, account, number, capacity)) continue;
      // Those before it go back.
      this.give(worker, account, needed & ((1 << number) - 1));
      return false;
    }
    return true;
  }

  /** Takes one of each that is needed, whether it is there or not. */
  force(worker: number, account: number, needed: number): void {
    const at = account << ACCOUNT_SHIFT;
    const column = this.#byWorker[worker]!;
    for (let number = 0, left = needed; left !== 0; number++, left >>>= 1) {
      if ((left & 1) === 0) continue;
      Atomics.add(this.#all, at + number, 1);
      column[at + number]!++;
    }
  }

  /** Gives one of each back; never below zero (a worker gives back only what its own column holds). */
  give(worker: number, account: number, needed: number): void {
    const at = account << ACCOUNT_SHIFT;
    const column = this.#byWorker[worker]!;
    for (let number = 0, left = needed; left !== 0; number++, left >>>= 1) {
      if ((left & 1) === 0 || column[at + number]! <= 0) continue;
      column[at + number]!--;
      Atomics.sub(this.#all, at + number, 1);
    }
  }

  /** Main thread, after a worker died: takes all that it held out of the totals. */
  forgetWorker(worker: number): void {
    const column = this.#byWorker[worker]!;
    for (let cell = 0; cell < this.rows << ACCOUNT_SHIFT; cell++) {
      const held = column[cell]!;
      if (held === 0) continue;
      column[cell] = 0;
      Atomics.sub(this.#all, cell, held);
    }
  }

  /**
   * What a worker holds beyond what was `found`: by cell, `ACCOUNT_SHIFT` bits of them a row. With `isRepair` it holds that no more. Its
   * own thread only. Returns how many cells differ.
   */
  compare(worker: number, found: Int32Array, drifts: Int32Array, isRepair: boolean): number {
    const column = this.#byWorker[worker]!;
    let wrong = 0;
    for (let cell = 0; cell < found.length; cell++) {
      const drift = column[cell]! - found[cell]!;
      drifts[cell] = drift;
      if (drift === 0) continue;
      wrong++;
      if (!isRepair) continue;
      column[cell] = found[cell]!;
      Atomics.sub(this.#all, cell, drift);
    }
    return wrong;
  }

  #takeOne(worker: number, account: number, number: number, capacity: number): boolean {
    const cell = (account << ACCOUNT_SHIFT) + number;
    for (;;) {
      const now = Atomics.load(this.#all, cell);
      if (now >= capacity) return false;
      if (Atomics.compareExchange(this.#all, cell, now, now + 1) === now) break;
    }
    this.#byWorker[worker]![cell]!++;
    return true;
  }
}
