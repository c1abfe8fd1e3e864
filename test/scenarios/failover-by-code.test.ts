import assert from "node:assert/strict";
import { clientKey } from "../../src/ua/client-transaction.ts";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";

for (const status of [500, 503]) {
  scenario(`a destination that answers ${status} is skipped and the caller never sees it`, async (stage) => {
    const { lb, phone, destination } = stage;
    const [first, second] = [destination.answers(status), destination.answers(200)];
    await lb.dispatches(1, "priority", [first, second]);
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.deepEqual(
      call.statuses.filter((one) => one !== 100),
      [200],
    );
    await first.hears("ACK");
    const [a, b] = [first.requests("INVITE")[0]!, second.requests("INVITE")[0]!];
    assert.notEqual(clientKey(a), clientKey(b), "the second attempt has a branch of its own");
    assert.equal(await call.bye(), 200);
    assert.deepEqual(
      second.heard().map((request) => request.method),
      ["INVITE", "ACK", "BYE"],
    );
    assert.equal(await lb.metric("failovers_total"), 1);
  });
}

scenario("when all destinations say 503 the caller gets 500, for the balancer itself is well", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(503), destination.answers(503)];
  await lb.dispatches(1, "priority", servers);
  assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
  assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 500);
  for (const server of servers) assert.equal(server.heard("INVITE").length, 1);
});

scenario("a code that is not in the list is the callee's answer, not a failure", async ({ lb, phone, destination }) => {
  const [first, second] = [destination.answers(500), destination.answers(200)];
  await lb.dispatches(1, "priority", [first, second], { failover: { on: ["timeout", 503] } });
  assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
  assert.equal(second.requests().length, 0);
});

scenario("no more destinations are tried than configured", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(503), destination.answers(503), destination.answers(200)];
  await lb.dispatches(1, "priority", servers, { failover: { tries: 2 } });
  assert.equal((await phone.invites("sip:bob@example.com")).status, 500);
  assert.equal(servers[2]?.requests().length, 0);
});

scenario("with nowhere to send to, the caller is told at once and when to come back", async (stage) => {
  const { lb, phone, destination } = stage;
  await lb.dispatches(1, "priority", [{ to: destination.answers(200), state: "disabled" }]);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 503);
  const answer = call.responses.find((response) => response.status === 503)!;
  assert.match(headerOf(answer, "retry-after"), /^\d+$/);
});
