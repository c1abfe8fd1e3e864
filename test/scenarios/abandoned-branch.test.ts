import assert from "node:assert/strict";
import { setTimeout } from "node:timers/promises";
import { IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

scenario("an abandoned destination is cancelled at its first provisional, and not before", async (stage) => {
  const { lb, phone, destination } = stage;
  const slow = destination((transaction, itself) => void itself.take(transaction));
  const quick = destination.answers(200);
  await lb.dispatches(1, "priority", [slow, quick], IMPATIENT);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.equal(slow.requests("CANCEL").length, 0);
  (await slow.call()).ring();
  await slow.hears("CANCEL");
  await slow.hears("ACK");
  assert.ok(!call.statuses.includes(180) && !call.statuses.includes(487), `the caller saw ${call.statuses}`);
  assert.equal(await call.bye(), 200);
});

scenario("the caller hears what the last destination says, not how the abandoned one was ended", async (stage) => {
  const { lb, phone, destination } = stage;
  const slow = destination((transaction, itself) => void itself.take(transaction));
  const next = destination.rings();
  await lb.dispatches(1, "priority", [slow, next], IMPATIENT);
  const dialled = phone.dials("sip:bob@example.com");
  const last = await next.call();
  (await slow.call()).ring();
  await slow.hears("CANCEL");
  await slow.hears("ACK");
  last.reject(500);
  assert.equal((await phone.finished(dialled)).status, 500);
});

scenario("an abandoned destination that answers after all gets the call", async ({ lb, phone, destination }) => {
  const slow = destination((transaction, itself) => void itself.take(transaction));
  const next = destination.rings();
  await lb.dispatches(1, "priority", [slow, next], IMPATIENT);
  const dialled = phone.dials("sip:bob@example.com");
  await next.call();
  await phone.hears("180", (message) => message.status === 180);
  const isAcked = (await slow.call()).answer();
  const call = await phone.finished(dialled);
  assert.equal(call.status, 200);
  assert.equal(await isAcked, true);
  await next.hears("CANCEL");
  assert.equal(await call.bye(), 200);
  assert.equal(slow.heard("BYE").length, 1);
  await holds("the caller hears no second final", () => !call.statuses.includes(487), 200);
});

scenario("two answers, one late: the caller gets both and can end the one it does not want", async (stage) => {
  const { lb, phone, destination } = stage;
  const slow = destination((transaction, itself) => void itself.take(transaction));
  const quick = destination.answers(200);
  await lb.dispatches(1, "priority", [slow, quick], IMPATIENT);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await (await slow.call()).answer(), true);
  assert.equal(call.call.sessions.size, 2);
  for (const session of call.call.sessions.values()) assert.equal((await session.bye())?.status, 200);
  assert.equal(slow.heard("BYE").length, 1);
  assert.equal(quick.heard("BYE").length, 1);
});

scenario("a late second answer that the caller keeps is counted for as long as any", async (stage) => {
  const { lb, phone, destination } = stage;
  const slow = destination((transaction, itself) => void itself.take(transaction));
  const quick = destination.answers(200);
  const t1 = 50;
  await lb.dispatches(1, "priority", [slow, quick], IMPATIENT, { timers: { t1: `${t1}ms`, t2: "400ms" } });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await (await slow.call()).answer(), true);
  await lb.untilMetric("destination_active_calls", 2);
  await setTimeout(64 * t1 + 1000);
  assert.equal(await lb.metric("destination_active_calls"), 2);
  for (const session of call.call.sessions.values()) assert.equal((await session.bye())?.status, 200);
  await lb.untilMetric("destination_active_calls", 0);
});
