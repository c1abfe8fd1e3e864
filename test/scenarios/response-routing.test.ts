import assert from "node:assert/strict";
import { headerValues, parameterOf } from "../../src/ua/parsed-message.ts";
import { newBranch } from "../../src/ua/request-builder.ts";
import { scenario } from "../kit/scenario.ts";
import { holds } from "../kit/wait.ts";

scenario("with rport the answer returns to the port that asked, and says which that was", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const { port } = phone.agent.local;
  const via = `SIP/2.0/UDP 10.9.9.9:5070;rport;branch=${newBranch()}`;
  assert.equal(await phone.requests("OPTIONS", "sip:bob@example.com", { via: [via] }), 200);
  const [seen] = headerValues(phone.received()[0]!, "via");
  assert.equal(parameterOf(seen!, "rport"), String(port));
  assert.equal(parameterOf(seen!, "received"), "127.0.0.1");
  assert.equal(headerValues(server.requests()[0]!, "via")[1], seen);
});

scenario("without rport the answer goes to the sent-by port of the address that asked", async (stage) => {
  const { lb, phone, destination } = stage;
  await lb.dispatches(1, "round-robin", [destination.answers(200)]);
  const listening = await phone.another();
  const branch = newBranch();
  const via = `SIP/2.0/UDP 10.9.9.9:${listening.agent.local.port};branch=${branch}`;
  void phone.requests("OPTIONS", "sip:bob@example.com", { via: [via] });
  const answer = await listening.hears("the answer", (message) => message.status === 200);
  assert.equal(parameterOf(headerValues(answer, "via")[0]!, "received"), "127.0.0.1");
  await holds("nothing at the asking port", () => phone.received().length === 0, 100);
});

scenario("a response that the balancer never asked for goes nowhere", async ({ lb, phone, destination }) => {
  const server = destination.answers(200);
  await lb.dispatches(1, "round-robin", [server]);
  const own = `127.0.0.1:${lb.address.port}`;
  const back = `SIP/2.0/UDP 127.0.0.1:${phone.agent.local.port};branch=${newBranch()}`;
  const rest = "From: <sip:a@b>;tag=1\r\nTo: <sip:b@c>;tag=2\r\nCall-ID: forged\r\nCSeq: 1 INVITE\r\n\r\n";
  for (const top of ["127.0.0.1:9", own, "example.com"]) {
    const via = `SIP/2.0/UDP ${top};branch=${newBranch()}`;
    const bytes = Buffer.from(`SIP/2.0 200 OK\r\nVia: ${via}\r\nVia: ${back}\r\n${rest}`, "latin1");
    server.agent.send(bytes, lb.address);
    phone.raw(bytes);
  }
  await holds("nothing is relayed", () => phone.received().length === 0, 200);
});
