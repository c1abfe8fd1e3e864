// SIGTERM under load: new calls are refused, those that live come to their end, and the exit code says that all is well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { TRACED, whyNoSipp } from "../kit/sipp.ts";
import { until } from "../kit/wait.ts";
import { SippLab } from "./sipp-lab.ts";

const RATE = 200;

test(
  `SIGTERM under ${RATE} calls/s of SIPp: new calls get 503, live calls finish, exit 0`,
  {
    skip: whyNoSipp(),
    timeout: 90_000,
  },
  (context) =>
    SippLab.run(async (lab) => {
      const servers = [await lab.server(), await lab.server()];
      const uris = servers.map(({ uri }) => uri);
      const balancer = await lab.balance(uris, ["--algorithm", "round-robin", "--workers", "2"]);
      const caller = await lab.caller({ calls: 1_000_000, rate: RATE, duration: 2000, more: TRACED });
      await pause(4000);
      assert.equal((await balancer.admin("GET", "/readyz")).status, 200);
      balancer.process.signal("SIGTERM");
      await until("/readyz to say no", async () => (await balancer.admin("GET", "/readyz")).status === 503);
      await pause(500);
      assert.equal((await balancer.admin("GET", "/healthz")).status, 200);
      const refusals = await balancer.metric("rejected_total", { reason: "closing" });
      caller.signal("SIGUSR1");
      await caller.finished(30_000);
      await until("the exit", () => balancer.process.exit !== undefined);
      const answers = new Map<string, string>();
      for (const { direction, what, method, callId } of caller.messages()) {
        if (direction === "in" && method === "INVITE" && Number(what) >= 200) answers.set(callId, what);
      }
      const count = (status: string): number => [...answers.values()].filter((one) => one === status).length;
      const { calls, successful, failed } = caller.figures();
      context.diagnostic(
        `${successful} of ${count("200")} answered calls came to their end, ${count("503")} of ${calls} were refused with 503`,
      );
      assert.equal(balancer.process.exit, 0);
      assert.equal(successful, count("200"));
      assert.equal(failed, count("503"));
      assert.equal(successful + failed, calls);
      assert.ok(refusals > 0 && refusals <= failed);
    }),
);
