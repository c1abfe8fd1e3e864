import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { holds, within } from "../kit/wait.ts";

scenario("a cancelled call is not tried elsewhere", async ({ lb, phone, destination }) => {
  const [silent, second] = [destination.silent(), destination.answers(200)];
  // The phone cancels when it has heard a 100, which comes well before.
  await lb.dispatches(1, "priority", [silent, second], { failover: { answer_within: "1500ms" } });
  const dialled = phone.dials("sip:bob@example.com");
  await silent.hears("INVITE");
  await phone.hears("100", (message) => message.status === 100);
  dialled.cancel();
  await holds("nobody else is called", () => second.requests().length === 0, 2000);
  const status = await within("the final answer", dialled.final);
  assert.ok([487, 408, 480, 500].includes(status), String(status));
  assert.equal(second.requests().length, 0);
});

scenario("a call that moved on is cancelled where it rings now", async ({ lb, phone, destination }) => {
  const [overloaded, ringing] = [destination.answers(503), destination.rings()];
  await lb.dispatches(1, "priority", [overloaded, ringing]);
  const dialled = phone.dials("sip:bob@example.com");
  await phone.hears("180", (message) => message.status === 180);
  dialled.cancel();
  assert.equal((await phone.finished(dialled)).status, 487);
  assert.equal(ringing.heard("CANCEL").length, 1);
  assert.equal(overloaded.heard("CANCEL").length, 0);
});
