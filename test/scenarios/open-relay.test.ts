import assert from "node:assert/strict";
import { headerValues } from "../../src/ua/parsed-message.ts";
import { newBranch } from "../../src/ua/request-builder.ts";
import { formatPeer } from "../../src/ua/transport.ts";
import { answering } from "../kit/destination.ts";
import { scenario } from "../kit/scenario.ts";

scenario("strangers cannot make the balancer send anywhere but to its destinations", async (stage) => {
  const { lb, phone, destination } = stage;
  const server = destination.answers(200);
  const victim = destination(answering(200), { address: "127.0.0.9" });
  await lb.dispatches(1, "round-robin", [server]);
  await victim.opened;
  const at = formatPeer(victim.peer);
  const own = `sip:127.0.0.1:${lb.address.port}`;
  await phone.requests("OPTIONS", `sip:bob@${at}`);
  await phone.requests("OPTIONS", `sip:bob@example.com;maddr=127.0.0.9`);
  await phone.requests("OPTIONS", `sip:bob@127.0.0.1:${lb.address.port};maddr=127.0.0.9`);
  await phone.requests("OPTIONS", "sip:bob@example.com", { routes: [`<sip:${at};lr>`] });
  await phone.requests("OPTIONS", `sip:bob@${at}`, { routes: [`<${own};lr>`] });
  await phone.requests("OPTIONS", "sip:bob@example.com", { routes: [`<${own};lr>`, `<sip:${at};lr>`] });
  await phone.requests("OPTIONS", "sip:bob@example.com", { routes: [`<${own};lr;maddr=127.0.0.9>`] });
  await phone.requests("BYE", `sip:bob@${at}`, { to: "<sip:b@c>;tag=x", routes: [`<${own};lr>`, `<sip:${at};lr>`] });
  const via = `SIP/2.0/UDP ${at};rport;branch=${newBranch()}`;
  await phone.requests("OPTIONS", "sip:bob@example.com", { via: [via] });
  const tricky = `SIP/2.0/UDP ${at};maddr=127.0.0.9;received=127.0.0.9;rport=${victim.peer.port};branch=${newBranch()}`;
  await phone.requests("OPTIONS", "sip:bob@example.com", { via: [tricky] });
  assert.deepEqual(
    victim.requests().map((request) => request.raw.toString("latin1")),
    [],
  );
  assert.equal(victim.datagrams.length, 0);
  // Nor is a destination made to do it: no Route reaches it.
  for (const method of ["OPTIONS", "BYE"]) {
    for (const request of server.requests(method)) assert.deepEqual(headerValues(request, "route"), []);
  }
});
