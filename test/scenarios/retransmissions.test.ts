import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

scenario("a repeated INVITE is absorbed, whatever its state", async ({ lb, phone, destination }) => {
  const server = destination.rings();
  await lb.dispatches(1, "round-robin", [server, destination.answers(200)]);
  const dialled = phone.dials("sip:bob@example.com");
  const again = (): void => phone.raw(dialled.transaction.request.raw);
  const callee = await server.call();
  await phone.hears("180", (message) => message.status === 180);
  again();
  await until("the last provisional again", () => dialled.statuses.filter((status) => status === 180).length === 2);
  void callee.answer();
  const call = await phone.finished(dialled);
  again();
  await holds("one INVITE at the destination", () => server.requests("INVITE").length === 1, 200);
  assert.equal(await call.bye(), 200);
});

scenario("a repeated request gets its final answer again without a second delivery", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(404);
  await lb.dispatches(1, "round-robin", [server]);
  assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 404);
  const sent = phone.datagrams.find(({ direction }) => direction === "out")!;
  phone.raw(sent.bytes);
  await until("the answer again", () => phone.received().length === 2);
  assert.equal(server.requests().length, 1);
});

scenario("the caller hears 100 within 200 ms", async ({ lb, phone, destination }) => {
  await lb.dispatches(1, "round-robin", [destination.silent()], { failover: { answer_within: "2s" } });
  const begin = performance.now();
  phone.dials("sip:bob@example.com");
  await phone.hears("100", (message) => message.status === 100, 1000);
  assert.ok(performance.now() - begin < 200);
  assert.equal(phone.datagrams.filter(({ direction }) => direction === "out").length, 1);
});

scenario("an answer that is never acknowledged is repeated to the caller", async ({ lb, phone, destination }) => {
  const server = destination((transaction, itself) => void itself.take(transaction).answer(), {
    timers: { t1: 40, t2: 160, t4: 200 },
  });
  await lb.dispatches(1, "round-robin", [server]);
  const call = await phone.invites("sip:bob@example.com", {}, { acksItself: false });
  await until("more answers", () => call.statuses.filter((status) => status === 200).length > 5);
  const callee = await server.call();
  assert.equal((await callee.session.bye())?.status, 200);
  assert.equal(server.requests("ACK").length, 0);
});
