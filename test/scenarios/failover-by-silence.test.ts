import assert from "node:assert/strict";
import { IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

scenario("a silent destination costs the caller answer_within, not the call", async ({ lb, phone, destination }) => {
  const [dead, alive] = [destination.silent(), destination.answers(200)];
  await lb.dispatches(1, "priority", [dead, alive], { ...IMPATIENT, passive: { failures: 0 } });
  const took: number[] = [];
  for (let i = 1; i <= 3; i++) {
    const begin = performance.now();
    const call = await phone.invites("sip:bob@example.com");
    took.push(performance.now() - begin);
    assert.equal(call.status, 200);
    assert.ok(dead.requests("INVITE").length >= 2 * i, "the request was repeated before it was given up");
    assert.equal(dead.requests("CANCEL").length, 0, "no CANCEL before a provisional (RFC 3261 9.1)");
    assert.equal(await call.bye(), 200);
  }
  // A busy machine makes any of them late, but not all.
  assert.ok(Math.min(...took) >= 480 && Math.min(...took) < 1100, `took ${took} ms`);
});

scenario("OPTIONS, MESSAGE and REGISTER move on from a silent destination too", async ({ lb, phone, destination }) => {
  const [dead, alive] = [destination.silent(), destination.answers(200)];
  await lb.dispatches(1, "priority", [dead, alive], IMPATIENT);
  for (const method of ["OPTIONS", "MESSAGE", "REGISTER"]) {
    assert.equal(await phone.requests(method, "sip:bob@example.com"), 200, method);
  }
  const statuses = phone.received().map((message) => message.status);
  assert.ok(
    statuses.every((status) => status === 200),
    `only finals (RFC 4320): ${statuses}`,
  );
});

scenario("a destination that gave a provisional keeps the call", async ({ lb, phone, destination }) => {
  const [slow, other] = [destination.rings(100), destination.answers(200)];
  await lb.dispatches(1, "priority", [slow, other], IMPATIENT);
  const dialled = phone.dials("sip:bob@example.com");
  const callee = await slow.call();
  await holds("nobody else is asked", () => other.requests().length === 0, 800);
  void callee.answer();
  assert.equal((await phone.finished(dialled)).status, 200);
});
