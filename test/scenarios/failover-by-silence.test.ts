import assert from "node:assert/strict";
import { IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

scenario("a silent destination costs the caller answer_within, not the call", async ({ lb, phone, destination }) => {
  const [dead, alive] = [destination.silent(), destination.answers(200)];
  await lb.dispatches(1, "priority", [dead, alive], { ...IMPATIENT, passive: { failures: 0 } });
  const took: number[] = [];
  const copies: number[] = [];
  for (let i = 0; i < 3; i++) {
    const before = dead.requests("INVITE").length;
    const begin = performance.now();
    const call = await phone.invites("sip:bob@example.com");
    took.push(performance.now() - begin);
    assert.equal(call.status, 200);
    copies.push(dead.requests("INVITE").length - before);
    assert.equal(dead.requests("CANCEL").length, 0, "no CANCEL before a provisional (RFC 3261 9.1)");
    assert.equal(await call.bye(), 200);
  }
  // A busy machine makes any of them late, but not all; one that stands still repeats nothing meanwhile.
  assert.ok(Math.min(...took) >= 480 && Math.min(...took) < 1100, `took ${took} ms`);
  assert.ok(Math.max(...copies) >= 2 && Math.min(...copies) >= 1, `repeated before it was given up: sent ${copies}`);
});

scenario("OPTIONS, MESSAGE and REGISTER move on from a silent destination too", async ({ lb, phone, destination }) => {
  const [dead, alive] = [destination.silent(), destination.answers(200)];
  // A 100 is due when the caller repeats every T2 (RFC 4320 4.1): not before, however long a busy machine takes.
  const timers = { t1: "200ms", t2: "10s", linger: "4s" };
  await lb.dispatches(1, "priority", [dead, alive], IMPATIENT, { timers });
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
