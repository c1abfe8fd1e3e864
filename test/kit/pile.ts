// Requests that wait together: the balancer stands still while they are sent.
import assert from "node:assert/strict";
import type { LoadBalancer } from "./lb.ts";
import type { Phone } from "./phone.ts";

/** Sends `count` requests to a balancer that is stopped meanwhile, and lets it go on; all are answered with 200. */
export async function pileUp(lb: LoadBalancer, phone: Phone, count: number): Promise<void> {
  const program = lb.process!;
  program.signal("SIGSTOP");
  const answers = Array.from({ length: count }, () => phone.requests("OPTIONS", "sip:bob@example.com"));
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
  program.signal("SIGCONT");
  const statuses = await Promise.all(answers);
  assert.equal(statuses.filter((status) => status === 200).length, count);
}
