import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { scenario } from "../kit/scenario.ts";

scenario("60 kB pass in both directions, byte for byte", async ({ lb, phone, destination }) => {
  const [question, answer] = [randomBytes(60_000), randomBytes(60_000)];
  const server = destination.answers(200, { body: answer });
  await lb.dispatches(1, "round-robin", [server]);
  const call = await phone.invites("sip:bob@example.com", { body: question });
  assert.equal(call.status, 200);
  assert.ok(server.requests("INVITE")[0]!.body.equals(question));
  assert.ok(call.responses.find(({ status }) => status === 200)!.body.equals(answer));
  assert.equal(await call.bye(), 200);
});

scenario("what is larger than any datagram over IPv4 is dropped and counted", { host: "::1" }, async (stage) => {
  const { lb, phone, destination } = stage;
  await lb.dispatches(1, "round-robin", [destination.answers(200)]);
  const socket = createSocket("udp6");
  await new Promise<unknown>((resolve) => socket.send(Buffer.alloc(65_520, "x"), lb.address.port, "::1", resolve));
  await lb.untilMetric("dropped_total", 1, { reason: "oversized" });
  socket.close();
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await call.bye(), 200);
  assert.equal(await lb.metric("dropped_total", { reason: "send" }), 0);
});
