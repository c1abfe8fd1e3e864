// A stream worker that cannot keep up: new calls over streams are sent away before calls in progress suffer, and UDP does not notice.
import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("strangers' new calls over TCP get 503 while the stream worker is late", { io: "batched" }, async (stage) => {
  const { lb, destination, phone } = stage;
  const overload = { stream_delay: "300ms" };
  await lb.dispatches(1, "priority", [destination.answers(200)], {}, { ...lb.bothTransports, overload });
  const caller = await phone.another({ transport: "tcp" });
  const before = await caller.invites("sip:bob@example.com");
  assert.equal(before.status, 200);
  assert.equal((await lb.admin("POST", "/fault", { worker: "streams", fault: "slow" })).status, 202);
  await until("it to be late", async () => (await lb.metric("stream_delay_seconds")) > 0.25);
  const [overTcp, overUdp, inDialog] = await Promise.all([
    caller.invites("sip:bob@example.com"),
    phone.invites("sip:bob@example.com"),
    before.reinvite(),
  ]);
  assert.deepEqual([overTcp.status, overUdp.status, inDialog], [503, 200, 200]);
  await lb.untilMetric("stream_delay_seconds", 0);
  assert.equal((await caller.invites("sip:bob@example.com")).status, 200);
});
