import assert from "node:assert/strict";
import type { Script } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

const ringsThenFails: Script = (transaction) => {
  transaction.respond(180);
  transaction.respond(503);
};

scenario("after ringing a failure is the callee's answer", async ({ lb, phone, destination }) => {
  const [first, second] = [destination(ringsThenFails), destination.answers(200)];
  await lb.dispatches(1, "priority", [first, second]);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 500);
  assert.equal(second.requests().length, 0);
});

scenario("with after_provisional the next destination is tried even then", async ({ lb, phone, destination }) => {
  const [first, second] = [destination(ringsThenFails), destination.answers(200)];
  await lb.dispatches(1, "priority", [first, second], { failover: { after_provisional: true } });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.ok(call.statuses.includes(180));
  assert.equal(await call.bye(), 200);
});
