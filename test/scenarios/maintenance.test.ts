import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

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
    if (state !== "draining") return;
    const isTold = () => lb.process?.log.some(({ text }) => text.includes("a draining destination has no calls left"));
    await until("the log to tell of the end of the drain", () => isTold() === true);
  });
}

scenario(
  "a log of level debug tells how many calls a set has",
  { io: "batched" },
  async ({ lb, phone, destination }) => {
    await lb.dispatches(
      "media",
      "priority",
      [destination.answers(200)],
      {},
      { log: { format: "json", level: "debug" } },
    );
    const call = await phone.invites("sip:bob@example.com");
    const loads = () => lb.process?.log.filter(({ record }) => record.msg === "the load of a set has changed") ?? [];
    await until("one call", () => loads().some(({ record }) => record.set === "media" && record.calls === 1));
    assert.equal(await call.bye(), 200);
    await until("no call", () => loads().at(-1)?.record.calls === 0);
  },
);

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
