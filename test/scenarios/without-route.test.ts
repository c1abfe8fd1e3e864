import assert from "node:assert/strict";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

const manners = { ignoresRecordRoute: true };

scenario("a phone that ignores Record-Route (SIPp's uac) still talks to the server that answered", async (stage) => {
  const { lb, phone, destination } = stage;
  const servers = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "round-robin", servers);
  const plain = await phone.another({ manners });
  for (let i = 0; i < 4; i++) {
    const call = await plain.invites("sip:bob@example.com");
    assert.equal(await call.reinvite(), 200);
    assert.equal(await call.bye(), 200);
  }
  for (const server of servers) {
    assert.equal(server.heard("BYE").length, 2);
    assert.equal(server.heard("ACK").length, 4);
  }
});

scenario("a server that ignores Record-Route reaches its caller", async ({ lb, phone, destination }) => {
  const server = destination(answering(200), { manners });
  await lb.dispatches(1, "round-robin", [server]);
  await phone.invites("sip:bob@example.com");
  const callee = await server.call();
  assert.equal((await callee.session.request("INFO"))?.status, 200);
  assert.equal((await callee.session.bye())?.status, 200);
});

scenario("a request in a call that nobody knows gets 481, its ACK nothing", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const to = "<sip:bob@example.com>;tag=never-seen";
  for (const method of ["BYE", "INFO", "INVITE", "UPDATE"]) {
    assert.equal(await phone.requests(method, "sip:bob@example.com", { to }), 481, method);
  }
  void phone.requests("ACK", "sip:bob@example.com", { to });
  await holds("nothing at the destination", () => server.requests().length === 0, 200);
});

scenario("with a hash algorithm an unknown call still finds its server", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(200), destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "hash-call-id", servers);
  const to = "<sip:bob@example.com>;tag=never-seen";
  for (let i = 0; i < 6; i++) {
    const callId = `call-${i}`;
    await phone.requests("OPTIONS", "sip:bob@example.com", { callId });
    await phone.requests("BYE", "sip:bob@example.com", { callId, to });
  }
  for (const server of servers) assert.equal(server.heard("BYE").length, server.heard("OPTIONS").length);
});
