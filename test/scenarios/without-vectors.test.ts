// A processor that has no instructions for 16 bytes at a time: slower, and otherwise the same.
import assert from "node:assert/strict";
import { type Stage, scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

const OLD_PROCESSOR = {
  nodeOptions: ["--no-enable-sse4-1"],
  skip: process.arch !== "x64" && "Node cannot be told to do without them here",
};

/** Makes a few calls; returns which workers have said that they read packets slowly. */
async function slowWorkers({ lb, phone, destination }: Stage): Promise<() => unknown[]> {
  await lb.dispatches("media", "round-robin", [destination.answers(200)]);
  for (let i = 0; i < 4; i++) {
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.equal(await call.bye(), 200);
  }
  const isSlow = /reads packets without vector instructions/;
  return () =>
    (lb.process?.log ?? []).filter(({ text }) => isSlow.test(text)).map(({ record }) => Number(record.worker));
}

scenario("without SSE4.1 calls are forwarded all the same, and every worker says so", OLD_PROCESSOR, async (stage) => {
  const slow = await slowWorkers(stage);
  await until("both workers to say so", () => slow().length === 2);
  assert.deepEqual(slow().sort(), [0, 1]);
});

scenario("where there are such instructions, every worker's inbox lies where they can be used", async (stage) => {
  assert.deepEqual((await slowWorkers(stage))(), []);
});
