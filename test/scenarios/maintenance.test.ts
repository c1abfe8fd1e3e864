import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";

for (const state of ["draining", "disabled"]) {
  scenario(`a ${state} destination keeps its calls and gets no new ones`, async ({ lb, phone, destination }) => {
    const [first, second] = [destination.answers(200), destination.answers(200)];
    await lb.dispatches(1, "priority", [first, second]);
    const call = await phone.invites("sip:bob@example.com");
    await lb.dispatches(1, "priority", [{ to: first, state }, second]);
    for (let i = 0; i < 4; i++) assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
    assert.equal(first.calls.length, 1);
    assert.equal(second.calls.length, 4);
    assert.equal(await call.reinvite(), 200);
    assert.equal(await call.bye(), 200);
  });
}

scenario("an operator disables and enables a destination while calls go on", async ({ lb, phone, destination }) => {
  const [first, second] = [destination.answers(200), destination.answers(200)];
  await lb.dispatches("media", "priority", [{ to: first, name: "one" }, second]);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal((await lb.admin("POST", "/destinations/media/one/disable", { reason: "new disk" })).status, 200);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(second.calls.length, 1);
  await lb.reload();
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(second.calls.length, 2, "a reload does not undo what the operator did");
  assert.equal((await lb.admin("POST", "/destinations/media/one/enable")).status, 200);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 200);
  assert.equal(first.calls.length, 2);
  assert.equal(await call.bye(), 200);
});
