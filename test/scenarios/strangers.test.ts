// What a stranger hears: nothing where it is not allowed, and never much more than it said.
import assert from "node:assert/strict";
import { headerOf } from "../../src/ua/parsed-message.ts";
import { newBranch } from "../../src/ua/request-builder.ts";
import { formatPeer } from "../../src/ua/transport.ts";
import { scenario } from "../kit/scenario.ts";
import { holds, until } from "../kit/wait.ts";

scenario("a listener with allow hears those and the destinations; a reload lets others in", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const guest = await phone.another({ address: "127.0.0.5" });
  const listener = { uri: `udp://${formatPeer(lb.address)}`, allow: ["127.0.0.5"] };
  await lb.dispatches(1, "round-robin", [server], {}, { listeners: [listener] });
  assert.equal(await guest.requests("OPTIONS", "sip:bob@example.com"), 200);
  void phone.agent.request("OPTIONS", "sip:bob@example.com");
  await until("it to be counted", async () => (await lb.metric("dropped_total", { reason: "not_allowed" })) > 0);
  assert.equal(phone.received().length, 0);
  assert.equal(server.heard().length, 1);
  const wider = { ...listener, allow: ["127.0.0.0/24"] };
  await lb.dispatches(1, "round-robin", [server], {}, { listeners: [wider] });
  assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
});

scenario("a rejected INVITE is answered once for each time it comes, and its ACK reaches nobody", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const routes = [{ request_uri: "*@example.com", reject: { status: 403 } }, { set: "1" }];
  await lb.dispatches(1, "hash-call-id", [server], {}, { routes });
  const { address, port } = phone.agent.local;
  const own = `Via: SIP/2.0/UDP ${address}:${port};branch=${newBranch()}\r\nFrom: <sip:a@b>;tag=1\r\nCall-ID: c\r\n`;
  const invite = `INVITE sip:bob@example.com SIP/2.0\r\n${own}To: <sip:b@b>\r\nCSeq: 1 INVITE\r\n\r\n`;
  phone.raw(invite);
  phone.raw(invite);
  await until("two answers", () => phone.received().length === 2);
  const [first, second] = phone.received();
  assert.equal(first!.status, 403);
  assert.ok(first!.raw.equals(second!.raw), "the same answer");
  // By the routes, an ACK to this URI would go to the destination.
  phone.raw(`ACK sip:bob@elsewhere SIP/2.0\r\n${own}To: ${headerOf(first!, "to")}\r\nCSeq: 1 ACK\r\n\r\n`);
  await holds("silence", () => phone.received().length === 2 && server.requests().length === 0, 1500);
  assert.equal(await lb.metric("transactions"), 0);
});
