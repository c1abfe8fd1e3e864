// A worker is killed by an injected fault under load: it is replaced, the port stays open, and the other worker's calls do
// not notice. The calls keep to the Record-Route, as those of real phones do.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { leastOf } from "../kit/least-of.ts";
import { isLong, type Sipp, TRACED, whyNoSipp } from "../kit/sipp.ts";
import { routingCaller, routingServer } from "../kit/sipp-scenarios.ts";
import { until } from "../kit/wait.ts";
import type { ListBalancer } from "./list-balancer.ts";
import { SippLab } from "./sipp-lab.ts";

const RATE = 200;
const CALLS = isLong ? 10_000 : 2000;
const VICTIM = 0;
/** How long a replacement takes is looked at again when a busy machine may have made it late; nobody else may be harmed in any of them. */
const TRIES = 3;
/** A call whose ringing was the last thing that the dead worker passed on is given up after a while. */
const IMPATIENT = ["-recv_timeout", "8000"];

/** Inodes of the UDP sockets that are bound to `port`. */
function socketsOf(port: number): string {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  const rows = readFileSync("/proc/net/udp", "utf8")
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  return rows
    .filter((row) => row[1]?.endsWith(suffix))
    .map((row) => row[9])
    .sort()
    .join(" ");
}

/** Calls whose INVITE the other workers sent: their number is in the branch, behind its kind. */
function callsOfOthers(servers: readonly Sipp[]): Set<string> {
  const others = new Set<string>();
  const victims = new Set<string>();
  for (const server of servers) {
    for (const { direction, what, callId, branch } of server.messages()) {
      if (direction !== "in" || what !== "INVITE") continue;
      const worker = Number.parseInt(branch.slice("z9hG4bK".length + 1, "z9hG4bK".length + 3), 16);
      (worker === VICTIM ? victims : others).add(callId);
    }
  }
  for (const callId of victims) others.delete(callId);
  return others;
}

/** Injects the fault; milliseconds until the worker is back, and what /readyz said meanwhile. */
async function kill(balancer: ListBalancer, fault: string): Promise<{ took: number; unready: number }> {
  const asked = await balancer.admin("POST", "/api/v1/fault", { worker: VICTIM, fault });
  assert.equal(asked.status, 202);
  const began = performance.now();
  let unready = 0;
  const isBack = async (): Promise<boolean> => {
    const ready = await balancer.admin("GET", "/readyz");
    if (ready.status !== 200) unready++;
    const { workers } = JSON.parse(ready.body) as { workers: { restarts: number; ready: boolean }[] };
    return workers[VICTIM]!.restarts === 1 && workers.every((worker) => worker.ready);
  };
  await until("the replacement", isBack);
  return { took: performance.now() - began, unready };
}

/** Calls, one worker that dies meanwhile, and what came of it; the milliseconds that the replacement took. */
async function death(lab: SippLab, fault: string, say: (text: string) => void): Promise<number> {
  const scenario = routingServer();
  const servers = [await lab.server({ scenario, more: TRACED }), await lab.server({ scenario, more: TRACED })];
  const options = ["--algorithm", "round-robin", "--workers", "2", "--io", "batched"];
  const balancer = await lab.balance(
    servers.map(({ uri }) => uri),
    options,
  );
  // A spare is made when the start is over, and takes its time.
  await until("a warm spare", async () => (await balancer.metric("worker_spares")) === 1, 60_000);
  const sockets = socketsOf(balancer.address.port);
  const caller = await lab.caller({
    calls: CALLS,
    rate: RATE,
    duration: 300,
    scenario: routingCaller(),
    more: IMPATIENT,
  });
  await pause((CALLS / RATE) * 400);
  const { took, unready } = await kill(balancer, fault);
  assert.equal(socketsOf(balancer.address.port), sockets, "the sockets are still the same");
  await caller.finished((CALLS / RATE) * 1000 + 60_000);
  const { successful, failed } = caller.figures();
  const others = callsOfOthers(servers);
  const harmed = [...caller.failedCalls()].filter((callId) => others.has(callId));
  say(
    `back after ${took.toFixed(0)} ms; ${successful} of ${CALLS} calls succeeded, ${failed} failed, ` +
      `${harmed.length} of ${others.size} of the other worker's; /readyz said no ${unready} times`,
  );
  assert.deepEqual(harmed, []);
  assert.ok(others.size > CALLS / 4, `${others.size} calls on the other worker`);
  assert.ok(failed <= CALLS / 20, `${failed} calls failed`);
  assert.equal(await balancer.metric("worker_restarts_total"), 1);
  assert.equal(await balancer.metric("worker_restarts_total", { worker: String(VICTIM) }), 1);
  return took;
}

for (const [fault, limit] of [
  ["throw", 1000],
  ["hang", 2000],
] as const) {
  test(`a worker that ${fault}s under ${RATE} calls/s of SIPp is replaced, the other worker's calls are unharmed`, {
    skip: whyNoSipp() || (process.platform === "linux" ? false : "sockets are looked up in /proc"),
    timeout: ((CALLS / RATE) * 1000 + 150_000) * TRIES,
  }, async (context) => {
    const say = (text: string): void => context.diagnostic(text);
    const once = async (): Promise<number> => {
      let took = Number.POSITIVE_INFINITY;
      await SippLab.run(async (lab) => {
        took = await death(lab, fault, say);
      }, true);
      return took;
    };
    const took = await leastOf(TRIES, limit, once);
    assert.ok(took <= limit, `the replacement took ${took.toFixed(0)} ms`);
  });
}
