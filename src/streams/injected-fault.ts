// How the stream worker becomes slow on request: tests ask for it through the admin API, when the process was started to allow that.

/** How long it lasts, and how long each round of the event loop takes meanwhile, in milliseconds. */
const LASTS = 4_000;
const ROUND = 300;

/** Makes every round of this thread's event loop take long, for a while. */
export function becomeSlow(now: () => number): void {
  const end = now() + LASTS;
  const round = (): void => {
    const until = now() + ROUND;
    while (now() < until);
    if (now() < end) setImmediate(round);
  };
  setImmediate(round);
}
