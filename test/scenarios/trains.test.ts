// A balancer that is behind sends in trains (decision 0048), and nobody but its counters shows it.
import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { pileUp } from "../kit/pile.ts";
import { scenario } from "../kit/scenario.ts";

const CROWD = 300;

for (const [segmentation, isInTrains] of [
  ["auto", true],
  ["off", false],
] as const) {
  scenario(
    `${CROWD} requests that waited together are all answered, segmentation: ${segmentation}`,
    { io: "batched" },
    async ({ lb, phone, destination }) => {
      const servers = [destination(answering(200)), destination(answering(200))];
      await lb.dispatches(1, "round-robin", servers, {}, { segmentation, workers: 2 });
      await pileUp(lb, phone, CROWD);
      for (const server of servers) assert.ok(server.heard("OPTIONS").length >= CROWD / 2);
      const sent = await lb.metric("sent_in_trains_total");
      assert.ok(isInTrains ? sent >= 32 : sent === 0, `${sent} sent in trains`);
    },
  );
}
