// A token bucket that all workers share: one word, taken from by compare-and-swap. The word holds the time until which the
// budget is spent (the "theoretical arrival time" of the generic cell rate algorithm), so there is nothing to be refilled.

/** Units of time per millisecond: fine enough that a rate of 100,000 a second is kept to a thousandth. */
export const UNITS = 16_000;
/** A word further ahead than its burst allows, by this much, is left from before the clock went round (every 4.5 min). */
const STALE = 1_000 * UNITS;

/** A time in milliseconds as units; it wraps, only differences mean anything. */
export function unitsOf(milliseconds: number): number {
  return (milliseconds * UNITS) | 0;
}

/** Units between two takings at `rate` per second. */
export function intervalOf(rate: number): number {
  return Math.max(1, Math.round((1_000 * UNITS) / rate));
}

/**
 * Takes one token from the bucket in `words[at]`; false when there is none. `interval` is what a token costs, `burst` how far
 * the budget may be spent ahead of `now`: both in units, together at most half a minute. Asking with a smaller `burst` leaves
 * a reserve to those who ask with the larger one, `most`.
 */
export function take(
  words: Int32Array,
  at: number,
  now: number,
  interval: number,
  burst: number,
  most: number = burst,
): boolean {
  for (;;) {
    const spent = Atomics.load(words, at);
    let ahead = (spent - now) | 0;
    if (ahead < 0 || ahead > most + 2 * interval + STALE) ahead = 0;
    if (ahead + interval > burst) return false;
    if (Atomics.compareExchange(words, at, spent, (now + ahead + interval) | 0) === spent) return true;
  }
}

/** Whether `take` with the same arguments would say no. */
export function isSpent(
  words: Int32Array,
  at: number,
  now: number,
  interval: number,
  burst: number,
  most: number = burst,
): boolean {
  const ahead = (Atomics.load(words, at) - now) | 0;
  return ahead >= 0 && ahead <= most + 2 * interval + STALE && ahead + interval > burst;
}

/**
 * Keeps an idle bucket apart from one that is spent, whatever the clock shows when it has gone round: to be called now and then,
 * and before the first taking (a word that was never written is 0).
 */
export function keepUp(words: Int32Array, at: number, now: number): void {
  const spent = Atomics.load(words, at);
  // A moment back, where clocks that differ by a turn do not meet it.
  const past = (now - STALE) | 0;
  if (spent === 0 || ((spent - past) | 0) < 0) Atomics.compareExchange(words, at, spent, past === 0 ? -1 : past);
}

/** Takes one token even if there is none: the bucket is at most as empty as `burst` makes it. */
export function takeAnyway(words: Int32Array, at: number, now: number, interval: number, burst: number): void {
  if (take(words, at, now, interval, burst)) return;
  Atomics.store(words, at, (now + burst) | 0);
}
