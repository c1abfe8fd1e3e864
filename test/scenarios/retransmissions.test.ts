import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

/** So long that nothing is repeated but by the test itself. */
const NO_COPIES = { timers: { t1: "5s", t2: "5s", linger: "4s" } };
const CALLS = 5;

scenario("a repeated INVITE is absorbed, whatever its state", async ({ lb, phone, destination }) => {
  const server = destination.rings();
  await lb.dispatches(1, "round-robin", [server, destination.answers(200)], {}, NO_COPIES);
  const patient = await phone.another({ timers: { t1: 5000, t2: 5000, t4: 5000 } });
  const dialled = patient.dials("sip:bob@example.com");
  const again = (): void => patient.raw(dialled.transaction.request.raw);
  const callee = await server.call();
  await patient.hears("180", (message) => message.status === 180);
  again();
  await until("the last provisional again", () => dialled.statuses.filter((status) => status === 180).length === 2);
  void callee.answer();
  const call = await patient.finished(dialled);
  again();
  await holds("one INVITE at the destination", () => server.requests("INVITE").length === 1, 200);
  assert.equal(await call.bye(), 200);
});

scenario("a repeated request gets its final answer again without a second delivery", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(404);
  await lb.dispatches(1, "round-robin", [server], {}, NO_COPIES);
  assert.equal(await phone.requests("MESSAGE", "sip:bob@example.com"), 404);
  const sent = phone.datagrams.find(({ direction }) => direction === "out")!;
  const before = phone.received().length;
  phone.raw(sent.bytes);
  await until("the answer again", () => phone.received().length > before);
  assert.equal(server.requests().length, 1);
});

scenario("the caller hears 100 within 200 ms", async ({ lb, phone, destination }) => {
  await lb.dispatches(1, "round-robin", [destination.silent()], { failover: { answer_within: "2s" } });
  const took: number[] = [];
  for (let i = 0; i < CALLS; i++) {
    const begin = performance.now();
    const call = phone.dials("sip:bob@example.com");
    await until("100", () => call.responses.some(({ status }) => status === 100));
    took.push(performance.now() - begin);
  }
  // Of several, for a busy machine makes one or the other late.
  const median = took.toSorted((a, b) => a - b)[Math.floor(CALLS / 2)]!;
  assert.ok(median < 200, `took ${took} ms`);
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
