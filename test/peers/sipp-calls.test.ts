// Whole calls of SIPp's built-in scenarios through `fairlead run dispatcher.list`.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf } from "../kit/metrics.ts";
import { isLong, whyNoSipp } from "../kit/sipp.ts";
import { assertNoStrays } from "../kit/sipp-strays.ts";
import { SippLab } from "./sipp-lab.ts";

interface Run {
  readonly io: "batched" | "portable";
  readonly workers: number;
  readonly calls: number;
  readonly rate: number;
}

const FULL = { calls: 20_000, rate: 1000 };
const SHORT = { calls: 2000, rate: 300 };
const RUNS: readonly Run[] = [
  { io: "batched", workers: 1, ...(isLong ? FULL : SHORT) },
  { io: "batched", workers: 2, ...(isLong ? FULL : SHORT) },
  { io: "portable", workers: 1, ...(isLong ? { calls: 20_000, rate: 300 } : SHORT) },
  { io: "portable", workers: 2, ...(isLong ? { calls: 20_000, rate: 300 } : SHORT) },
];

for (const { io, workers, calls, rate } of RUNS) {
  const batched = io === "batched" && process.platform !== "linux" ? "recvmmsg is there on Linux only" : false;
  const skip = whyNoSipp() || batched;
  const timeout = (calls / rate) * 1000 + 60_000;
  const title = `${calls} calls of SIPp at ${rate}/s: all succeed, each server gets half [${io}, workers: ${workers}]`;
  test(title, { skip, timeout }, (context) =>
    SippLab.run(async (lab) => {
      const servers = [await lab.server(), await lab.server()];
      const uris = servers.map(({ uri }) => uri);
      const balancer = await lab.balance(uris, [
        "--algorithm",
        "round-robin",
        "--io",
        io,
        "--workers",
        String(workers),
      ]);
      const caller = await lab.caller({ calls, rate });
      await caller.finished(timeout - 20_000);
      const figures = caller.figures();
      const { successful, failed, unexpected, retransmissions } = figures;
      assert.deepEqual([successful, failed, unexpected], [calls, 0, 0]);
      await balancer.idle(15_000);
      const metrics = await balancer.metrics();
      const taken = await Promise.all(servers.map((server) => server.stop()));
      context.diagnostic(
        `${successful} of ${calls} calls succeeded, ${taken.map((one) => one.calls).join(" + ")} at the servers, ` +
          `${retransmissions} repetitions by the caller`,
      );
      assertNoStrays(figures, taken, metrics);
      for (const [i, server] of taken.entries()) {
        assert.deepEqual([server.failed, server.unexpected], [0, 0], `server ${i}`);
        assert.ok(Math.abs(server.calls - calls / 2) <= calls / 200, `server ${i} got ${server.calls} of ${calls}`);
        assert.equal(sumOf(metrics, "destination_calls_total", { destination: uris[i]! }), server.calls);
      }
    }),
  );
}
