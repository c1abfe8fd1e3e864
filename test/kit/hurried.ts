// Timeouts that pass at once, and yet take nobody's answer away.
import { mock } from "node:test";
import { setTimeout as pause, setImmediate as round } from "node:timers/promises";

/** Time is let pass in so many parts of a timeout, with real milliseconds between them in which what is on its way arrives. */
const PARTS = 20;
const BREATH = 5;
/** What does not wait for time is over after so many rounds of the event loop. */
const ROUNDS = 50;

/**
 * What `begin` promises. While it is waited for, timers of the code under test run by a clock that is moved on by a part of `timeout`
 * (milliseconds) at a time: whoever answers on loopback does so long before that is over, however busy the machine is, and where nobody
 * answers, the wait takes a tenth of a second.
 */
export async function hurried<T>(timeout: number, begin: () => Promise<T>): Promise<T> {
  mock.timers.enable({ apis: ["setTimeout"] });
  try {
    let isOver = false;
    const pending = begin().finally(() => {
      isOver = true;
    });
    // Whoever awaits it below is told; without this, a rejection in the meantime would be nobody's.
    pending.catch(() => undefined);
    for (let rounds = 0; rounds < ROUNDS && !isOver; rounds++) await round();
    while (!isOver) {
      await pause(BREATH);
      mock.timers.tick(timeout / PARTS);
    }
    return await pending;
  } finally {
    mock.timers.reset();
  }
}
