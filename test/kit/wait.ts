// Waiting with a deadline. Tests never sleep and hope: they say what they wait for, or what must hold meanwhile.
import { setTimeout as pause } from "node:timers/promises";

const STEP = 5;
/** What happens happens at once; a machine that is busy with others may take many seconds for it. Who promises a time says so. */
const PATIENCE = 30_000;

/** Resolves with the first truthy result of `check`; rejects, naming `what`, after `within` milliseconds. */
export async function until<T>(what: string, check: () => T | Promise<T>, within = PATIENCE): Promise<NonNullable<T>> {
  const deadline = performance.now() + within;
  for (;;) {
    const result = await check();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`after ${within} ms still waiting for ${what}`);
    await pause(STEP);
  }
}

/** Resolves after `milliseconds` in which `check` stayed true; rejects, naming `what`, as soon as it does not. */
export async function holds(what: string, check: () => boolean, milliseconds: number): Promise<void> {
  const end = performance.now() + milliseconds;
  while (performance.now() < end) {
    if (!check()) throw new Error(`did not hold for ${milliseconds} ms: ${what}`);
    await pause(STEP);
  }
}

/** The promise's value; rejects, naming `what`, when it takes longer than `within` milliseconds. */
export async function within<T>(what: string, promise: Promise<T>, limit = PATIENCE): Promise<T> {
  const cancel = new AbortController();
  const late = pause(limit, undefined, { signal: cancel.signal }).then(() => {
    throw new Error(`${what} took longer than ${limit} ms`);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    cancel.abort();
    late.catch(() => {});
  }
}
