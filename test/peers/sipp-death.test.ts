// One of two servers is killed, started again, and frozen, under load. No call may fail but those that the dead server had
// already answered, and the counters must say what SIPp says.
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { sumOf } from "../kit/metrics.ts";
import { isLong, type Sipp, TRACED, whyNoSipp } from "../kit/sipp.ts";
import { until } from "../kit/wait.ts";
import { SippLab } from "./sipp-lab.ts";

const RATE = 200;
const CALLS = isLong ? 20_000 : 7000;
/** Callers of a frozen server give up after a while: a BYE after three repetitions, a call that only rings after 15 s. */
const IMPATIENT = ["-max_non_invite_retrans", "3", "-recv_timeout", "15000"];

/** Calls that a server has begun to answer, and whose BYE it has not seen. */
function openCalls(server: Sipp): Set<string> {
  const open = new Set<string>();
  for (const { direction, what, method, callId } of server.messages()) {
    if (direction === "out" && method === "INVITE") open.add(callId);
    if (direction === "in" && what === "BYE") open.delete(callId);
  }
  return open;
}

function invites(server: Sipp): number {
  const seen = new Set<string>();
  for (const { direction, what, callId } of server.messages()) {
    if (direction === "in" && what === "INVITE") seen.add(callId);
  }
  return seen.size;
}

test(
  `${CALLS} calls of SIPp at ${RATE}/s, one server killed, back, and frozen: only calls it had answered fail`,
  {
    skip: whyNoSipp(),
    timeout: (CALLS / RATE) * 1000 + 90_000,
  },
  (context) =>
    SippLab.run(async (lab) => {
      const steady = await lab.server({ more: TRACED });
      const killed = await lab.server({ more: TRACED });
      const balancer = await lab.balance([steady.uri, killed.uri], ["--algorithm", "round-robin", "--workers", "2"]);
      const caller = await lab.caller({ calls: CALLS, rate: RATE, duration: 100, more: IMPATIENT });
      const stage = (CALLS / RATE) * 150;
      await pause(stage);

      await killed.kill();
      const excused = openCalls(killed);
      const begun = [invites(killed)];
      await until("it to be taken out", async () => (await balancer.metric("destination_up")) === 1);
      await pause(stage);

      const back = await lab.server({ more: TRACED, instead: killed });
      const isBack = async (): Promise<boolean> => (await balancer.metric("destination_up")) === 2;
      // The first chance comes 10 s after its death. Where the stage is longer than that it was missed, and the second is 20 s after it.
      await until("it to get another chance", isBack, stage > 10_000 ? 22_000 : 12_000);
      await until("it to take calls", () => back.figures().calls > 100);

      back.signal("SIGSTOP");
      await until("it to be taken out again", async () => (await balancer.metric("destination_up")) === 1);
      const answered = openCalls(back);
      for (const callId of answered) excused.add(callId);
      begun.push(invites(back));

      await caller.finished((CALLS / RATE) * 1000 + 40_000);
      const { successful, failed } = caller.figures();
      const blamed = [...caller.failedCalls()].filter((callId) => !excused.has(callId));
      await balancer.idle(40_000);
      const metrics = await balancer.metrics();
      const counted = (name: string, server: Sipp): number => sumOf(metrics, name, { destination: server.uri });
      const figures = await steady.stop();
      context.diagnostic(
        `${successful} of ${CALLS} calls succeeded, ${failed} had been answered by the dead server (${excused.size} were open); ` +
          `${counted("destination_failovers_total", killed)} moved to the other one`,
      );
      assert.deepEqual(blamed, []);
      assert.ok(failed <= excused.size, `${failed} failed, ${excused.size} were open`);
      assert.equal(successful + failed, CALLS);
      assert.deepEqual([figures.failed, figures.unexpected], [0, 0]);
      assert.equal(counted("destination_calls_total", steady), figures.calls);
      assert.equal(sumOf(metrics, "destination_active_calls"), 0);
      const moved = counted("destination_failovers_total", killed);
      assert.equal(sumOf(metrics, "failovers_total"), moved);
      // Every call was tried once, and once more for each move.
      assert.equal(sumOf(metrics, "destination_calls_total"), CALLS + moved);
      assert.equal(counted("destination_calls_total", killed), begun[0]! + begun[1]! + moved);
    }),
);
