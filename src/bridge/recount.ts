// The recount: what each worker found when it went through its tables, beside what it held for true, and whose calls main has
// declared over. A column per worker and figure, a row per destination and one more for calls outside of all.

import { ACCOUNT_SHIFT, MAX_ACCOUNTS } from "./resource-loads.ts";

/** Rows reserved for destinations. */
export const MAX_DESTINATIONS = 65_536;
/** The row of calls whose callee is no destination. */
export const OUTSIDE: number = MAX_DESTINATIONS;
/** What main asks for, in the low bits of the number that it asks by. */
export const RecountWish = { repair: 1, release: 2 } as const;
/** The number of a recount is what is above these bits. */
export const RECOUNT_SHIFT = 2;

const ROWS = MAX_DESTINATIONS + 1;
const COLUMNS = 3;
/** A cell per account and resource (resource-loads.ts). */
const CELLS = MAX_ACCOUNTS << ACCOUNT_SHIFT;

/** Reserves the memory. */
export function createRecountMemory(workers: number): SharedArrayBuffer {
  return new SharedArrayBuffer(((1 + workers * COLUMNS) * ROWS + workers * (CELLS + 1)) * 4);
}

/** The columns of one worker, and the marks that main sets for all of them. */
export class RecountColumns {
  /** 1: calls there are over (`RecountWish.release`). */
  readonly over: Int32Array;
  /** Calls that transactions hold, and those that dialogs hold, as found. */
  readonly transactions: Int32Array;
  readonly dialogs: Int32Array;
  /** What was counted at that moment, before any repair. */
  readonly held: Int32Array;
  /** By how much more of each resource was counted than is held. */
  readonly resources: Int32Array;
  /** One cell: calls that destinations made whose resources were given back, ever (`RecountWish.release`). */
  readonly givenBack: Int32Array;

  constructor(memory: SharedArrayBuffer, worker: number, workers: number) {
    const column = (i: number) => new Int32Array(memory, i * ROWS * 4, ROWS);
    this.over = column(0);
    this.transactions = column(1 + worker * COLUMNS);
    this.dialogs = column(2 + worker * COLUMNS);
    this.held = column(3 + worker * COLUMNS);
    const cells = (1 + workers * COLUMNS) * ROWS;
    this.resources = new Int32Array(memory, (cells + worker * CELLS) * 4, CELLS);
    this.givenBack = new Int32Array(memory, (cells + workers * CELLS + worker) * 4, 1);
  }
}
