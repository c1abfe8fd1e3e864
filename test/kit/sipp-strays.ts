// Messages that came to a SIPp for a call that it does not know, or no longer: the balancer sent them to the wrong one, or twice.
import assert from "node:assert/strict";
import { type Sample, sumOf } from "./metrics.ts";
import type { SippFigures } from "./sipp.ts";

/**
 * None at the caller and the servers, but for what somebody repeated: a busy machine makes them all do so, and a copy may meet a call
 * that is over. `metrics` are the balancer's when all calls are.
 */
export function assertNoStrays(caller: SippFigures, servers: readonly SippFigures[], metrics: readonly Sample[]): void {
  const all = [caller, ...servers];
  const strays = all.reduce((sum, one) => sum + one.strays, 0);
  const repeated = all.reduce((sum, one) => sum + one.retransmissions, sumOf(metrics, "retransmissions_sent_total"));
  assert.ok(strays <= repeated, `${strays} messages for no call, ${repeated} were repeated`);
}
