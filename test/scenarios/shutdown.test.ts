import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("SIGTERM: no new calls, live ones finish, then exit 0", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server], {}, { shutdown: { deadline: "60s" } });
  const call = await phone.invites("sip:bob@example.com");
  lb.process?.signal("SIGTERM");
  await until("new calls to be refused", async () => {
    const late = await phone.invites("sip:bob@example.com");
    if (late.status === 200) await late.bye();
    return late.status === 503;
  });
  assert.equal(await call.reinvite(), 200);
  assert.equal(lb.process?.exit, undefined);
  assert.equal(await call.bye(), 200);
  await until("the exit", () => lb.process?.exit !== undefined, 15_000);
  assert.equal(lb.process?.exit, 0);
});
