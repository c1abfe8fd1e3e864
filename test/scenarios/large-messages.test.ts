import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
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
