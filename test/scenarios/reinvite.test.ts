import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("a refused re-INVITE is acknowledged hop by hop and the call goes on", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server, destination.answers(200)]);
  const call = await phone.invites("sip:bob@example.com");
  const callee = await until("the call", () => server.calls[0]);
  for (const status of [488, 491, 503]) {
    callee.session.onRequest = (transaction) => void transaction.respond(status);
    assert.equal((await call.session.request("INVITE"))?.status, status === 503 ? 500 : status);
    await until("its ACK", () => callee.session.received.at(-1)?.isAcked);
    call.session.onRequest = (transaction) => void transaction.respond(488);
    assert.equal((await callee.session.request("INVITE"))?.status, 488);
  }
  callee.session.onRequest = (transaction) => void transaction.respond(200);
  assert.equal(await call.bye(), 200);
});
