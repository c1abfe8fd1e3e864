import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

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

scenario("an answer with more header lines than a request may have goes to no destination", async (stage) => {
  const { lb, destination } = stage;
  const server = destination(answering(200), { proxy: lb.address });
  const headers = Array.from({ length: 600 }, (_, i) => ({ name: `X-${i}`, value: "x" }));
  const [usual, endless] = [destination.answers(200), destination.answers(200, { headers })];
  await lb.dispatches(1, "round-robin", [server]);
  await Promise.all([usual.opened, endless.opened]);
  const asks = ({ uri }: typeof usual) => server.agent.request("OPTIONS", uri.replace("sip:", "sip:alice@"));
  const answer = asks(endless);
  await until("it to be dropped", async () => (await lb.metric("dropped_total", { reason: "too_large" })) > 0);
  assert.equal((await asks(usual))?.status, 200);
  assert.equal(await Promise.race([answer, null]), null);
});
