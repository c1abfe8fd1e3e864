// Whole calls of SIPp over TCP, and from one transport to the other.
import assert from "node:assert/strict";
import { test } from "node:test";
import { sumOf } from "../kit/metrics.ts";
import { isLong, whyNoSipp } from "../kit/sipp.ts";
import { patientServer } from "../kit/sipp-scenarios.ts";
import { assertNoStrays } from "../kit/sipp-strays.ts";
import { SippLab } from "./sipp-lab.ts";

const LOAD = isLong ? { calls: 20_000, rate: 500 } : { calls: 2_000, rate: 200 };
const OVER_TCP = ["-t", "t1"];
const RUNS = [
  { near: "tcp", far: "tcp", io: "batched" },
  { near: "tcp", far: "tcp", io: "portable" },
  { near: "udp", far: "tcp", io: "batched" },
  { near: "tcp", far: "udp", io: "batched" },
] as const;

for (const { near, far, io } of RUNS) {
  const { calls, rate } = LOAD;
  const batched = io === "batched" && process.platform !== "linux" ? "recvmmsg is there on Linux only" : false;
  const skip = whyNoSipp() || batched;
  const timeout = (calls / rate) * 1000 + 120_000;
  test(`${calls} calls of SIPp from ${near} to ${far}: all succeed [${io}, workers: 2]`, { skip, timeout }, (context) =>
    SippLab.run(async (lab) => {
      const server = far === "tcp" ? { more: OVER_TCP } : { scenario: patientServer() };
      const servers = [await lab.server(server), await lab.server(server)];
      const uris = servers.map(({ uri }) => (far === "tcp" ? `${uri};transport=tcp` : uri));
      const options = ["--algorithm", "round-robin", "--io", io, "--workers", "2"];
      const balancer = await lab.balance(uris, options, ["udp", "tcp"]);
      const caller = await lab.caller({ calls, rate, ...(near === "tcp" ? { more: OVER_TCP } : {}) });
      await caller.finished(timeout - 30_000);
      const figures = caller.figures();
      const { successful, failed, unexpected, retransmissions } = figures;
      assert.deepEqual([successful, failed, unexpected], [calls, 0, 0]);
      await balancer.idle(15_000);
      const metrics = await balancer.metrics();
      const taken = await Promise.all(servers.map((server) => server.stop()));
      context.diagnostic(
        `${successful} of ${calls} calls succeeded from ${near} to ${far}, ${taken.map((one) => one.calls).join(" + ")} at the ` +
          `servers, ${retransmissions} repetitions by the caller`,
      );
      assertNoStrays(figures, taken, metrics);
      assert.equal(sumOf(metrics, "stream_unsent_total", {}), 0);
      for (const [i, server] of taken.entries()) {
        assert.deepEqual([server.failed, server.unexpected], [0, 0], `server ${i}`);
        assert.equal(sumOf(metrics, "destination_calls_total", { destination: uris[i]! }), server.calls);
      }
      assert.equal(sumOf(metrics, "destination_active_calls", {}), 0);
    }),
  );
}
