import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { newBranch } from "../../src/ua/request-builder.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

const stateless = { forwarding: "stateless" };

scenario("stateless: a call is set up, refreshed and hung up from either side", async ({ lb, phone, destination }) => {
  const servers = [destination.answers(200), destination.answers(200)];
  await lb.dispatches(1, "hash-call-id", servers, {}, stateless);
  for (let i = 0; i < 6; i++) {
    const call = await phone.invites("sip:bob@example.com");
    assert.equal(call.status, 200);
    assert.equal(await call.reinvite(), 200);
    const callee = servers.flatMap((one) => one.calls).find((one) => !one.session.hasEnded)!;
    assert.equal((await callee.session.request("UPDATE"))?.status, 200);
    if (i % 2 === 0) assert.equal(await call.bye(), 200);
    else assert.equal((await callee.session.bye())?.status, 200);
  }
});

scenario("stateless: a response with a branch that is not ours is not relayed", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.rings();
  await lb.dispatches(1, "hash-call-id", [server], {}, stateless);
  phone.dials("sip:bob@example.com");
  const invite = (await server.call()).transaction.request;
  await phone.hears("180", (message) => message.status === 180);
  const [own = "", ...others] = headerValues(invite, "via");
  const branch = /branch=([^;]+)/.exec(own)![1]!;
  // A digit of the keyed check, which follows the cookie and one letter.
  const at = "z9hG4bKt".length;
  const flipped = branch.slice(0, at) + (branch[at] === "0" ? "1" : "0") + branch.slice(at + 1);
  for (const forged of [own.replace(branch, flipped), own.replace(branch, newBranch())]) {
    const vias = [forged, ...others].map((via) => `Via: ${via}\r\n`).join("");
    const rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: x\r\nCSeq: 1 INVITE\r\n\r\n";
    server.agent.send(Buffer.from(`SIP/2.0 200 OK\r\n${vias}${rest}`, "latin1"), lb.address);
  }
  await holds("nothing is relayed", () => phone.received().every(({ status }) => status !== 200), 200);
});

scenario("stateless over two listeners: the answer leaves by the socket to which the request came", async (stage) => {
  const { lb, phone, destination } = stage;
  const { port } = lb.address;
  const inside = `udp://127.0.0.8:${port}`;
  const listeners = [`udp://127.0.0.1:${port}`, inside];
  const server = { to: destination.answers(200), listener: inside };
  await lb.dispatches(1, "hash-call-id", [server], {}, { listeners, forwarding: "stateless" });
  assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com"), 200);
  const from = phone.datagrams.filter(({ direction }) => direction === "in").map(({ peer }) => peer.address);
  assert.deepEqual([...new Set(from)], ["127.0.0.1"]);
});
