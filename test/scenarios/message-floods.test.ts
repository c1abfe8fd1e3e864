// Whole requests as fast as TCP takes them, from one source: what others have to say does not wait for it.
// Runs alone: it measures how long calls take while it floods.
import assert from "node:assert/strict";
import { type ChildProcess, fork } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { MessageFloodPlan } from "../kit/message-flood-process.ts";
import { scenario } from "../kit/scenario.ts";

const FLOODER = "127.66.0.1";

async function flooding(plan: MessageFloodPlan): Promise<ChildProcess> {
  const child = fork(new URL("../kit/message-flood-process.ts", import.meta.url), [JSON.stringify(plan)]);
  await new Promise((resolve) => child.once("message", resolve));
  return child;
}

for (const [connections, method] of [
  [1, "OPTIONS"],
  [100, "OPTIONS"],
  [100, "INVITE"],
  [100, "BYE"],
] as const)
  scenario(
    `${connections} connections of one source that send ${method} as fast as they can hold up nobody else`,
    { io: "batched", limit: 120_000 },
    async (stage) => {
      const { lb, destination } = stage;
      const rates = { rate_limits: { per_source: { requests_per_second: 50, burst: 50 } } };
      await lb.dispatches(
        1,
        "round-robin",
        [destination.answers(200)],
        {},
        { ...lb.bothTransports, trusted: ["127.0.0.1"], ...rates },
      );
      await lb.isComplete();
      const trunk = await stage.phone.another({ transport: "tcp" });
      assert.equal((await trunk.invites("sip:bob@example.com")).status, 200);
      const child = await flooding({ to: lb.address, from: FLOODER, connections, method });
      await pause(1_000);
      const times: number[] = [];
      let failed = 0;
      for (let i = 0; i < 60; i++) {
        const began = performance.now();
        const call = trunk.dials("sip:bob@example.com");
        const status = await Promise.race([call.final, pause(5_000).then(() => 0)]);
        times.push(performance.now() - began);
        if (status !== 200) failed++;
        await pause(20);
      }
      child.kill("SIGKILL");
      times.sort((a, b) => a - b);
      console.log(
        `flood of ${method} over ${connections}: ${failed} of 60 failed; median ${times[30]!.toFixed(1)} ms, longest ${times[59]!.toFixed(1)}`,
      );
      assert.equal(failed, 0);
      assert.ok(times[57]! < 500, `${times[57]} ms`);
    },
  );
