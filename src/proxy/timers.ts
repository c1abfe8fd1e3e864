// The timers of a worker: what the wheels of its tables do when a row's time has come.
import { dialogTimer } from "./call.ts";
import { branchTimer } from "./client.ts";
import type { Context } from "./context.ts";
import { keepAliveTimer } from "./keep-alive.ts";
import { serverTimer } from "./server.ts";

/** All wheels of one worker. */
export class Timers {
  readonly #c: Context;
  readonly #onTransaction: (row: number) => void;
  readonly #onBranch: (row: number) => void;
  readonly #onDialog: (row: number) => void;
  readonly #onKept: (row: number) => void;

  constructor(context: Context) {
    this.#c = context;
    this.#onTransaction = (row) => serverTimer(context, row);
    this.#onBranch = (row) => branchTimer(context, row);
    this.#onDialog = (row) => dialogTimer(context, row);
    this.#onKept = (row) => keepAliveTimer(context, row);
  }

  /**
   * Fires what is due at the context's time, a bounded number in each table; false when there is more. `mayBeAnswered`: answers may
   * still lie in the sockets, so that no branch is given up for want of one.
   */
  fire(mayBeAnswered: boolean): boolean {
    const c = this.#c;
    const a = mayBeAnswered || c.branches.wheel.advance(c.now, this.#onBranch);
    const b = c.transactions.wheel.advance(c.now, this.#onTransaction);
    const d = c.dialogs.wheel.advance(c.now, this.#onDialog);
    const k = c.kept === null || c.kept.wheel.advance(c.now, this.#onKept);
    return a && b && d && k;
  }
}
