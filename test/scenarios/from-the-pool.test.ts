import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

scenario("a destination calls out through the balancer", async ({ lb, destination }) => {
  const server = destination(answering(200), { proxy: lb.address });
  const colleague = destination.answers(200);
  const callee = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server, colleague]);
  await callee.opened;
  const outgoing = server.agent.invite(callee.uri.replace("sip:", "sip:alice@"));
  assert.equal(await outgoing.final, 200);
  const incoming = await callee.call();
  assert.equal((await outgoing.session!.request("INFO"))?.status, 200);
  assert.equal((await incoming.session.request("INVITE"))?.status, 200);
  assert.equal((await incoming.session.bye())?.status, 200);
  assert.equal(colleague.requests().length, 0);
  assert.ok(
    callee.datagrams.every(({ peer }) => peer.port === lb.address.port),
    "nobody spoke past the balancer",
  );
});

scenario("a request from the pool is never dispatched back into the pool", async ({ lb, destination }) => {
  const server = destination(answering(200), { proxy: lb.address });
  const colleague = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server, colleague]);
  const answer = await server.agent.request("OPTIONS", `sip:bob@127.0.0.1:${lb.address.port}`);
  assert.ok(answer !== null && answer.status >= 400, `answered with ${answer?.status}`);
  assert.equal(colleague.requests().length, 0);
  assert.equal(server.requests().length, 0);
});
