import assert from "node:assert/strict";
import { headerOf, headerValues } from "../../src/ua/parsed-message.ts";
import { scenario } from "../kit/scenario.ts";

scenario("the advertised address is what others see, and what the balancer knows as its own", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const { port } = lb.address;
  const name = `sip.example.net:${port}`;
  const listeners = [{ uri: `udp://127.0.0.1:${port}`, advertise: name }];
  await lb.dispatches(1, "round-robin", [server], {}, { listeners });
  const call = await phone.invites("sip:bob@example.com");
  const invite = server.requests("INVITE")[0]!;
  assert.ok(headerValues(invite, "via")[0]?.includes(name));
  assert.ok(headerOf(invite, "record-route").includes(name));
  assert.equal(await call.reinvite(), 200);
  const callee = await server.call();
  assert.equal((await callee.session.bye())?.status, 200);
});
