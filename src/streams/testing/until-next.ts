// Waiting for what the stream worker tells.
import { setTimeout as pause, setImmediate as round } from "node:timers/promises";
import type { Ring } from "../../bridge/handoff.ts";

/** What is on its way already comes within so many rounds of the event loop. */
const ROUNDS = 100;
/** Then it is looked for so often, in milliseconds, and so many times. */
const STEP = 5;
const LOOKS = 2_000;

/** Resolves when `ring` has a next record, which is then open; throws when there is none in time. */
export async function untilNext(ring: Ring): Promise<void> {
  for (let looks = 0; looks < ROUNDS + LOOKS; looks++) {
    if (ring.next()) return;
    await (looks < ROUNDS ? round() : pause(STEP));
  }
  throw new Error("still waiting for a record for the worker");
}
