import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a full destination is passed over, all full means 503, a hung-up call makes room", async (stage) => {
  const { lb, phone, destination } = stage;
  const [first, second] = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "priority", [
    { to: first, max_calls: 1, priority: 2 },
    { to: second, max_calls: 1, priority: 1 },
  ]);
  const one = await phone.invites("sip:bob@example.com");
  const two = await phone.invites("sip:bob@example.com");
  assert.deepEqual([one.status, two.status], [200, 200]);
  assert.deepEqual([first.calls.length, second.calls.length], [1, 1]);
  const three = await phone.invites("sip:bob@example.com");
  assert.equal(three.status, 503);
  assert.match(headerOf(three.responses.at(-1)!, "retry-after"), /^\d+$/);
  assert.equal(await one.reinvite(), 200);
  assert.equal(await one.bye(), 200);
  const four = await phone.invites("sip:bob@example.com");
  assert.equal(four.status, 200);
  assert.equal(first.calls.length, 2);
  for (const call of [two, four]) assert.equal(await call.bye(), 200);
  await until("no calls to be counted", async () => (await lb.metric("destination_active_calls")) === 0);
});

scenario("a refused or cancelled call takes no room", async ({ lb, phone, destination }) => {
  const server = destination.answers(486);
  await lb.dispatches(1, "priority", [{ to: server, max_calls: 1 }]);
  for (let i = 0; i < 4; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 486);
  server.script = (transaction, itself) => itself.take(transaction).ring();
  for (let i = 0; i < 4; i++) {
    const dialled = phone.dials("sip:bob@example.com");
    await until("180", () => dialled.statuses.includes(180));
    dialled.cancel();
    assert.equal((await phone.finished(dialled)).status, 487);
  }
});
