import assert from "node:assert/strict";
import { serverKey } from "../../src/ua/server-transaction.ts";
import { scenario } from "../kit/scenario.ts";

scenario("the callee hangs up", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const call = await phone.invites("sip:bob@example.com");
  const callee = await server.call();
  assert.equal((await callee.session.bye())?.status, 200);
  assert.equal(call.session.hasEnded, true);
  const byes = phone.received().filter((message) => message.method === "BYE");
  assert.equal(new Set(byes.map((bye) => serverKey(bye))).size, 1);
  assert.ok(
    phone.datagrams.every(({ peer }) => peer.port === lb.address.port),
    "nobody spoke past the balancer",
  );
});
