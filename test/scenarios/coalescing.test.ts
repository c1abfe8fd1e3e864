// A worker that has just received a crowd waits a little for the next one (decision 0052), and nobody but its counters shows it.
// Runs alone: a machine that is full sheds some of them.
import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { pileUp } from "../kit/pile.ts";
import { scenario } from "../kit/scenario.ts";

/** Whole batches, enough of them to be much, and a crowd. */
const REQUESTS = 24 * 64 + 40;

for (const [coalescing, waits] of [
  ["auto", true],
  ["off", false],
] as const) {
  scenario(
    `${REQUESTS} requests that waited together are all answered, coalescing: ${coalescing}`,
    { io: "batched" },
    async ({ lb, phone, destination }) => {
      await lb.dispatches(1, "round-robin", [destination(answering(200))], {}, { coalescing, workers: 1 });
      let waited = 0;
      // What else the machine does may give the last crowd to a turn that is behind: then once more.
      for (let round = 0; round < (waits ? 10 : 2) && waited === 0; round++) {
        await pileUp(lb, phone, REQUESTS);
        waited = await lb.metric("coalescing_waits_total");
      }
      assert.ok(waits ? waited > 0 : waited === 0, `${waited} waits`);
    },
  );
}
