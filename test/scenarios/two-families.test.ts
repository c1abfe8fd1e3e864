import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

scenario("a phone on IPv4 talks to a server on IPv6, both ways", async ({ lb, phone, destination }) => {
  const server = destination(answering(200), { address: "::1" });
  const { port } = lb.address;
  const listeners = [`udp://127.0.0.1:${port}`, `udp://[::1]:${port}`];
  await lb.dispatches(1, "round-robin", [server], {}, { listeners });
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(call.status, 200);
  const routes = headerValues(server.requests("INVITE")[0]!, "record-route");
  assert.equal(routes.length, 2, "one Record-Route for each side (RFC 5658)");
  assert.match(routes[0]!, /\[::1\]/);
  assert.match(routes[1]!, /127\.0\.0\.1/);
  assert.equal(await call.reinvite(), 200);
  const callee = await server.call();
  assert.equal((await callee.session.request("UPDATE"))?.status, 200);
  assert.equal((await callee.session.bye())?.status, 200);
});

scenario("a call between IPv6 addresses", { host: "::1" }, async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const call = await phone.invites("sip:bob@example.com");
  assert.equal(await call.reinvite(), 200);
  assert.equal(await call.bye(), 200);
});
