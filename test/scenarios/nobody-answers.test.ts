import assert from "node:assert/strict";
import { HASTY, IMPATIENT } from "../kit/lb.ts";
import { scenario } from "../kit/scenario.ts";

scenario("when every destination is silent the caller is told in time", async ({ lb, phone, destination }) => {
  const servers = [destination.silent(), destination.silent()];
  await lb.dispatches(1, "priority", servers, IMPATIENT, { timers: HASTY });
  const begin = performance.now();
  const call = await phone.invites("sip:bob@example.com");
  assert.ok([408, 480, 500, 504].includes(call.status), String(call.status));
  assert.ok(performance.now() - begin < 8000);
  for (const server of servers) assert.equal(server.heard("INVITE").length, 1);
});

scenario("a request that is no INVITE gets no 408 (RFC 4320)", async ({ lb, phone, destination }) => {
  await lb.dispatches(1, "priority", [destination.silent(), destination.silent()], IMPATIENT, { timers: HASTY });
  const hasty = await phone.another({ timers: { t1: 60, t2: 400, t4: 500 } });
  const status = await hasty.requests("OPTIONS", "sip:bob@example.com");
  assert.notEqual(status, 408);
  assert.ok(hasty.received().every((message) => message.status !== 408 && message.status !== 180));
});

scenario("keep-alives, empty datagrams and noise disturb nothing", async ({ lb, phone, destination }) => {
  await lb.dispatches(1, "round-robin", [destination.answers(200)]);
  for (const noise of ["", "\r\n", "\r\n\r\n", "\0\0\0\0", "hello", "INVITE", `${"x".repeat(60_000)}\r\n\r\n`])
    phone.raw(noise);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.equal(await call.bye(), 200);
});
