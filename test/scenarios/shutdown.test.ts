import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
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
  await until("the exit", () => lb.process?.exit !== undefined);
  assert.equal(lb.process?.exit, 0);
});

scenario("SIGTERM waits for the calls that destinations make, too", async ({ lb, destination }) => {
  const server = destination(answering(200), { proxy: lb.address });
  const callee = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server], {}, { shutdown: { deadline: "60s" } });
  await callee.opened;
  const outgoing = server.agent.invite(callee.uri.replace("sip:", "sip:alice@"));
  assert.equal(await outgoing.final, 200);
  const incoming = await callee.call();
  lb.process?.signal("SIGTERM");
  // Longer than the grace for requests outside of calls.
  await new Promise((resolve) => setTimeout(resolve, 3000));
  assert.equal(lb.process?.exit, undefined, "the call is alive");
  assert.equal((await incoming.session.request("INVITE"))?.status, 200);
  assert.equal((await incoming.session.bye())?.status, 200);
  await until("the exit", () => lb.process?.exit !== undefined);
  assert.equal(lb.process?.exit, 0);
});
