import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { HASTY, IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("whatever happens to calls, none is counted when all are over", async ({ lb, phone, destination }) => {
  const forking = destination((transaction, { agent }) => {
    if (transaction.request.method !== "INVITE") return void transaction.respond(200);
    for (const toTag of ["left", "right"]) transaction.respond(200, { toTag, contact: agent.contact });
  });
  const late = destination((transaction, itself) => {
    const call = itself.take(transaction);
    setTimeout(() => void call.answer(), 800);
  });
  const [busy, overloaded, plain] = [destination.answers(486), destination.answers(503), destination.answers(200)];
  const ringing = destination.rings();
  const active = (): Promise<number> => lb.metric("destination_active_calls");

  await lb.dispatches(1, "priority", [forking]);
  const forked = await phone.invites("sip:bob@example.com");
  await until("both answers", () => forked.call.sessions.size === 2);
  for (const session of forked.call.sessions.values()) await session.bye();

  await lb.dispatches(1, "priority", [busy]);
  await phone.invites("sip:bob@example.com");

  await lb.dispatches(1, "priority", [overloaded, late, plain], IMPATIENT);
  const twice = await phone.invites("sip:bob@example.com");
  await until("the late answer too", () => twice.call.sessions.size === 2);
  for (const session of twice.call.sessions.values()) assert.equal((await session.bye())?.status, 200);

  await lb.dispatches(1, "priority", [ringing]);
  const cancelled = phone.dials("sip:bob@example.com");
  await until("180", () => cancelled.statuses.includes(180));
  assert.equal(await active(), 1, "a ringing call counts");
  cancelled.cancel();
  await phone.finished(cancelled);

  await lb.dispatches(1, "priority", [plain]);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await active(), 1);
  const callee = (await plain.call(plain.calls.length - 1)).session;
  const byes = await Promise.all([call.session.bye(), callee.bye()]);
  assert.ok(byes.every((bye) => bye !== null));
  await until("nothing to be counted", async () => (await active()) === 0);
});

scenario("a call whose server died is no longer counted once its BYE got no answer", async (stage) => {
  const { lb, phone, destination } = stage;
  const [dead, other] = [destination(answering(200)), destination.answers(200)];
  await lb.dispatches(1, "priority", [dead, other], { passive: { failures: 0 } }, { timers: HASTY });
  const call = await phone.invites("sip:bob@example.com");
  dead.isDeaf = true;
  void call.bye();
  await until("it to be uncounted", async () => (await lb.metric("destination_active_calls")) === 0);
  assert.equal(other.requests().length, 0, "a request in a call never changes its destination");
});
