import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

scenario("calls go on after a restart with the same keys", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", servers);
  const calls = await Promise.all(Array.from({ length: 6 }, () => phone.invites("sip:bob@example.com")));
  assert.equal(await lb.process?.stop(), 0);
  lb.process = undefined;
  await lb.dispatches(1, "round-robin", servers);
  const callees = servers.flatMap((server) => server.calls);
  assert.equal(callees.length, 6);
  for (const call of calls) assert.equal(await call.reinvite(), 200);
  for (const [index, callee] of callees.entries()) {
    assert.equal((await callee.session.request("UPDATE"))?.status, 200);
    if (index % 2 === 0) assert.equal((await callee.session.bye())?.status, 200);
  }
  for (const call of calls) if (!call.session.hasEnded) assert.equal(await call.bye(), 200);
});
