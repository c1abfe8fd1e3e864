import assert from "node:assert/strict";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";

scenario("a wildcard listener answers from the address that was called", { io: "batched" }, async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const { port } = lb.address;
  await lb.dispatches(1, "round-robin", [server], {}, { listeners: [`udp://0.0.0.0:${port}`] });
  const caller = await phone.another({ proxy: { address: "127.0.0.7", port } });
  const call = await caller.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  assert.ok(caller.datagrams.every(({ peer }) => peer.address === "127.0.0.7" && peer.port === port));
  const invite = server.requests("INVITE")[0]!;
  for (const value of [headerValues(invite, "via")[0]!, headerOf(invite, "record-route")]) {
    assert.ok(!value.includes("0.0.0.0"), value);
  }
  assert.equal(await call.reinvite(), 200);
  const callee = await server.call();
  assert.equal((await callee.session.bye())?.status, 200);
});
