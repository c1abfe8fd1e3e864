import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

const patient = { failover: { answer_within: "5s" } };

scenario("a ringing call is cancelled", async ({ lb, phone, destination }) => {
  const server = destination.rings();
  await lb.dispatches(1, "round-robin", [server]);
  const dialled = phone.dials("sip:bob@example.com");
  await phone.hears("180", (message) => message.status === 180);
  dialled.cancel();
  assert.equal((await phone.finished(dialled)).status, 487);
  const cancel = await server.hears("CANCEL");
  assert.equal(headerValues(cancel, "via").length, 1);
  assert.equal(headerValues(cancel, "via")[0], headerValues(server.requests("INVITE")[0]!, "via")[0]);
  const isAnswered = phone.received().some((message) => message.method === "CANCEL" && message.status === 200);
  assert.ok(isAnswered, "the CANCEL itself is answered with 200");
  const { transaction } = await server.call();
  await until("the ACK to the 487", () => transaction.isAcked);
});

scenario("a CANCEL waits until the destination has given a sign of life", async ({ lb, phone, destination }) => {
  const server = destination((transaction, itself) => void itself.take(transaction));
  await lb.dispatches(1, "round-robin", [server], patient);
  const dialled = phone.dials("sip:bob@example.com");
  const callee = await server.call();
  dialled.cancel("now");
  await phone.hears("200 to CANCEL", (message) => message.method === "CANCEL" && message.status === 200);
  await holds("no CANCEL before a provisional", () => server.requests("CANCEL").length === 0, 200);
  callee.ring();
  await server.hears("CANCEL");
  assert.equal((await phone.finished(dialled)).status, 487);
});

scenario(
  "a CANCEL right behind its INVITE ends the call, whatever queues they wait in",
  async ({ lb, phone, destination }) => {
    const server = destination.rings();
    await lb.dispatches(1, "round-robin", [server], patient);
    for (let i = 0; i < 8; i++) {
      const dialled = phone.dials("sip:bob@example.com");
      dialled.cancel("now");
      assert.equal((await phone.finished(dialled)).status, 487, `call ${i}`);
    }
  },
);

scenario("a CANCEL that crosses the answer leaves a call that can be hung up", async ({ lb, phone, destination }) => {
  const server = destination((transaction, itself) => {
    const call = itself.take(transaction);
    transaction.onCancel = () => void call.answer();
    call.ring();
  });
  await lb.dispatches(1, "round-robin", [server]);
  const dialled = phone.dials("sip:bob@example.com");
  await phone.hears("180", (message) => message.status === 180);
  dialled.cancel();
  const call = await phone.finished(dialled);
  assert.equal(call.status, 200);
  assert.equal(await call.bye(), 200);
});

scenario("a CANCEL for no call gets 481", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  assert.equal(await phone.requests("CANCEL", "sip:bob@example.com"), 481);
  assert.equal(server.requests().length, 0);
});
