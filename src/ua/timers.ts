// RFC 3261's timer values, and the doubling that all of its retransmissions share.

/** Base timers in milliseconds (RFC 3261 17.1.1.1); everything else follows from them. */
export interface Timers {
  readonly t1: number;
  readonly t2: number;
  readonly t4: number;
}

/** The RFC's own values. */
export const DEFAULT_TIMERS: Timers = { t1: 500, t2: 4000, t4: 5000 };

/** Calls `send` after t1, 2*t1, 4*t1 ... (at most `cap` apart) until stopped, and `timeout` once after 64*t1. */
export class Retransmission {
  #next: NodeJS.Timeout | undefined;
  #end: NodeJS.Timeout | undefined;

  constructor(t1: number, cap: number, send: () => void, timeout: () => void) {
    const again = (interval: number): void => {
      this.#next = setTimeout(() => {
        send();
        again(Math.min(2 * interval, cap));
      }, interval);
    };
    again(t1);
    this.#end = setTimeout(() => {
      this.stop();
      timeout();
    }, 64 * t1);
  }

  /** No more sends, and no timeout. */
  stop(): void {
    clearTimeout(this.#next);
    clearTimeout(this.#end);
  }
}
