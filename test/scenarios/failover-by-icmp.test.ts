import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("a refused destination is left at once, whichever worker has the call", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const [closed, alive] = [destination.answers(200), destination.answers(200)];
  const extra = { failover: { answer_within: "30s" }, passive: { failures: 0 } };
  await lb.dispatches(1, "priority", [closed, alive], extra);
  await closed.close();
  for (let i = 0; i < 8; i++) {
    const caller = await phone.another();
    const begin = performance.now();
    const call = await caller.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.ok(performance.now() - begin < 10_000, "ICMP told, no timer did");
    assert.equal(await call.bye(), 200);
  }
  assert.equal(await lb.metric("failovers_total", { reason: "transport_error" }), 8);
});
