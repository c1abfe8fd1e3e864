import assert from "node:assert/strict";
import { scenario } from "../kit/scenario.ts";
import { until } from "../kit/wait.ts";

scenario("re-INVITE, UPDATE and INFO pass in both directions, to the same two parties", async (stage) => {
  const { lb, phone, destination } = stage;
  const [first, second] = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", [first, second]);
  const call = await phone.invites("sip:bob@example.com");
  const [server, other] = first.calls.length > 0 ? [first, second] : [second, first];
  const callee = await server.call();
  for (const method of ["INVITE", "UPDATE", "INFO", "MESSAGE", "INVITE"]) {
    assert.equal((await call.session.request(method))?.status, 200, `${method} by the caller`);
    assert.equal((await callee.session.request(method))?.status, 200, `${method} by the callee`);
  }
  await until("every ACK", () => callee.session.acks.length === 3 && call.session.acks.length === 2);
  assert.equal(await call.bye(), 200);
  assert.equal(other.requests().length, 0);
});
