// Reload after reload while calls come in: a destination is added, removed, given another weight. Nothing may be noticed.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Sample, sumOf } from "../kit/metrics.ts";
import { isLong, type Sipp, whyNoSipp } from "../kit/sipp.ts";
import { patientCaller, repeatingServer } from "../kit/sipp-scenarios.ts";
import { assertNoStrays } from "../kit/sipp-strays.ts";
import { until } from "../kit/wait.ts";
import type { ListBalancer } from "./list-balancer.ts";
import { SippLab } from "./sipp-lab.ts";

const RATE = 200;
/** Milliseconds between two reloads, at least. */
const PACE = 150;
const RELOADS = isLong ? 1000 : 60;
const MAIN = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Every so many reloads one is made by the command, which starts a process. */
const BY_COMMAND = 20;

/** Lists in turn: with weights, with other weights, without the third destination. */
function list(round: number, servers: readonly Sipp[]): string[] {
  const weights = [
    [1, 1, 1],
    [3, 1, 2],
    [1, 2, 0],
    [2, 2, 0],
  ][round % 4]!;
  return servers.flatMap(({ uri }, i) => (weights[i] === 0 ? [] : [`${uri} 0 0 weight=${weights[i]}`]));
}

/** Reloads in one of the three ways; resolves when the new configuration is in force. */
async function reload(balancer: ListBalancer, round: number): Promise<void> {
  const before = await balancer.metric("config_generation");
  if (round % BY_COMMAND === 0) {
    await promisify(execFile)(process.execPath, [MAIN, "reload", "--admin", balancer.adminUrl]);
  } else if (round % 2 === 0) assert.equal((await balancer.admin("POST", "/api/v1/reload")).status, 200);
  else balancer.process.signal("SIGHUP");
  const isInForce = async (): Promise<boolean> => (await balancer.metric("config_generation")) > before;
  await until("the new configuration", isInForce);
}

/** Counters, by name and labels; those that fell since `last` are added to `broken`. */
function follow(metrics: readonly Sample[], last: Map<string, number>, broken: string[]): void {
  for (const { name, labels, value } of metrics) {
    if (!name.endsWith("_total")) continue;
    const key = `${name} ${JSON.stringify(labels)}`;
    const before = last.get(key) ?? 0;
    if (value < before) broken.push(`${key}: ${before}, then ${value}`);
    last.set(key, value);
  }
}

test(
  `${RELOADS} reloads during ${RATE} calls/s of SIPp: no call fails, counters go on`,
  {
    skip: whyNoSipp(),
    timeout: RELOADS * 400 + 90_000,
  },
  (context) =>
    SippLab.run(async (lab) => {
      const scenario = repeatingServer();
      const servers = [await lab.server({ scenario }), await lab.server({ scenario }), await lab.server({ scenario })];
      const options = ["--workers", "2", "--algorithm", "weighted"];
      const balancer = await lab.balance(list(0, servers), options);
      const caller = await lab.caller({ calls: 1_000_000, rate: RATE, duration: 200, scenario: patientCaller() });
      const counters = new Map<string, number>();
      const broken: string[] = [];
      const began = performance.now();
      for (let round = 1; round <= RELOADS; round++) {
        balancer.writeList(list(round, servers));
        await reload(balancer, round);
        follow(await balancer.metrics(), counters, broken);
        await pause(PACE);
      }
      const seconds = (performance.now() - began) / 1000;
      // With all three in the list again, every destination's counters can be read.
      balancer.writeList(list(0, servers));
      await reload(balancer, 1);
      const figures = await caller.stop(10_000);
      const { calls, successful, failed, unexpected } = figures;
      await balancer.idle(15_000);
      const metrics = await balancer.metrics();
      follow(metrics, counters, broken);
      const taken = await Promise.all(servers.map((server) => server.stop()));
      context.diagnostic(
        `${RELOADS} of ${RELOADS} reloads in ${seconds.toFixed(0)} s, ${successful} of ${calls} calls succeeded, ` +
          `${taken.map((one) => one.calls).join(" + ")} at the servers`,
      );
      assert.deepEqual(broken, []);
      assert.deepEqual([successful, failed, unexpected], [calls, 0, 0]);
      assertNoStrays(figures, taken, metrics);
      for (const [i, server] of taken.entries()) {
        assert.deepEqual([server.failed, server.unexpected], [0, 0], `server ${i}`);
        const counted = sumOf(metrics, "destination_calls_total", { destination: servers[i]!.uri });
        assert.equal(counted, server.calls, `calls of server ${i}`);
      }
      assert.equal(sumOf(metrics, "config_reload_total", { result: "ok" }), RELOADS + 1);
      assert.equal(sumOf(metrics, "config_reload_total", { result: "failed" }), 0);
    }),
);
